"""Which runs a notebook's cells leave: a real shell, scikit-learn, MLflow and store."""

import json
from pathlib import Path

import pytest

import mlops_jupyter as mlops
from mlops_jupyter.results import MIME_TYPE

SETUP = """
import warnings
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
X, y = load_breast_cancer(return_X_y=True, as_frame=True)
"""
FIT = "forest = RandomForestClassifier(5, random_state=0).fit(X, y)\n"


@pytest.fixture
def runs(workspace):
    return lambda: mlops.runs(workspace).runs


@pytest.fixture
def tracked(cells):
    cells.run("%mlops track trees")
    cells.run(SETUP)
    return cells


def _line(cells):
    return cells.shown[0]["text/plain"]


def test_a_cell_that_trains_is_a_run_with_its_parameters_metrics_and_model(
    tracked, runs, workspace
):
    tracked.run(FIT)
    (run,) = runs()
    assert (run.status, run.experiment) == ("FINISHED", "trees")
    assert run.params["n_estimators"] == "5"
    assert run.metrics["training_score"] > 0.9
    shown = mlops.show(workspace, run.run_id)
    assert shown.models[0].flavor == "RandomForestClassifier"
    assert shown.environment["scikit-learn"]
    assert "code/cell.py" in [artifact.path for artifact in shown.artifacts]


def test_the_model_loads_by_plain_mlflow_and_predicts_the_same(tracked, runs, workspace):
    import mlflow

    tracked.run(FIT)
    names = tracked.shell.user_ns
    uri = mlops.show(workspace, runs()[0].run_id).models[0].uri
    tracked.run("%mlops track --off")
    mlflow.set_tracking_uri(workspace.store.uri)
    try:
        loaded = mlflow.sklearn.load_model(uri)
        info = mlflow.models.get_model_info(uri)
    finally:
        mlflow.set_tracking_uri("")
    assert (loaded.predict(names["X"]) == names["forest"].predict(names["X"])).all()
    assert info.signature is not None


def test_the_model_needs_what_it_needs(tracked, runs, workspace):
    import mlflow

    tracked.run(FIT)
    model = mlops.show(workspace, runs()[0].run_id).models[0]
    mlflow.set_tracking_uri(workspace.store.uri)
    needed = mlflow.pyfunc.get_model_dependencies(model.uri)
    names = {line.partition("==")[0] for line in Path(needed).read_text().split()}
    assert {"scikit-learn", "cloudpickle", "numpy"} <= names


def test_cells_that_do_not_train_leave_no_run(tracked, runs):
    tracked.run("x = 1")
    tracked.run("from sklearn.preprocessing import StandardScaler\nStandardScaler().fit(X)")
    assert runs() == []


def test_nothing_is_shown_but_the_line(tracked):
    tracked.run(FIT)
    assert tracked.stderr == ""
    assert tracked.stdout == ""
    (line,) = tracked.shown
    assert line[MIME_TYPE]["kind"] == "tracked_cell"
    assert "captured parameters, metrics, model" in line["text/plain"]
    assert line[MIME_TYPE]["not_captured"] == []


def test_a_metric_of_a_later_cell_lands_on_the_run_of_its_model(tracked, runs):
    tracked.run(FIT)
    tracked.run("predicted = forest.predict(X)")
    tracked.run("from sklearn.metrics import f1_score\nf1_score(y, predicted)")
    (run,) = runs()
    assert any(name.startswith("f1_score") for name in run.metrics)


def test_a_score_of_one_class_s_probabilities_lands_on_the_run_of_its_model(tracked, runs):
    tracked.run(FIT)
    tracked.run("positive = forest.predict_proba(X)[:, 1]")
    tracked.run("from sklearn.metrics import brier_score_loss\nbrier_score_loss(y == 1, positive)")
    tracked.run("brier_score_loss(y == 1, positive.copy())")  # of which nobody can know
    (run,) = runs()
    assert [name for name in run.metrics if name.startswith("brier")] == ["brier_score_loss_X"]


def test_log_writes_to_the_run_that_was_trained_last(tracked, runs):
    tracked.run(FIT)
    tracked.run("auc = 0.71234")
    tracked.run("%mlops log test_auc={auc:.3f} other=2")
    (run,) = runs()
    assert run.metrics["test_auc"] == 0.712
    assert run.metrics["other"] == 2
    assert run.main_metric == "test_auc"


def test_log_without_a_run_to_go_to_makes_one_of_its_own(tracked, runs):
    tracked.run("%mlops log answer=42")
    (run,) = runs()
    own = {name: value for name, value in run.metrics.items() if not name.startswith("system/")}
    assert own == {"answer": 42}
    assert run.status == "FINISHED"


