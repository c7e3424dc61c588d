"""What the docs show exists: commands parse, links lead somewhere, targets and variables are."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from mlops_jupyter import settings
from mlops_jupyter.commands.app import App
from mlops_jupyter.commands.tree import mlops

FENCED = re.compile(r"^```[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(#[^)\s]+)?\)")
COMMAND = re.compile(r"^(?:\$ |!)?(?:[a-z]+ = )?(%{0,2})mlops (.+)$")


@pytest.fixture(scope="module")
def pages(tracked, root):
    """Every page in Markdown, by its path; decisions tell of their time, and are left out."""
    found = {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in tracked
        if path.suffix == ".md" and "decisions" not in path.parts
    }
    assert {"CONTRIBUTING.md", "docs/architecture.md", "docs/guide/users.md"} <= set(found)
    return found


def commands_in(text):
    """Every call of mlops, and whether it is whole: in running text a verb may stand alone."""
    blocks = "\n".join(FENCED.findall(text)).splitlines()
    inline = INLINE.findall(FENCED.sub("", text))
    for line, whole in [*((line, True) for line in blocks), *((line, False) for line in inline)]:
        if (match := COMMAND.match(line.strip())) and "…" not in line:
            yield match[2].partition("  #")[0], whole


def parse(words, command=mlops, name="mlops", parent=None):
    """Parse down to the verb without running it."""
    context = command.make_context(name, list(words), parent=parent, obj=App(namespace=ANY))
    if isinstance(command, click.Group):
        rest = [*context._protected_args, *context.args]
        if not rest and command.invoke_without_command:
            return
        name, child, rest = command.resolve_command(context, rest)
        parse(rest, child, name, context)


class _Any(dict):
    def __contains__(self, _key):
        return True

    def __missing__(self, key):
        return key


ANY = _Any()


def test_commands_parse(pages):
    seen, wrong = 0, []
    for path, text in pages.items():
        if path.startswith("docs/reference/"):
            continue
        for line, whole in commands_in(text):
            seen += 1
            if line.split()[-1] in {"--help", "-h"}:
                continue
            try:
                parse(shlex.split(line))
            except click.UsageError as error:
                if isinstance(error, click.MissingParameter) and not whole:
                    continue
                wrong.append(f"{path}: mlops {line}: {error.format_message()}")
    assert seen > 20
    assert wrong == []


@pytest.mark.parametrize("line", ["nonsense", "drift only_one.csv", "runs --no-such-option"])
def test_a_wrong_command_is_seen(line):
    with pytest.raises(click.UsageError):
        parse(shlex.split(line))


def test_links_lead_somewhere(pages, root):
    broken = []
    for path, text in pages.items():
        for target, anchor in LINK.findall(text):
            if "://" in target:
                continue
            place = (root / path).parent / target
            if not place.exists():
                broken.append(f"{path}: {target}")
            elif anchor and anchor[1:] not in anchors(place.read_text(encoding="utf-8")):
                broken.append(f"{path}: {target}{anchor}")
    assert broken == []


def anchors(text):
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_make_targets_exist(pages, root):
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = {name for text in pages.values() for name in re.findall(r"`make ([a-z-]+)`", text)}
    assert named - targets == set()
    assert {"demo", "test"} <= named


def test_each_target_has_a_line_of_help(root):
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    helped = set(re.findall(r"^([a-z-]+):.*?  ## ", makefile, re.MULTILINE))
    assert helped >= {
        "demo", "lab", "test", "test-full", "bench", "check", "docs", "clean", "constraints"
    }  # fmt: skip


def test_each_environment_variable_is_told_to_operators(pages):
    names = [value for name, value in vars(settings).items() if name.startswith("ENV_")]
    assert len(names) >= 4
    for name in names:
        assert f"`{name}`" in pages["docs/guide/operators.md"]


def test_decisions_are_numbered_without_gaps(root):
    numbers = sorted(int(path.name[:3]) for path in (root / "docs/decisions").glob("[0-9]*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


def test_each_decision_says_context_decision_and_consequences(root):
    for path in (root / "docs/decisions").glob("[0-9]*.md"):
        headings = re.findall(r"^## (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences"], path.name


def test_architecture_names_each_module(root):
    text = (root / "docs/architecture.md").read_text(encoding="utf-8")
    package = root / "mlops_jupyter"
    parts = [path for path in package.iterdir() if path.suffix == ".py" or path.is_dir()]
    for path in parts:
        if not path.name.startswith("_") and path.name not in {"examples", "labextension"}:
            assert f"\n  {path.name}" in text, path.name
