from __future__ import annotations

import json
from dataclasses import replace

import pytest

from mlops_jupyter.ci import plan
from mlops_jupyter.errors import BadInput, BadSettings, NotFound
from mlops_jupyter.settings import CiSettings
from tests.stock import make_remote


def notebook(root, code="depth: int = 5  # how deep\nkind = 'a'", name="train.ipynb"):
    cell = {
        "cell_type": "code", "id": "a", "metadata": {"tags": ["parameters"]},
        "execution_count": None, "outputs": [], "source": code,
    }  # fmt: skip
    path = root / "notebooks" / name
    path.parent.mkdir(exist_ok=True)
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    path.write_text(json.dumps(content))


def with_ci(workspace, **settings):
    changed = workspace.settings.model_copy(update={"ci": CiSettings(**settings)})
    return replace(workspace, settings=changed)


@pytest.fixture
def kept(workspace, tmp_path):
    """A workspace whose runs can travel."""
    make_remote(workspace.root, tmp_path / "remote")
    notebook(workspace.root)
    return workspace


def test_a_store_that_is_lost_with_the_machine_is_refused_with_both_ways_out(workspace):
    notebook(workspace.root)
    with pytest.raises(BadInput, match="lost with the machine") as caught:
        plan.of(with_ci(workspace, notebook="notebooks/train.ipynb"))
    assert "https://" in caught.value.hint
    assert "runs push" in caught.value.hint


def test_a_server_or_a_remote_keeps_the_runs(kept):
    made = plan.of(with_ci(kept, notebook="notebooks/train.ipynb"))
    assert (made.exchange, made.data) == (True, True)
    server = replace(
        with_ci(kept, notebook="notebooks/train.ipynb"), store_flag="https://mlflow.example.org"
    )
    assert plan.of(server).exchange is False


def test_the_work_is_the_pipeline_where_there_is_one(kept):
    wanted = with_ci(kept, notebook="notebooks/train.ipynb")
    assert plan.of(wanted).work == "mlops run notebooks/train.ipynb"
    (kept.root / "dvc.yaml").write_text("stages: {}\n")
    assert plan.of(wanted).work == "mlops pipeline run"


def test_nothing_to_run_is_said(kept):
    with pytest.raises(BadInput, match="neither a pipeline") as caught:
        plan.of(kept)
    assert "mlops pipeline add" in caught.value.hint


def test_inputs_are_the_notebook_s_parameters(kept):
    made = plan.of(with_ci(kept, notebook="notebooks/train.ipynb"))
    assert [(each.name, each.kind, each.default) for each in made.inputs] == [
        ("depth", "number", "5"),
        ("kind", "string", "a"),
    ]
    assert made.inputs[0].description == "how deep"


def test_a_notebook_that_is_not_there_is_named(kept):
    with pytest.raises(NotFound, match="no notebook"):
        plan.of(with_ci(kept, notebook="notebooks/trian.ipynb"))


def test_a_form_takes_so_many(kept):
    notebook(kept.root, "\n".join(f"p{i} = {i}" for i in range(26)), "wide.ipynb")
    with pytest.raises(BadSettings, match="26 parameters"):
        plan.of(with_ci(kept, notebook="notebooks/wide.ipynb"))


def test_what_installs(kept):
    wanted = with_ci(kept, notebook="notebooks/train.ipynb")
    assert plan.of(wanted).install == ("python -m pip install mlops-jupyter",)
    (kept.root / "requirements.txt").write_text("mlops-jupyter\n")
    assert plan.of(wanted).install == ("python -m pip install -r requirements.txt",)
    assert plan.of(wanted).locks == ("requirements.txt",)
    own = with_ci(kept, notebook="notebooks/train.ipynb", install="pip install uv\nuv sync\n")
    assert plan.of(own).install == ("pip install uv", "uv sync")


def test_a_drift_gate_fails_on_drift_and_leaves_its_report(kept):
    made = plan.of(
        with_ci(
            kept, notebook="notebooks/train.ipynb", drift=("data:a@v1 'b $(c).csv' --by month",)
        )
    )
    assert made.gates == (
        (
            "mlops drift data:a@v1 'b $(c).csv' --by month --fail-on-drift --json "
            "> mlops-report/drift-1.json"
        ),
    )


@pytest.mark.parametrize("words", ["one", "--fail x", "a 'b"])
def test_a_drift_gate_needs_two_sides(kept, words):
    with pytest.raises(BadSettings, match=r"ci\.drift"):
        plan.of(with_ci(kept, notebook="notebooks/train.ipynb", drift=(words,)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"secrets": ("A; rm",)},
        {"base": "-x"},
        {"base": "$(a)"},
        {"schedule": "'x'"},
        {"python": "2"},
    ],
)
def test_settings_hold_no_commands_where_none_belong(wrong):
    with pytest.raises(ValueError, match="pattern"):
        CiSettings(**wrong)
