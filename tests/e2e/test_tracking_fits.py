"""The classic ways of training in a notebook, each with exactly the runs a person would expect."""

import pytest

import mlops_jupyter as mlops

SETUP = """
import warnings
import numpy as np
from concurrent.futures import ThreadPoolExecutor
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier
X, y = load_iris(return_X_y=True, as_frame=True)
def tree(depth):
    return DecisionTreeClassifier(max_depth=depth, random_state=0)
"""


@pytest.fixture
def runs(workspace):
    return lambda: mlops.runs(workspace, limit=200, flat=True).runs


@pytest.fixture
def tracked(cells):
    cells.run("%mlops track fits")
    cells.run(SETUP)
    return cells


def line(cells):
    return next(text for text in (d.get("text/plain", "") for d in cells.shown) if "run:" in text)


def test_a_forked_pool_trains_as_without_tracking(tracked):
    tracked.run("import multiprocessing; tree(1).fit(X, y)")
    tracked.run(
        "def depth(of):\n"
        "    return tree(of).fit(X, y).get_depth()\n"
        "with multiprocessing.get_context('fork').Pool(2) as pool:\n"
        "    depths = pool.map_async(depth, [1, 2]).get(timeout=20)"
    )
    assert tracked.run("depths") == [1, 2]


class TestThreads:
    def test_fits_in_several_threads_are_all_runs(self, tracked, runs):
        tracked.run(
            "with ThreadPoolExecutor(4) as pool:\n"
            "    trained = list(pool.map(lambda d: tree(d).fit(X, y), range(1, 9)))"
        )
        parents = [run for run in runs() if run.parent_run_id is None]
        children = [run for run in runs() if run.parent_run_id]
        assert len(parents) == 1
        assert sorted(run.params["max_depth"] for run in children) == [str(d) for d in range(1, 9)]
        assert {run.status for run in runs()} == {"FINISHED"}
        assert all(run.metrics["training_score"] > 0.5 for run in children)

    def test_an_executor_kept_across_cells_writes_to_no_earlier_run(self, tracked, runs):
        tracked.run("pool = ThreadPoolExecutor(1); pool.submit(tree(1).fit, X, y).result()")
        tracked.run("pool.submit(tree(2).fit, X, y).result()")
        tracked.run("tree(3).fit(X, y); pool.shutdown()")
        assert sorted(run.params["max_depth"] for run in runs()) == ["1", "2", "3"]
        assert {run.parent_run_id for run in runs()} == {None}

    def test_a_thread_that_outlives_its_cell_is_a_run_of_its_own(self, tracked, runs):
        tracked.run(
            "import threading, time\n"
            "def later():\n    time.sleep(0.5); tree(2).fit(X, y)\n"
            "thread = threading.Thread(target=later); thread.start()"
        )
        tracked.shell.user_ns["thread"].join()
        (run,) = runs()
        assert (run.status, run.params["max_depth"]) == ("FINISHED", "2")

    def test_threads_inside_a_search_are_no_fits_of_the_user(self, tracked, runs):
        tracked.run(
            "import joblib\n"
            "with joblib.parallel_backend('threading', n_jobs=2):\n"
            "    GridSearchCV(tree(3), {'max_depth': [1, 2]}, cv=3).fit(X, y)"
        )
        assert len([run for run in runs() if run.parent_run_id is None]) == 1
        assert len([run for run in runs() if run.parent_run_id]) == 2


class TestSearchesAndFolds:
    def test_the_first_search_with_worker_processes(self, tracked, runs):
        tracked.run("GridSearchCV(tree(3), {'max_depth': [1, 2, 3]}, cv=3, n_jobs=2).fit(X, y)")
        assert "not captured" not in line(tracked)
        assert len([run for run in runs() if run.parent_run_id]) == 3

    def test_folds_of_a_cross_validation_are_no_runs(self, tracked, runs):
        tracked.run("cross_val_score(tree(2), X, y, cv=3)")
        assert runs() == []


class TestErrors:
    def test_a_fit_that_fails_in_the_users_own_try_is_failed(self, tracked, runs, workspace):
        tracked.run(
            "for depth in (1, -1, 2):\n"
            "    try:\n        tree(depth).fit(X, y)\n"
            "    except ValueError:\n        pass"
        )
        children = {run.params["max_depth"]: run for run in runs() if run.parent_run_id}
        assert {key: run.status for key, run in children.items()} == {
            "1": "FINISHED", "-1": "FAILED", "2": "FINISHED",
        }  # fmt: skip
        assert "max_depth" in mlops.show(workspace, children["-1"].run_id).error

    def test_what_a_repr_raises_is_seen_in_a_tracked_cell(self, cells):
        with pytest.raises(NameError):
            cells.run("%%mlops track fits\nundefined_name")

    def test_a_tracked_cell_may_await(self, cells, runs):
        cells.run(SETUP)
        cells.run(
            "%%mlops track fits --name waited\n"
            "import asyncio\nawait asyncio.sleep(0.01)\nmodel = tree(2).fit(X, y)\n"
            "await asyncio.sleep(0.01)"
        )
        (run,) = runs()
        assert (run.name, run.status) == ("waited", "FINISHED")

    def test_an_async_cell_of_a_tracked_notebook(self, tracked, runs):
        tracked.run(
            "import asyncio\nasync def train(d):\n    await asyncio.sleep(0.01)\n"
            "    return tree(d).fit(X, y)\n"
            "models = await asyncio.gather(train(1), train(2))"
        )
        assert len([run for run in runs() if run.parent_run_id]) == 2