def test_several_fits_in_a_cell_are_siblings_under_the_cells_run(tracked, runs):
    tracked.run(
        "for depth in (1, 2, 3):\n"
        "    RandomForestClassifier(3, max_depth=depth, random_state=0).fit(X, y)"
    )
    found = runs()
    assert len(found) == 4
    (parent,) = [run for run in found if run.parent_run_id is None]
    children = [run for run in found if run.parent_run_id == parent.run_id]
    assert sorted(run.params["max_depth"] for run in children) == ["1", "2", "3"]
    assert {run.status for run in found} == {"FINISHED"}


def test_a_search_has_its_candidates_below_it(tracked, runs):
    tracked.run(
        "from sklearn.model_selection import GridSearchCV\n"
        "GridSearchCV(RandomForestClassifier(3), {'max_depth': [1, 2]}, cv=2).fit(X, y)"
    )
    (search,) = [run for run in runs() if run.parent_run_id is None]
    below = [run for run in runs() if run.parent_run_id == search.run_id]
    assert (search.model, search.main_metric) == ("GridSearchCV", "best_cv_score")
    assert {run.params["max_depth"] for run in below} == {"1", "2"}
    assert {run.main_metric for run in below} == {"mean_test_score"}


def test_what_mlflow_fails_to_log_is_said_and_the_model_kept(tracked, runs, workspace):
    tracked.run(
        "class Shy(RandomForestClassifier):\n"
        "    def get_params(self, deep=True):\n"
        "        if deep: raise RuntimeError('no parameters today')\n"
        "        return super().get_params(deep)\n"
        "shy = Shy(3).fit(X, y)"
    )
    assert "no parameters today" in tracked.shown[0]["text/plain"]
    assert tracked.shell.user_ns["shy"].n_estimators == 3
    assert runs()[0].status == "FINISHED"


def test_a_model_that_cannot_be_stored_is_said(tracked, runs):
    tracked.run(
        "import threading\n"
        "forest = RandomForestClassifier(3)\n"
        "forest.lock = threading.Lock()\n"
        "forest.fit(X, y)"
    )
    (run,) = runs()
    assert run.metrics["training_score"] > 0.9
    assert "not captured: the model" in tracked.shown[0]["text/plain"]


def test_what_cannot_be_pickled_is_not_the_store_s_fault(tracked):
    tracked.run(
        "import threading\nclass Locked(RandomForestClassifier):\n"
        "    def fit(self, X, y):\n"
        "        self.lock = threading.Lock()\n        return super().fit(X, y)\n"
        "Locked(2).fit(X, y)"
    )
    (told,) = [
        reason for reason in tracked.shown[0][MIME_TYPE]["not_captured"] if "model" in reason
    ]
    assert "store" not in told


def test_a_pipeline_is_one_run(tracked, runs):
    tracked.run(
        "from sklearn.pipeline import make_pipeline\n"
        "from sklearn.preprocessing import StandardScaler\n"
        "make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)"
    )
    (run,) = runs()
    assert run.model == "Pipeline"


def test_a_cell_that_raises_is_a_failed_run_with_the_traceback(tracked, runs, workspace):
    with pytest.raises(ZeroDivisionError):
        tracked.run(FIT + "1 / 0")
    (run,) = runs()
    assert run.status == "FAILED"
    assert "ZeroDivisionError" in mlops.show(workspace, run.run_id).error


def test_a_fit_that_raises_is_a_failed_run(tracked, runs):
    with pytest.raises(ValueError, match="inconsistent numbers"):
        tracked.run("RandomForestClassifier(5).fit(X, y[:3])")
    (run,) = runs()
    assert run.status == "FAILED"
    tracked.run(FIT)  # and the next one is not disturbed by it
    assert runs()[0].status == "FINISHED"


def test_the_files_that_were_read_are_inputs_with_their_data_version(tracked, runs, workspace):
    tracked.run("X.assign(y=y).to_parquet('cancer.parquet')")
    tracked.run("version = %mlops data snapshot cancer.parquet")
    tracked.run(
        "frame = pd.read_parquet('cancer.parquet')\nX, y = frame.drop(columns='y'), frame.y"
    )
    tracked.run(FIT)
    (run,) = runs()
    assert run.data == ["data:cancer@v1"]
    found = {data.name: data for data in mlops.show(workspace, run.run_id).inputs}
    data = found["cancer.parquet"]
    assert (data.version, data.rows, data.context) == ("data:cancer@v1", 569, "training")
    assert data.digest == tracked.shell.user_ns["version"].hash
    # What X and y were before is not what they are now.
    assert found["load_breast_cancer"].context == "earlier"
    assert "captured parameters, metrics, model, data data:cancer@v1" in _line(tracked)


