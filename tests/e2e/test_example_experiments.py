"""The example with fifty models: executed by the real verb, and asked what it is asked in there."""

from collections import defaultdict

import pytest

import mlops_jupyter as mlops
from tests.examples import Executed

NAME = "02_experiments.ipynb"
EXPERIMENT = "flights-experiments"


@pytest.mark.parametrize("n_models", [12, pytest.param(50, marks=pytest.mark.slow)])
def test_models_are_tried_compared_and_the_best_explained(demo_workspace, n_models):
    workspace = demo_workspace
    source = workspace.root / "notebooks" / NAME

    run = mlops.run(workspace, source, parameters={"n_models": n_models})

    assert run.status == "FINISHED"
    executed = Executed(workspace.root / run.output)
    assert executed.complaints() == []

    found = mlops.runs(workspace, experiment=EXPERIMENT, flat=True, all=True).runs
    assert {each.status for each in found} == {"FINISHED"}
    by_name = {each.name: each for each in found}
    top = by_name[f"{n_models} tries"]
    tries = [each for each in found if each.parent_run_id == top.run_id]
    assert len(tries) == n_models
    # Beside them: the loop's own, and three that were trained by themselves.
    assert len(found) == n_models + 4
    assert all(each.data == ["data:flights@v1"] for each in tries)
    assert all("val_auc" in each.metrics for each in tries)

    best = max(tries, key=lambda each: each.metrics["val_auc"])
    shown = defaultdict(list)
    for cell, content in executed.results():
        shown[cell].append(content)
    (listed,) = shown["sorted"]
    assert len(listed["runs"]) == 10
    assert listed["runs"][0]["run_id"] == best.run_id
    (kinds,) = shown["grouped"]
    assert {group["value"] for group in kinds["groups"]} == {each.model for each in tries}
    (small,) = shown["where"]
    assert small["runs"]
    assert all("Tree" in each["model"] for each in small["runs"])

    (comparison,) = shown["compare"]
    second = listed["runs"][1]["run_id"]
    assert [each["run_id"] for each in comparison["runs"]] == [second, best.run_id]
    (difference,) = [each for each in comparison["metrics"] if each["metric"] == "val_auc"]
    assert difference["verdicts"][1] == "better"
    assert comparison["not_compared"] == []  # code, cells and packages of a fit are its cell's

    (explained,) = shown["show"]
    version = mlops.data.resolve(workspace, "data:flights@v1")
    (data,) = [each for each in explained["inputs"] if each["version"]]
    assert (data["version"], data["digest"]) == (version.ref, version.hash)
    assert explained["summary"]["run_id"] == best.run_id
    assert 0.5 < explained["summary"]["metrics"]["test_auc"] < 0.7  # more would be a leak
    assert [model["flavor"] for model in explained["models"]] == [best.model]
    assert "roc.png" in {artifact["path"] for artifact in explained["artifacts"]}
    assert explained["environment"]["scikit-learn"]
    assert explained["packages"]["scikit-learn"]
    assert "for model, features in" in explained["code"]["cell"]
    assert explained["code"]["changed"] == []
    ran = mlops.journal(workspace, best.run_id)
    assert "ParameterGrid" in ran.cells[-1].source
    assert "again" in by_name  # trained on the version's bytes; the cell asserts what it gave

    tagged = mlops.runs(workspace, where="tag.stage = candidate").runs
    assert [each.run_id for each in tagged] == [best.run_id]
    page = source.with_name("best.html").read_text(encoding="utf-8")
    assert version.hash[:12] in page
    assert "ParameterGrid" in page