class TestTrackedCellsInATrackedNotebook:
    def test_go_to_its_experiment_unless_they_name_one(self, tracked, runs):
        tracked.run("%%mlops track --name named\ntree(1).fit(X, y)")
        tracked.run("%%mlops track other\ntree(2).fit(X, y)")
        assert {run.params["max_depth"]: run.experiment for run in runs()} == {
            "1": "fits", "2": "other",
        }  # fmt: skip


class TestAttempts:
    def test_the_same_cell_again_is_a_new_attempt_linked_to_the_first(
        self, tracked, runs, workspace
    ):
        for _ in range(3):
            tracked.run("tree(2).fit(X, y)")
        assert "attempt 3" in line(tracked)
        tags = [mlops.show(workspace, run.run_id).tags for run in reversed(runs())]
        assert [t["mlops.attempt"] for t in tags] == ["1", "2", "3"]
        assert {t["mlops.attempt_of"] for t in tags} == {tags[0]["mlops.uid"]}

    def test_attempts_are_counted_across_kernels(self, tracked, runs):
        tracked.run("tree(2).fit(X, y)")
        tracked.run("%mlops track --off")
        tracked.run("%mlops track fits")
        tracked.run("tree(2).fit(X, y)")
        assert "attempt 2" in line(tracked)

    def test_another_cell_is_no_attempt(self, tracked):
        tracked.run("tree(2).fit(X, y)")
        tracked.run("tree(3).fit(X, y)")
        assert "attempt" not in line(tracked)


class TestOneRunForTheNotebook:
    def test_holds_all_others_until_off(self, cells, runs, workspace):
        cells.run("%mlops track fits --notebook --name whole")
        cells.run(SETUP)
        cells.run("%mlops log before=1")
        cells.run("tree(1).fit(X, y)")
        cells.run("%%mlops track other\ntree(2).fit(X, y)")
        cells.run("tree(3).fit(X, y)")
        whole = next(run for run in runs() if run.name == "whole")
        assert (whole.status, whole.metrics) == ("RUNNING", {"before": 1.0})
        cells.run("%mlops track --off")
        children = [run for run in runs() if run.parent_run_id == whole.run_id]
        assert sorted(run.params["max_depth"] for run in children) == ["1", "3"]
        assert mlops.show(workspace, whole.run_id).summary.status == "FINISHED"


class TestBlocksInANotebook:
    def test_a_block_inside_a_tracked_notebook_and_what_follows(self, tracked, runs):
        tracked.run(
            "import mlops_jupyter as mlops\n"
            "with mlops.track('inner', name='block'):\n    tree(1).fit(X, y)"
        )
        tracked.run("tree(2).fit(X, y)")
        found = [(run.experiment, run.params["max_depth"]) for run in runs()]
        assert sorted(found) == [("fits", "2"), ("inner", "1")]


class TestManyModels:
    def test_the_best_and_the_last_are_kept(self, tracked, runs, workspace):
        tracked.run("for depth in (1, 5, 2, 1):\n    tree(depth).fit(X, y)")
        children = [run for run in runs() if run.parent_run_id]
        assert len(children) == 4
        with_model = [
            run.params["max_depth"]
            for run in reversed(children)
            if mlops.show(workspace, run.run_id).models
        ]
        assert with_model == ["5", "1"]
        assert len(list(workspace.artifacts_dir.glob("*/models/m-*/artifacts"))) == 2

    def test_a_score_in_the_loop_says_which_is_best(self, tracked, runs, workspace):
        tracked.run(
            "for depth, value in ((1, 0.9), (5, 0.1), (2, 0.2), (3, 0.3)):\n"
            "    tree(depth).fit(X, y)\n"
            "    get_ipython().run_line_magic('mlops', f'log test_auc={value}')"
        )
        children = [run for run in runs() if run.parent_run_id]
        kept = [r.params["max_depth"] for r in children if mlops.show(workspace, r.run_id).models]
        assert sorted(kept) == ["1", "3"]

    def test_the_line_tells_the_best_not_the_last(self, tracked):
        tracked.run("for depth in (1, 5, 2):\n    tree(depth).fit(X, y)")
        assert "best training_roc_auc 1 (DecisionTreeClassifier-2)" in line(tracked)

    def test_all_on_demand(self, cells, runs, workspace):
        cells.run("%mlops track fits --keep-models all")
        cells.run(SETUP)
        cells.run("for depth in (1, 2, 3):\n    tree(depth).fit(X, y)")
        children = [run for run in runs() if run.parent_run_id]
        assert all(mlops.show(workspace, run.run_id).models for run in children)

    def test_a_registered_model_stays(self, tracked, runs, workspace):
        tracked.run(
            "import mlflow\n"
            "for depth in (1, 5, 2, 3):\n"
            "    tree(depth).fit(X, y)\n"
            "    if depth == 1:\n"
            "        model_id = mlflow.last_logged_model().model_id if hasattr(mlflow, 'last_logged_model') else mlflow.search_logged_models(output_format='list')[0].model_id\n"  # noqa: E501
            "        mlflow.register_model(f'models:/{model_id}', 'kept')"
        )
        kept = [run.params["max_depth"] for run in runs() if run.parent_run_id
                and mlops.show(workspace, run.run_id).models]  # fmt: skip
        assert "1" in kept


