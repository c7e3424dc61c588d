"""Flights, prepare -> train -> evaluate: notebooks as stages, run, one changed, run again."""

import json

import nbformat
import pytest

from mlops_jupyter import pipelines
from mlops_jupyter.errors import NotebookFailed
from mlops_jupyter.notebooks.run import run as run_notebook
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.store.opening import client
from tests.stock import sh

PREPARE = """
import pandas as pd
from cleaning import known

flights = known(pd.read_parquet(raw)).sample(rows, random_state=0)
flights.to_parquet("../data/clean.parquet")
"""
TRAIN = """
%load_ext mlops_jupyter
"""
TRAIN_CELL = """\
%%mlops track flights --name forest
import joblib
import pandas as pd
from sklearn.ensemble import RandomForestClassifier

flights = pd.read_parquet("../data/clean.parquet")
model = RandomForestClassifier(n_trees, random_state=0)
model.fit(flights[["hour", "distance"]], flights["arr_delay"] > 15)
joblib.dump(model, "../data/model.joblib")
"""
EVALUATE = """
import json
import joblib
import pandas as pd

flights, model = pd.read_parquet("../data/clean.parquet"), joblib.load("../data/model.joblib")
score = model.score(flights[["hour", "distance"]], flights["arr_delay"] > 15)
with open("../data/score.json", "w") as file:
    json.dump({"score": score, "trees": len(model.estimators_)}, file)
"""


def notebook(path, *cells, parameters=""):
    made = nbformat.v4.new_notebook()
    if parameters:
        tagged = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
        made.cells.append(tagged)
    made.cells += [nbformat.v4.new_code_cell(source) for source in cells]
    nbformat.write(made, path)


@pytest.fixture
def flights(demo_workspace):
    folder = demo_workspace.root / "notebooks"
    code = "def known(frame):\n    return frame.dropna(subset=['arr_delay'])\n"
    (folder / "cleaning.py").write_text(code)
    raw = "raw: str = '../data/flights.parquet'\nrows: int = 2000"
    notebook(folder / "prepare.ipynb", PREPARE, parameters=raw)
    notebook(folder / "train.ipynb", TRAIN, TRAIN_CELL, parameters="n_trees: int = 3")
    notebook(folder / "evaluate.ipynb", EVALUATE)
    return demo_workspace


def paths(entries):
    return [entry.path for entry in entries]


@pytest.mark.timeout(1500)
def test_a_pipeline_is_added_run_changed_and_run_again(flights):
    prepare = pipelines.add(flights, "notebooks/prepare.ipynb")
    assert paths(prepare.dependencies) == [
        "data/flights.parquet", "notebooks/cleaning.py", "notebooks/prepare.ipynb",
    ]  # fmt: skip
    assert paths(prepare.outputs) == ["data/clean.parquet"]
    pipelines.run(flights)

    run_notebook(flights, "notebooks/train.ipynb")
    train = pipelines.add(flights, "notebooks/train.ipynb", parameters={"n_trees": 4})
    (model,) = train.outputs
    assert (model.path, model.why[:14]) == ("data/model.joblib", "written by run")
    assert {entry.path: entry.why[:11] for entry in train.dependencies} == {
        "data/clean.parquet": "read by run",
        "notebooks/train.ipynb": "the noteboo",
    }
    evaluate = pipelines.add(flights, "notebooks/evaluate.ipynb")
    assert paths(evaluate.outputs) == ["data/score.json"]

    first = pipelines.run(flights)
    assert outcomes(first) == {"prepare": "unchanged", "train": "ran", "evaluate": "ran"}
    assert score(flights)["trees"] == 4
    assert "up to date" in sh(flights.root, "dvc", "status")

    params = flights.root / "params.yaml"
    params.write_text(params.read_text().replace("n_trees: 4", "n_trees: 5"))
    stale = {stage.name: stage for stage in pipelines.status(flights).stages}
    assert [reason.said for reason in stale["train"].reasons] == ["train.n_trees: 4 → 5"]
    assert (stale["prepare"].state, stale["evaluate"].state) == ("unchanged", "follows")
    second = pipelines.run(flights)
    assert outcomes(second) == {"prepare": "unchanged", "train": "ran", "evaluate": "ran"}
    assert score(flights)["trees"] == 5
    each_stage_is_a_run_inside(flights, second)


def outcomes(done):
    return {stage.name: stage.outcome for stage in done.stages}


def score(workspace):
    return json.loads((workspace.root / "data" / "score.json").read_text())


def each_stage_is_a_run_inside(workspace, done):
    runs = client(workspace)
    for stage in done.stages[1:]:
        (run_id,) = stage.run_ids
        kept = runs.get_run(run_id)
        assert kept.info.status == "FINISHED"
        assert kept.data.tags[tags.PARENT] == done.run_id
        assert kept.data.tags[tags.STAGE] == stage.name
        assert kept.data.tags[tags.NOTEBOOK] == f"notebooks/{stage.name}.ipynb"
    assert runs.get_run(done.stages[1].run_ids[0]).data.params["n_trees"] == "5"


@pytest.mark.timeout(900)
def test_a_notebook_that_fails_is_named_with_its_run(workspace):
    folder = workspace.root / "notebooks"
    folder.mkdir(exist_ok=True)
    notebook(folder / "broken.ipynb", "open('../half.txt', 'w').write('half')", "1 / 0")
    pipelines.add(workspace, "notebooks/broken.ipynb")
    with pytest.raises(
        NotebookFailed, match=r"stage 'broken' failed: .*ZeroDivisionError"
    ) as failed:
        pipelines.run(workspace)
    (stage,) = failed.value.result.stages
    (run_id,) = stage.run_ids
    assert f"run:{run_id[:8]}" in failed.value.hint
    assert client(workspace).get_run(run_id).info.status == "FAILED"
    assert (workspace.root / "half.txt").read_text() == "half"
