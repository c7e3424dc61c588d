"""Each kind of error has its own exit code, and the docs say which."""

from __future__ import annotations

import http

import pytest

from mlops_jupyter import errors
from mlops_jupyter.errors import MlopsError


def subclasses(root):
    for child in root.__subclasses__():
        yield child
        yield from subclasses(child)


@pytest.fixture
def kinds(modules):
    found = [kind for kind in subclasses(MlopsError) if kind.__module__.startswith("mlops_jupyter")]
    assert len(found) >= 11
    return found


def test_all_are_drawn_in_the_one_tree(kinds):
    assert {kind.__module__ for kind in kinds} == {"mlops_jupyter.errors"}
    rows = [line.split() for line in errors.__doc__.splitlines() if "──" in line]
    drawn = {name: (int(code), int(status)) for _, name, code, status, *_ in rows}
    assert drawn == {kind.__name__: (kind.exit_code, kind.http_status) for kind in kinds}


def test_exit_codes_are_distinct_and_not_the_shell_s(kinds):
    codes = [kind.exit_code for kind in kinds]
    assert len(set(codes)) == len(codes)
    assert all(0 < code < 126 for code in codes)
    assert {kind.__name__: kind.exit_code for kind in kinds if kind.exit_code <= 2} == {
        "GateFailed": 1,
        "UsageError": 2,
    }


def test_http_statuses_exist(kinds):
    assert all(http.HTTPStatus(kind.http_status) for kind in kinds)


def test_the_docs_name_each(kinds, root):
    reference = (root / "docs/reference/cli.md").read_text(encoding="utf-8")
    for kind in kinds:
        assert f"| {kind.exit_code} | " in reference
        assert f"| `{kind.__name__}` | {kind.http_status} |" in reference


def test_each_has_a_docstring_and_says_what_to_do(kinds):
    for kind in kinds:
        assert kind.__doc__ != MlopsError.__doc__
