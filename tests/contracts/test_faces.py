"""Parity of faces: every verb is a documented Python function, a command and a magic."""

from __future__ import annotations

import importlib
import inspect

import click
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from mlops_jupyter.commands.tree import EVERYDAY, leaves, mlops

VERBS = leaves()

# Options that belong to a face rather than to the function.
FACE_ONLY = {
    # In Python the `with` block ends it, and shows nothing by itself.
    "track": {"off", "notebook", "quiet"},
    "gc": {"yes"},  # Python does not ask
    "data gc": {"yes"},
    "data forget": {"yes"},
    "pipeline add": {"yes"},
}


def function_of(verb):
    module, _, name = f"mlops_jupyter.{verb.python}".rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError:  # a public name at the top: mlops_jupyter.track
        return getattr(importlib.import_module("mlops_jupyter"), name)


@pytest.mark.parametrize("path", VERBS)
class TestEveryVerb:
    def test_has_help_and_so_has_each_option(self, path):
        verb = VERBS[path]
        assert verb.help
        for option in verb.params:
            if isinstance(option, click.Option):
                assert option.help, option.name

    def test_is_a_public_function_with_an_example(self, path):
        function = function_of(VERBS[path])
        text = inspect.getdoc(function) or ""
        assert callable(function)
        assert "Examples\n--------" in text

    def test_its_options_are_the_function_s_keywords(self, path):
        verb = VERBS[path]
        keywords = set(inspect.signature(function_of(verb)).parameters)
        # `run_`: the name without the underscore is taken in the command's module.
        options = {option.name.rstrip("_") for option in verb.params if option.expose_value}
        assert options - FACE_ONLY.get(path, set()) <= keywords

    def test_is_in_the_reference(self, path, root):
        reference = (root / "docs/reference/cli.md").read_text(encoding="utf-8")
        assert f"\n## mlops {path}\n" in reference

    def test_is_served_by_the_magic(self, path, shell):
        with capture_output() as captured:
            shell.run_line_magic("mlops", f"{path} --help")
        assert f"%mlops {path}" in captured.stdout


@pytest.fixture(scope="module")
def shell():
    made = InteractiveShell.instance()
    made.run_line_magic("load_ext", "mlops_jupyter")
    yield made
    made.run_line_magic("unload_ext", "mlops_jupyter")
    InteractiveShell.clear_instance()


def test_help_lists_the_ten_everyday_verbs_first():
    listed = mlops.list_commands(click.Context(mlops))
    assert listed[:10] == list(EVERYDAY)
    assert listed[:10] == [
        "init",
        "status",
        "track",
        "log",
        "runs",
        "show",
        "data",
        "drift",
        "run",
        "doctor",
    ]
