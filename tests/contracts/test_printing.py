"""Only faces print; rooms return Results and report Events."""

from __future__ import annotations

import ast

import pytest

FACES = ("cli.py", "magic/", "server/", "widgets/")
# click's help is text already, and goes where click would write it. What a notebook returns is an
# output of its cell: that is what the verb does, and it shows nothing.
ALLOWED = {("commands/tree.py", "click.echo"), ("notebooks/returned.py", "display")}
PRINTING = {
    "print", "click.echo", "click.secho", "sys.stdout.write", "sys.stderr.write", "display",
    "IPython.display.display", "pprint", "pprint.pprint", "rich.print",
}  # fmt: skip


def printing_calls(source: str) -> list[tuple[int, str]]:
    return [
        (node.lineno, ast.unparse(node.func))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in PRINTING
    ]


def test_only_faces_print(root):
    package = root / "mlops_jupyter"
    found = [
        f"{name}:{line}: {call}"
        for path in package.rglob("*.py")
        if not (name := path.relative_to(package).as_posix()).startswith((*FACES, "labextension"))
        for line, call in printing_calls(path.read_text(encoding="utf-8"))
        if (name, call) not in ALLOWED
    ]
    assert found == []


@pytest.mark.parametrize("line", ["print(1)", "def f():\n    sys.stdout.write('x')"])
def test_printing_is_seen(line):
    assert printing_calls(line)
