"""What `import mlops_jupyter as mlops` offers changes on purpose only."""

from __future__ import annotations

import importlib
import inspect

import pytest

import mlops_jupyter

PUBLIC = [
    "MlopsError",
    "Workspace",
    "__version__",
    "checkout",
    "ci",
    "compare",
    "data",
    "delete",
    "demo",
    "doctor",
    "drift",
    "du",
    "explore",
    "export_runs",
    "gc",
    "glue",
    "import_runs",
    "init",
    "inspect",
    "journal",
    "lineage",
    "load",
    "log",
    "pipeline",
    "pull_runs",
    "push_runs",
    "reproduce",
    "restore",
    "run",
    "runs",
    "secret",
    "show",
    "status",
    "sweep",
    "sync",
    "tag",
    "track",
]


def test_public_names():
    assert sorted(mlops_jupyter.__all__) == PUBLIC
    assert dir(mlops_jupyter) == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_is_there(name):
    assert getattr(mlops_jupyter, name) is not None


@pytest.mark.parametrize(
    ("room", "names"),
    [
        (
            "data",
            (
                "DataComparison DataDetails DataMoved DataVerified DataVersion DataVersions "
                "Forgotten FreedData Restored checkout compare forget gc load matching path_of "
                "pull push resolve show snapshot verify versions"
            ),
        ),
        ("drift", "DriftReport detect keep load"),
        (
            "pipelines",
            (
                "PipelineExport PipelineGraph PipelineRun PipelineStatus ProposedStage "
                "add export run show status"
            ),
        ),
    ],
)
def test_public_names_of_rooms(room, names):
    assert set(importlib.import_module(f"mlops_jupyter.{room}").__all__) == set(names.split())


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = mlops_jupyter.nonsense


@pytest.mark.parametrize("name", ["init", "status", "doctor", "runs", "show", "run"])
def test_verbs_take_a_place_first_and_then_keywords(name):
    first, *rest = inspect.signature(getattr(mlops_jupyter, name)).parameters.values()
    assert first.name in {"workspace", "folder", "path"}
    assert any(option.kind is option.KEYWORD_ONLY for option in rest) or len(rest) <= 1