def test_the_frames_given_to_fit_are_inputs_as_they_were(tracked, runs, workspace):
    tracked.run(FIT + "X.iloc[500, 3] += 1")
    tracked.run(FIT)
    after, before = ({d.name: d for d in mlops.show(workspace, r.run_id).inputs} for r in runs())
    assert (before["X"].rows, before["X"].columns, before["y"].rows) == (569, 30, 569)
    assert before["X"].digest != after["X"].digest
    assert before["y"].digest == after["y"].digest


def test_what_the_cell_wrote_is_an_output_of_its_run(tracked, runs, workspace):
    tracked.run(FIT + "pd.DataFrame({'p': forest.predict(X)}).to_csv('predicted.csv')")
    tracked.run("X.to_csv('of another cell.csv')")
    (written,) = mlops.show(workspace, runs()[0].run_id).outputs
    assert (written.path, len(written.digest)) == ("predicted.csv", 32)
    assert written.size > 1000


def test_a_file_that_changed_since_is_said_not_recorded(tracked, runs, workspace):
    tracked.run("X.to_csv('x.csv'); pd.read_csv('x.csv'); X[:10].to_csv('x.csv')")
    tracked.run(FIT)
    assert "x.csv" not in [data.name for data in mlops.show(workspace, runs()[0].run_id).inputs]
    assert "changed since it was read" in tracked.shown[0]["text/plain"]


def test_what_is_read_before_tracking_is_switched_on_counts_too(cells, runs):
    cells.run(SETUP)
    cells.run("X.to_csv('x.csv', index=False); X = pd.read_csv('x.csv')")
    cells.run(f"%%mlops track trees\n{FIT}")
    # y is from there, still.
    named = [ref.partition("@")[0] for ref in runs()[0].data]
    assert named == ["sklearn.datasets.load_breast_cancer", "data:x.csv"]


def test_the_users_own_run_wins(tracked, runs, workspace):
    tracked.run(
        "import mlflow\nwith mlflow.start_run(run_name='by hand') as own:\n"
        f"    {FIT}    mlflow.log_metric('mine', 1)"
    )
    (run,) = runs()
    assert run.name == "by hand"
    assert run.metrics["mine"] == 1
    assert mlops.show(workspace, run.run_id).models


def test_a_tracked_cell_among_others(cells, runs):
    cells.run(SETUP)
    cells.run(FIT)
    cells.run(f"%%mlops track trees --name 'my forest'\n{FIT}")
    cells.run(FIT)
    (run,) = runs()
    assert run.name == "my forest"
    assert cells.shell.user_ns["forest"].n_estimators == 5


def test_a_cell_after_a_tracked_one_logs_to_its_run(cells, runs):
    cells.run(SETUP)
    cells.run(f"%%mlops track trees\n{FIT}")
    cells.run("%mlops log test_auc=0.5")
    (run,) = runs()
    assert run.metrics["test_auc"] == 0.5
    cells.run("%reload_ext mlops_jupyter")
    with pytest.raises(mlops.MlopsError, match="tracking is off"):
        cells.run("%mlops log test_auc=0.6")


def test_a_tracked_cell_raises_what_it_raises_with_one_traceback(cells, runs):
    cells.run(SETUP)
    with pytest.raises(ZeroDivisionError):
        cells.run(f"%%mlops track trees\n{FIT}\n1 / 0")
    assert cells.stdout.count("ZeroDivisionError: division by zero") == 1
    assert "mlops_jupyter" not in cells.stdout
    assert runs()[0].status == "FAILED"


def test_tracked_cells_inside_a_tracked_notebook(tracked, runs):
    tracked.run(f"%%mlops track other\n{FIT}")
    tracked.run(FIT)
    assert [run.experiment for run in runs()] == ["trees", "other"]


def test_off_means_off(tracked, runs):
    tracked.run("%mlops track --off")
    tracked.run(FIT)
    assert runs() == []


