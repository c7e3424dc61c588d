"""The notebooks that users of MLflow write, in real kernels: exactly the runs one would expect."""

import shutil
import textwrap
import threading

import pytest
from jupyter_core.utils import ensure_event_loop

import mlops_jupyter as mlops
from mlops_jupyter.tracking.store.relocation import relocate
from tests.kernels import started

SETUP = """
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.tree import DecisionTreeClassifier
X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
"""


@pytest.fixture(scope="module")
def place(_pristine_workspace, tmp_path_factory):
    """One workspace and one kernel for all: each notebook has an experiment of its own."""
    root = tmp_path_factory.mktemp("classic") / "project"
    shutil.copytree(_pristine_workspace, root, symlinks=True)
    workspace = mlops.Workspace.find(root)
    relocate(workspace)
    with started(root) as kernel:
        yield workspace, kernel


@pytest.fixture
def workspace(place, monkeypatch):
    monkeypatch.chdir(place[0].root)
    return place[0]


@pytest.fixture
def experiment(request):
    return request.node.name


@pytest.fixture
def kernel(place, experiment):
    _, kernel = place
    begin(kernel, experiment)
    return kernel


@pytest.fixture
def runs(workspace, experiment):
    return lambda: mlops.runs(workspace, experiment=experiment, limit=500, flat=True).runs


def begin(kernel, experiment):
    kernel.ok(f"%load_ext mlops_jupyter\n%mlops track {experiment}")
    kernel.ok(SETUP)


def test_fit_predict_score_and_plot_in_cells_of_their_own(kernel, runs, workspace):
    kernel.ok("model = DecisionTreeClassifier(max_depth=3, random_state=0).fit(X_train, y_train)")
    kernel.ok("predicted = model.predict(X_test)\nprobability = model.predict_proba(X_test)[:, 1]")
    kernel.ok("auc = roc_auc_score(y_test, probability)\naccuracy = model.score(X_test, y_test)")
    kernel.ok("%mlops log test_auc={auc}")
    assert runs()[0].metrics["test_auc"] > 0.8  # when the cell is over, for whoever looks
    kernel.ok(
        "import matplotlib.pyplot as plt\nfigure, axes = plt.subplots()\n"
        "axes.hist(probability)\n%mlops log $figure"
    )
    (run,) = runs()
    assert run.status == "FINISHED"
    assert run.metrics["test_auc"] > 0.8
    assert any("X_test" in name for name in run.metrics)  # MLflow's names: metric, then data
    shown = mlops.show(workspace, run.run_id)
    assert any(artifact.path.endswith(".png") for artifact in shown.artifacts)
    assert len(shown.models) == 1


def test_figures_of_later_cells_are_kept_with_the_model_they_show(kernel, runs, workspace):
    kernel.ok("import matplotlib.pyplot as plt\n%matplotlib inline")
    kernel.ok("first = DecisionTreeClassifier(max_depth=2, random_state=0).fit(X_train, y_train)")
    kernel.ok("second = DecisionTreeClassifier(max_depth=3, random_state=0).fit(X_train, y_train)")
    kernel.ok("scores = first.predict_proba(X_test)[:, 1]\nothers = X_test['mean area']")
    kernel.ok("plt.hist(others);")  # of no model
    kernel.ok("plt.hist(scores);")
    of_second, of_first = (mlops.show(workspace, run.run_id) for run in runs())
    figures = [each.path for each in of_first.artifacts if each.path.startswith("figures/")]
    assert len(figures) == 1
    assert figures[0].endswith("-1.png")
    assert not [each for each in of_second.artifacts if each.path.startswith("figures/")]


def test_a_cell_that_is_run_again(kernel, runs, workspace):
    for depth in (1, 2):
        kernel.ok(f"depth = {depth}")
        kernel.ok("tree = DecisionTreeClassifier(max_depth=depth).fit(X, y)")
    newest, first = runs()
    assert [run.params["max_depth"] for run in (first, newest)] == ["1", "2"]
    tags = mlops.show(workspace, newest.run_id).tags
    assert (tags["mlops.attempt"], tags["mlops.attempt_of"]) == ("2", first.uid)


def test_an_exception_then_the_mended_cell(kernel, runs, workspace):
    cell = "tree = DecisionTreeClassifier(max_depth=2).fit(X, y)\n"
    reply, _ = kernel.run(cell + "undefined")
    assert reply["ename"] == "NameError"
    kernel.ok(cell)
    newest, first = runs()
    assert [first.status, newest.status] == ["FAILED", "FINISHED"]
    assert "NameError" in mlops.show(workspace, first.run_id).error


def test_the_stop_button(kernel, runs):
    cell = (
        "tree = DecisionTreeClassifier(max_depth=2).fit(X, y)\n"
        "import time\nprint('now', flush=True)\ntime.sleep(60)"
    )
    reply, _ = kernel.run(cell, interrupt_at="now")
    assert reply["ename"] == "KeyboardInterrupt"
    assert [run.status for run in runs()] == ["KILLED"]


