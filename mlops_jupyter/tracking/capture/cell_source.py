"""The source of a cell: Python with lines of IPython's own between, and with lines of ours."""

from __future__ import annotations

import ast
import re
import warnings
from typing import NamedTuple

# Cell magics whose body is Python run in the notebook's namespace.
_PYTHON_CELLS = frozenset(
    ["capture", "mlops", "memit", "prun", "scalene", "snakeviz", "time", "timeit"]
)
_MAGIC = re.compile(r"\s*(?:[%!?]|[\w.,\s\[\]'\"()*]+=\s*[%!](?!=)|[\w.]+\?{1,2}\s*$)")
_CELL_MAGIC = re.compile(r"\s*%%(?P<name>\w+)")
_OURS = re.compile(
    r"\s*(?:(?P<target>[\w.,\s\[\]'\"()*]+?)\s*=\s*)?"
    r"(?:%%?mlops(?:\s|$)|%(?:re|un)?load_ext\s+mlops_jupyter\b)"
)


class Source(NamedTuple):
    """A cell's source without our own lines, and what was lost by taking them out."""

    text: str
    lost: str = ""


def normal(source: str) -> str:
    """Return a source with the line ends that Python's own line numbers count by."""
    return source.replace("\r\n", "\n").replace("\r", "\n")


def is_python(source: str) -> bool:
    r"""Whether a cell holds Python, that of a cell magic like ``%%time`` included.

    Examples
    --------
    >>> is_python("%%time\nx = 1"), is_python("%%bash\nls")
    (True, False)
    """
    for line in source.split("\n"):
        header = _CELL_MAGIC.match(line)
        if header is None:
            if line.strip():
                return True
        elif header["name"] not in _PYTHON_CELLS:
            return False
    return True


def parse(source: str) -> ast.Module | None:
    """Parse a cell's Python, lines of IPython taken as ``pass``; None where it is none.

    Line numbers are the source's own.
    """
    if not is_python(source):
        return None
    for text in (source, blanked(source)):
        try:
            with warnings.catch_warnings():  # "\d" in the user's string is the user's business
                warnings.simplefilter("ignore")
                return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return None


def magic_lines(source: str) -> list[tuple[int, int]]:
    """Return the lines that are IPython's, as pairs of first and last index."""
    lines = source.split("\n")
    found = []
    number = 0
    while number < len(lines):
        last = number
        if _MAGIC.match(lines[number]):
            while lines[last].endswith("\\") and last + 1 < len(lines):
                last += 1
            found.append((number, last))
        number = last + 1
    return found


def blanked(source: str) -> str:
    """Return a source of as many lines, with ``pass`` for lines of IPython."""
    lines = source.split("\n")
    for first, last in magic_lines(source):
        lines[first] = _indent(lines[first]) + "pass"
        lines[first + 1 : last + 1] = [""] * (last - first)
    return "\n".join(lines)


def without_ours(source: str) -> Source:
    r"""Take our own magics out; what is left is valid Python where it was.

    The body of ``%%mlops track`` stays. What was asked of us by ``x = %mlops …`` becomes None.

    Examples
    --------
    >>> without_ours("%%mlops track trees\nforest.fit(X, y)").text
    'forest.fit(X, y)'
    """
    if "mlops" not in source:
        return Source(source)
    lines = source.split("\n")
    if not is_python(source):
        return Source(source)
    inside = _inside_strings(source)
    kept: list[str] = []
    lost = ""
    done = 0
    for first, last in magic_lines(source):
        ours = _OURS.match(lines[first])
        if ours is None or first in inside:
            continue
        kept += lines[done:first]
        done = last + 1
        if target := ours["target"]:
            kept.append(f"{_indent(lines[first])}{target.strip()} = None")
            lost = f"{target.strip()} held an answer of %mlops"
        elif indent := _indent(lines[first]):
            kept.append(f"{indent}pass")
    kept += lines[done:]
    return Source("\n".join(kept).strip("\n") if done else source, lost)


def asks_for_input(tree: ast.Module) -> bool:
    """Whether the code waits for somebody's answer."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name == "getpass" or (name == "input" and isinstance(called, ast.Name)):
                return True
    return False


def _inside_strings(source: str) -> set[int]:
    """Return the lines (from 0) that lie inside a string of several lines."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(blanked(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    return {
        line
        for node in ast.walk(tree)
        if isinstance(node, (ast.Constant, ast.JoinedStr))
        for line in range(node.lineno, node.end_lineno or node.lineno)
    }


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
