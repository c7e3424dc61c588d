"""The example of three notebooks in a row: executed by the real verb, and held to what it says."""

import json

import pytest

import mlops_jupyter as mlops
from mlops_jupyter.errors import BadInput
from tests.examples import Executed
from tests.stock import sh

NAME = "05_pipeline.ipynb"
STAGES = ["prepare", "train", "evaluate"]


@pytest.mark.timeout(1200)
def test_three_notebooks_are_a_pipeline_swept_reproduced_and_in_ci(
    demo_workspace, tmp_path, monkeypatch
):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    root = demo_workspace.root
    beside = {path.name for path in tmp_path.iterdir()}
    run = mlops.run(demo_workspace, root / "notebooks" / NAME)

    assert run.status == "FINISHED"
    executed = Executed(root / run.output)
    assert executed.complaints() == []
    shown = dict(executed.results())
    what_a_notebook_takes(demo_workspace, shown["inspect"])
    stages_are_proposed_and_written(root, shown, executed)
    each_runs_when_it_has_to(shown)
    the_best_depth_is_found(demo_workspace, shown)

    again = shown["reproduce"]
    assert again["verdict"] == "identical"
    assert again["run_id"] == shown["sweep"]["trials"][0]["run_id"]
    assert again["notes"] == []
    assert shown["ci"]["state"] == "written"
    workflow = (root / ".github" / "workflows" / "mlops.yml").read_text()
    assert 'description: "how many questions the tree asks of a flight"' in workflow
    assert executed.text("workflow").strip() == workflow.strip()
    assert {path.name for path in tmp_path.iterdir()} == beside
    assert [*(tmp_path / "temporary").iterdir()] == []


def what_a_notebook_takes(workspace, inspected):
    assert [each["name"] for each in inspected["parameters"]] == ["depth", "keep"]
    for wrong in ({"last_mont": 3}, {"last_month": 13}):
        with pytest.raises(BadInput):
            mlops.run(workspace, "notebooks/pipeline/prepare.ipynb", parameters=wrong)


def stages_are_proposed_and_written(root, shown, executed):
    proposal = shown["add"]
    assert not proposal["written"]
    said = proposal["dependencies"] + proposal["outputs"]
    seen = {each["path"]: each["why"].split(":")[0] for each in said}
    assert seen == {
        "data/flights.parquet": "read by run",
        "notebooks/pipeline/prepare.ipynb": "the notebook",
        "data/known.parquet": "written by run",
        "data/next.parquet": "written by run",
    }
    for cell in ("add-yes", "add-last"):
        assert shown[cell]["written"]
        assert "no tracked run" in shown[cell]["notes"][0]
        assert {each["why"] for each in shown[cell]["outputs"]} == {"the code says so"}
    assert executed.text("file").strip() == (root / "dvc.yaml").read_text().strip()
    assert "up to date" in sh(root, "dvc", "status"), "plain DVC"
    after = {each["name"]: each["after"] for each in shown["show"]["stages"]}
    assert after == {"prepare": [], "train": ["prepare"], "evaluate": ["prepare", "train"]}


def each_runs_when_it_has_to(shown):
    outcomes = {
        cell: [each["outcome"] for each in shown[cell]["stages"]]
        for cell in ("first", "nothing", "second")
    }
    assert outcomes == {
        "first": ["ran", "ran", "ran"],
        "nothing": ["unchanged", "unchanged", "unchanged"],
        "second": ["unchanged", "ran", "ran"],
    }
    assert shown["nothing"]["run_id"] is None
    states = {each["name"]: each for each in shown["change"]["stages"]}
    assert [states[name]["state"] for name in STAGES] == ["unchanged", "stale", "follows"]
    assert [reason["said"] for reason in states["train"]["reasons"]] == ["train.depth: 2 → 8"]


def the_best_depth_is_found(workspace, shown):
    trials = {each["values"]["depth"]: each["value"] for each in shown["sweep"]["trials"]}
    assert trials[2] < trials[5] < trials[8] > trials[12], "deeper is better up to a point"
    later, sooner = mlops.runs(workspace, experiment="evaluate").runs
    assert [each["run_id"] for each in shown["compare"]["runs"]] == [later.run_id, sooner.run_id]
    assert later.metrics["test_auc"] > sooner.metrics["test_auc"] + 0.02, "it has become better"
    score = json.loads((workspace.root / "data" / "score.json").read_text())
    assert score["test_auc"] == later.metrics["test_auc"]
    assert score["late_of_warned"] > 1.5 * score["late_of_all"]