def test_a_loop_of_forty_fits(kernel, runs, workspace):
    kernel.ok(
        "for depth in range(1, 41):\n"
        "    DecisionTreeClassifier(max_depth=depth, random_state=0).fit(X_train, y_train)"
    )
    found = runs()
    children = [run for run in found if run.parent_run_id]
    assert len(found) == 41
    assert {run.status for run in found} == {"FINISHED"}
    assert sorted(int(run.params["max_depth"]) for run in children) == list(range(1, 41))
    assert sum(bool(mlops.show(workspace, run.run_id).models) for run in children) == 2


def test_a_grid_search_with_worker_processes(kernel, runs):
    kernel.ok(
        "search = GridSearchCV(DecisionTreeClassifier(random_state=0), "
        "{'max_depth': [1, 2, 3]}, cv=3, n_jobs=2).fit(X_train, y_train)"
    )
    found = runs()
    (top,) = [run for run in found if run.parent_run_id is None]
    assert top.model == "GridSearchCV"
    assert sorted(run.params["max_depth"] for run in found if run.parent_run_id) == ["1", "2", "3"]


def test_nested_runs_by_hand(kernel, runs):
    kernel.ok(
        "import mlflow\n"
        "with mlflow.start_run(run_name='all'):\n"
        "    for depth in (1, 2):\n"
        "        with mlflow.start_run(run_name=f'depth {depth}', nested=True):\n"
        "            DecisionTreeClassifier(max_depth=depth).fit(X_train, y_train)\n"
        "            mlflow.log_metric('by_hand', depth)"
    )
    found = {run.name: run for run in runs()}
    assert set(found) == {"all", "depth 1", "depth 2"}
    assert found["depth 2"].metrics["by_hand"] == 2
    assert found["depth 2"].parent_run_id == found["all"].run_id


def test_two_notebooks_at_once(workspace, experiment, runs):
    failures = []

    def notebook(name, depth):
        try:
            with started(workspace.root, f"{name}.ipynb") as kernel:
                begin(kernel, experiment)
                for _ in range(3):
                    kernel.ok(f"DecisionTreeClassifier(max_depth={depth}).fit(X, y);")
        except BaseException as error:
            failures.append(error)
            raise
        finally:
            ensure_event_loop().close()  # jupyter_client has made one for this thread

    threads = [threading.Thread(target=notebook, args=(f"n{d}", d)) for d in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    by_notebook = sorted((run.notebook, run.params["max_depth"], run.status) for run in runs())
    assert by_notebook == sorted(
        (f"n{d}.ipynb", str(d), "FINISHED") for d in (1, 2) for _ in range(3)
    )


def test_a_restarted_kernel(kernel, experiment, runs, workspace):
    kernel.ok("DecisionTreeClassifier(max_depth=1).fit(X, y);")
    kernel.restart()
    begin(kernel, experiment)
    kernel.ok("DecisionTreeClassifier(max_depth=1).fit(X, y);")
    newest, first = runs()
    assert {first.status, newest.status} == {"FINISHED"}
    assert mlops.show(workspace, newest.run_id).tags["mlops.attempt"] == "2"


def test_a_kernel_restarted_in_the_middle_of_a_cell(kernel, experiment, runs):
    asked = kernel.client.execute(
        "DecisionTreeClassifier(max_depth=1).fit(X, y)\nprint('fitted', flush=True)\n"
        "import time\ntime.sleep(60)"
    )
    while True:
        message = kernel.client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") == asked and message["msg_type"] == "stream":
            break
    kernel.restart()
    begin(kernel, experiment)
    assert [run.status for run in runs()] == ["KILLED"]


def test_a_script_by_run(kernel, runs, workspace):
    (workspace.root / "train.py").write_text(
        textwrap.dedent("""
        from sklearn.datasets import load_iris
        from sklearn.tree import DecisionTreeClassifier
        X, y = load_iris(return_X_y=True)
        tree = DecisionTreeClassifier(max_depth=2).fit(X, y)
        """)
    )
    kernel.ok("%run train.py")
    (run,) = runs()
    assert (run.status, run.params["max_depth"]) == ("FINISHED", "2")


def test_an_async_cell(kernel, runs):
    kernel.ok(
        "import asyncio\nawait asyncio.sleep(0.01)\n"
        "tree = DecisionTreeClassifier(max_depth=2).fit(X, y)\nawait asyncio.sleep(0.01)"
    )
    assert [run.status for run in runs()] == ["FINISHED"]


def test_joblib_workers_leave_the_notebooks_store_alone(kernel, runs):
    kernel.ok(
        "from joblib import Parallel, delayed\n"
        "def train(depth):\n"
        "    return DecisionTreeClassifier(max_depth=depth).fit(X, y).score(X, y)\n"
        "scores = Parallel(n_jobs=2)(delayed(train)(depth) for depth in (1, 2))"
    )
    assert runs() == []  # they are other processes
    kernel.ok("Parallel(n_jobs=2, prefer='threads')(delayed(train)(depth) for depth in (1, 2))")
    children = [run for run in runs() if run.parent_run_id]
    assert sorted(run.params["max_depth"] for run in children) == ["1", "2"]
