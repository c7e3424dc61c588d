"""Every Result is documented, versioned, and can be shown and read back."""

from __future__ import annotations

import inspect
import re

import pytest

from mlops_jupyter.results import Result

# Only the panel reads it, as JSON.
NEVER_SHOWN = {"handshake"}


def subclasses(root):
    for child in root.__subclasses__():
        if child.__module__.startswith("mlops_jupyter."):
            yield child
            yield from subclasses(child)


@pytest.fixture
def results(modules):
    found = list(subclasses(Result))
    assert {"runs", "run", "drift_report"} <= {result.kind for result in found}
    return found


def test_kinds_are_distinct_words(results):
    kinds = [result.kind for result in results]
    assert len(set(kinds)) == len(kinds)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", kind) for kind in kinds)


def test_each_is_frozen_versioned_and_shows_itself(results):
    for result in results:
        assert result.model_config.get("frozen"), result
        assert result.schema_version >= 1
        if result.kind not in NEVER_SHOWN:
            assert result.to_text is not Result.to_text, result
            assert result.to_html is not Result.to_html, result


def test_each_field_is_in_the_reference(results, root):
    reference = (root / "docs/reference/json.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"(?ms)^## (\w+)\n(.*?)(?=^## |\Z)", reference))
    assert set(sections) == {result.kind for result in results}
    for result in results:
        assert inspect.getdoc(result) != inspect.getdoc(Result), f"{result} has no docstring"
        for name in result.model_fields:
            assert f"| `{name}` |" in sections[result.kind]