class TestTheUsersOwnMlflow:
    def test_what_surrounds_a_run_and_its_data_go_into_the_users_run(
        self, tracked, runs, workspace
    ):
        tracked.run(
            "import mlflow\n"
            "with mlflow.start_run(run_name='mine'):\n    tree(1).fit(X, y)\n"
            "tree(2).fit(X, y)"
        )
        shown = mlops.show(workspace, "mine")
        assert shown.code.cell.startswith("import mlflow")
        assert {"X", "y"} <= {entry.name for entry in shown.inputs}
        assert len(shown.models) == 1
        assert sorted(run.params["max_depth"] for run in runs()) == ["1", "2"]

    def test_nested_runs_by_hand_are_the_users(self, tracked, runs):
        tracked.run(
            "import mlflow\n"
            "with mlflow.start_run(run_name='mine'):\n"
            "    for depth in (1, 2):\n"
            "        with mlflow.start_run(run_name=f'inner-{depth}', nested=True):\n"
            "            tree(depth).fit(X, y)"
        )
        assert sorted(run.name for run in runs()) == ["inner-1", "inner-2", "mine"]
        assert "inner-2" in line(tracked)

    def test_a_run_left_open_is_said_to_be_open(self, tracked):
        tracked.run("import mlflow\nmlflow.start_run(run_name='mine')\ntree(1).fit(X, y)")
        assert "RUNNING" in line(tracked)
        tracked.run("mlflow.end_run()")

    def test_a_store_set_by_mlflow_is_followed(self, tracked, workspace, tmp_path, monkeypatch):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", "")  # put back afterwards: MLflow sets it
        uri = f"sqlite:///{tmp_path / 'mine.db'}"
        tracked.run(f"import mlflow\nmlflow.set_tracking_uri({uri!r})\ntree(2).fit(X, y)")
        assert mlops.runs(mlops.Workspace.find(store="local")).runs == []
        there = mlops.Workspace.find(store=uri)
        assert [run.params["max_depth"] for run in mlops.runs(there).runs] == ["2"]

    def test_what_only_the_environment_said_stays_there_alone(self, cells, tmp_path, monkeypatch):
        import mlflow

        mlflow.MlflowClient(first := f"sqlite:///{tmp_path / 'first.db'}").search_experiments()
        monkeypatch.setenv("MLFLOW_TRACKING_URI", first)
        cells.run("%mlops track fits")
        cells.run(SETUP)
        cells.run("tree(1).fit(X, y)")
        cells.run("%mlops track --off")
        assert mlflow.get_tracking_uri() == first
        monkeypatch.setenv("MLFLOW_TRACKING_URI", second := f"sqlite:///{tmp_path / 'second.db'}")
        assert mlflow.get_tracking_uri() == second

    def test_autologging_switched_off_is_said(self, tracked, runs):
        tracked.run("import mlflow\nmlflow.sklearn.autolog(disable=True)")
        tracked.run("tree(1).fit(X, y)")
        assert runs() == []
        state = tracked.run("%mlops track")
        assert "switched off" in str(state)


class TestTheCellDoesNotWait:
    def test_for_training_metrics_of_a_lazy_learner(self, tracked, runs):
        tracked.run(
            "rng = np.random.default_rng(0)\n"
            "X_big, y_big = rng.normal(size=(30_000, 20)), rng.integers(0, 2, 30_000)\n"
            "asked = []\n"
            "class Lazy(KNeighborsClassifier):\n"
            "    def predict(self, rows):\n"
            "        asked.append(len(rows))\n"
            "        return super().predict(rows)"
        )
        tracked.run("Lazy(algorithm='brute').fit(X_big, y_big)")
        assert "training metrics" in line(tracked)
        assert runs()[0].params["algorithm"] == "brute"
        assert 0 < sum(tracked.run("asked")) < 30_000, "but for a few of them no row is predicted"

    def test_quiet_shows_no_line(self, cells, runs):
        cells.run("%mlops track fits --quiet")
        cells.run(SETUP)
        cells.run("tree(1).fit(X, y);")
        assert len(runs()) == 1
        assert [d for d in cells.shown if "run:" in d.get("text/plain", "")] == []