def test_an_unreachable_server_does_not_touch_the_cell(workspace, cells, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    state = cells.run("%mlops track trees")
    assert "does not answer" in state.notes[0]
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    cells.run(SETUP)
    cells.run(FIT)
    assert cells.shell.user_ns["forest"].n_estimators == 5
    (run,) = mlops.runs(workspace).runs  # the embedded store has it
    assert run.status == "FINISHED"


def test_the_privacy_setting_keeps_rows_out_of_the_model(workspace, cells, runs):
    toml = workspace.root / "mlops.toml"
    toml.write_text(toml.read_text().replace('examples = "local"', 'examples = "never"'))
    cells.run("%mlops track trees")
    cells.run(SETUP)
    cells.run(FIT)
    stored = list((workspace.root / ".mlops" / "artifacts").rglob("*input_example*"))
    assert stored == []
    assert runs()[0].model


def test_loading_twice_and_unloading_leaves_nothing_behind(cells, runs):
    import os
    import sys

    import mlflow
    import pandas as pd

    shell = cells.shell
    cells.run("%unload_ext mlops_jupyter")
    before = (
        list(sys.meta_path),
        {name: list(found) for name, found in shell.events.callbacks.items()},
        {kind: set(known) for kind, known in shell.magics_manager.magics.items()},
        dict(os.environ),
        pd.read_csv,
        mlflow.get_tracking_uri(),
    )
    cells.run("%load_ext mlops_jupyter")
    cells.run("%reload_ext mlops_jupyter")
    cells.run("%mlops track trees")
    cells.run(SETUP)
    cells.run(FIT)
    assert len(runs()) == 1
    cells.run("%unload_ext mlops_jupyter")
    after = (
        list(sys.meta_path),
        {name: list(found) for name, found in shell.events.callbacks.items()},
        {kind: set(known) for kind, known in shell.magics_manager.magics.items()},
        dict(os.environ),
        pd.read_csv,
        mlflow.get_tracking_uri(),
    )
    assert after == before
    cells.run(FIT)
    assert len(runs()) == 1
    assert not hasattr(shell, "mlops_face")


def test_autoreload_does_not_disturb(cells, runs):
    cells.run("%load_ext autoreload")
    cells.run("%autoreload 2")
    cells.run("%mlops track trees")
    cells.run(SETUP)
    cells.run(FIT)
    cells.run("%mlops runs")
    assert len(runs()) == 1


def test_json_in_a_notebook_is_plain_data(tracked):
    tracked.run(FIT)
    content = tracked.run("found = %mlops runs --json\nfound")
    assert json.loads(json.dumps(content))["kind"] == "runs"


def test_results_can_be_assigned(tracked):
    assert tracked.run("found = %mlops runs\nfound").kind == "runs"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("%mlops stats", "did you mean `%mlops status`"),
        ("%mlops runs --limit 0", "not in the range x>=1"),
        ("%mlops runs --experiment nothing", "no experiment 'nothing'"),
        ("%mlops show nothing", "no run 'nothing'"),
        ("%mlops log x", "NAME=VALUE"),
        ("%mlops log x=y --run last", "not a number"),
        ("%mlops log x=1", "tracking is off"),
        ("%%mlops runs\nx = 1", "takes no cell"),
        ("%%mlops track --off\nx = 1", "takes no cell"),
        ("%mlops drift $nothing a.csv", "no variable 'nothing'"),
    ],
)
def test_what_is_wrong_is_told_in_two_lines(cells, line: str, told: str):
    with pytest.raises(mlops.MlopsError) as caught:
        cells.run(line)
    assert told in str(caught.value)
    assert len(caught.value._render_traceback_()) <= 2
    assert "mlops_jupyter/" not in cells.stdout


def test_help_shows_no_out(cells):
    assert cells.run("%mlops --help") is None
    assert "Everyday" in cells.stdout
    assert cells.run("%mlops runs --help") is None


def test_without_a_workspace_every_verb_says_how_to_make_one(cells, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for line in ("runs", "status", "track x", "show last", "data versions", "run x.ipynb"):
        with pytest.raises(mlops.MlopsError, match="mlops init"):
            cells.run(f"%mlops {line}")


def test_switching_off_inside_a_cell_that_trained_ends_its_run(tracked, runs):
    tracked.run(FIT + "%mlops track --off")
    tracked.run("%mlops track trees")
    tracked.run(FIT)
    assert [run.status for run in runs()] == ["FINISHED", "FINISHED"]


def test_the_users_random_numbers_and_mlflow_are_as_they_were(cells):
    import mlflow

    cells.run(SETUP)
    before = mlflow.is_tracking_uri_set()
    value = cells.run("import random\nrandom.seed(1)\nrandom.random()")
    cells.run(f"%%mlops track trees\nrandom.seed(1)\n{FIT}after = random.random()")
    assert cells.shell.user_ns["after"] == value
    assert mlflow.is_tracking_uri_set() == before


def test_a_fit_that_no_run_could_be_made_for_is_said(tracked, workspace):
    import shutil

    tracked.run(FIT)
    shutil.rmtree(workspace.state_dir)
    tracked.run(FIT)
    assert tracked.shell.user_ns["forest"].n_estimators == 5
    assert "trained, but not tracked" in tracked.shown[0]["text/plain"]
