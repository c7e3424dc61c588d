"""Runs reach their server exactly once, whatever happens on the way."""

import contextlib
import signal
import socket
import threading
import time

import mlflow
import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from mlflow import MlflowClient
from nbformat.v4 import new_code_cell, new_notebook
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier

import mlops_jupyter as mlops
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.store import waiting
from mlops_jupyter.tracking.store.patience import PATIENCE
from mlops_jupyter.tracking.transfer import reading
from mlops_jupyter.tracking.transfer.delivery import deliver
from mlops_jupyter.tracking.transfer.merging import Target
from mlops_jupyter.tracking.transfer.privacy import Leaves
from mlops_jupyter.tracking.transfer.steps import Step
from tests import deliveries
from tests.servers import Server

pytestmark = pytest.mark.xdist_group("sync")  # one server is enough

ALL = Leaves(examples=True, outputs=True, source=True)
SETUP = """
%load_ext mlops_jupyter
%mlops track EXPERIMENT
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
X, y = load_breast_cancer(return_X_y=True, as_frame=True)
"""
CELL_WITHIN = 60  # seconds on a busy machine: one question to a silent server takes longer
FIT = "RandomForestClassifier(2).fit(X, y)"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Server(tmp_path_factory.mktemp("server"))
    made.start()
    yield made
    made.kill()


@pytest.fixture
def served(server, workspace, monkeypatch):
    """The workspace, whose runs go to the server."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.uri)
    return mlops.Workspace.find()


@pytest.fixture
def without_background(monkeypatch):
    """Nothing is delivered but by the test."""
    monkeypatch.setattr("mlops_jupyter.tracking.transfer.courier.Courier.wake", lambda self: None)


def train(experiment, fits=1):
    features, target = load_breast_cancer(return_X_y=True, as_frame=True)
    with mlops.track(experiment, name="forest") as tracked:
        for count in range(fits):
            RandomForestClassifier(count + 2, random_state=0).fit(features, target)
        mlops.log({"test_auc": 0.5}, step=1)
        mlops.log({"test_auc": 0.7}, step=2)
    return tracked.result


def there(server, experiment):
    client = MlflowClient(server.uri)
    found = client.get_experiment_by_name(experiment)
    return client.search_runs([found.experiment_id]) if found else []


def digest(uri, run_id):
    with reading.described(MlflowClient(uri), run_id, ALL) as whole:
        return whole.description.digest


SOME_STEPS = [Step.CREATED, Step.METRICS, Step.MODEL_CREATED, Step.MODEL_FILE, Step.ENDED]


@pytest.mark.parametrize(
    "steps", [SOME_STEPS, pytest.param(list(Step), marks=pytest.mark.slow)], ids=["some", "all"]
)
def test_a_delivery_killed_after_a_step_ends_with_the_run_once_and_whole(
    server, served, without_background, steps
):
    name = f"killed {len(steps)} times"
    made = train(name)
    local = MlflowClient(served.embedded_store.uri)
    local.log_text(made.run_id, "x" * 10_000, "notes/a.txt")
    for step in steps:
        process = deliveries.start(served.root, server.uri, die_after=step)
        process.join(60)
        # A step that is over is not taken again; then the process lives to the end.
        assert process.exitcode in {-signal.SIGKILL, 0}
    assert mlops.sync(served).failed == []
    (run,) = there(server, name)
    assert digest(server.uri, run.info.run_id) == digest(served.embedded_store.uri, made.run_id)
    assert [p.value for p in MlflowClient(server.uri).get_metric_history(
        run.info.run_id, "test_auc")] == [0.5, 0.7]  # fmt: skip
    (model,) = reading.models_of(MlflowClient(server.uri), run)
    mlflow.set_tracking_uri(server.uri)
    try:
        assert mlflow.sklearn.load_model(model.model_uri).n_estimators == 2
    finally:
        mlflow.set_tracking_uri(None)
    assert waiting.count(served) == 0


def test_steps_are_all_taken_one_after_the_other(server, served, without_background):
    train("steps")
    taken = []
    deliver(served, served.store, steps=taken.append)
    assert set(taken) == set(Step) - {Step.FILE} or set(taken) == set(Step)


def test_two_processes_at_once_deliver_each_run_once(server, served, without_background):
    train("together", fits=3)
    processes = [deliveries.start(served.root, server.uri) for _ in range(2)]
    for process in processes:
        process.join(120)
        assert process.exitcode == 0
    runs = there(server, "together")
    assert len(runs) == 4
    (parent,) = [run for run in runs if run.info.run_name == "forest"]
    children = {run.data.tags.get(tags.PARENT) for run in runs if run is not parent}
    assert children == {parent.info.run_id}


def test_a_creation_whose_answer_was_lost_leaves_one_run(server, served, without_background):
    made = train("lost answer")
    # Twice, as by a request that was repeated because its answer did not come.
    target = Target(served, served.store)
    started = MlflowClient(served.embedded_store.uri).get_run(made.run_id).info.start_time
    for _ in range(2):
        target.client.create_run(
            target.experiment_id("lost answer"),
            start_time=started,
            tags={tags.UID: made.uid, tags.ORIGIN_ID: made.run_id},
            run_name="forest",
        )
    assert mlops.sync(served).delivered == ["forest"]
    (run,) = there(server, "lost answer")
    assert digest(server.uri, run.info.run_id) == digest(served.embedded_store.uri, made.run_id)


def test_what_is_added_later_follows_and_what_was_edited_there_stays(
    server, served, without_background
):
    made = train("later")
    mlops.sync(served)
    (run,) = there(server, "later")
    remote, local = MlflowClient(server.uri), MlflowClient(served.embedded_store.uri)
    remote.set_tag(run.info.run_id, "reviewed", "yes")
    assert mlops.sync(served).already == 1
    local.log_metric(made.run_id, "test_auc", 0.9, step=3)
    local.log_text(made.run_id, "more", "more.txt")
    assert mlops.sync(served).delivered == ["forest"]
    (run,) = there(server, "later")
    assert run.data.metrics["test_auc"] == 0.9
    assert run.data.tags["reviewed"] == "yes"
    assert "more.txt" in [entry.path for entry in remote.list_artifacts(run.info.run_id)]


def test_a_run_that_was_deleted_on_the_server_does_not_come_back(
    server, served, without_background
):
    made = train("deleted")
    mlops.sync(served)
    (run,) = there(server, "deleted")
    MlflowClient(server.uri).delete_run(run.info.run_id)
    MlflowClient(served.embedded_store.uri).set_tag(made.run_id, "note", "x")
    mlops.sync(served)
    assert there(server, "deleted") == []


def test_grid_search_children_and_runs_by_hand_are_delivered(server, served, cells):
    cells.run("%load_ext mlops_jupyter\n" + SETUP.replace("EXPERIMENT", "searched"))
    cells.run(
        "from sklearn.model_selection import GridSearchCV\n"
        "GridSearchCV(RandomForestClassifier(), {'n_estimators': [2, 3]}, cv=2).fit(X, y)"
    )
    mlops.sync(served)
    local = MlflowClient(served.embedded_store.uri)
    here = local.search_runs([local.get_experiment_by_name("searched").experiment_id])
    assert len(there(server, "searched")) == len(here) == 3


@pytest.fixture
def silent():
    """The address of a server that accepts and never answers, and the questions it was asked."""
    accepted = []

    def accept():
        with contextlib.suppress(OSError):
            while True:
                accepted.append(listening.accept()[0])

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=accept)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", accepted
        listening.shutdown(socket.SHUT_RDWR)  # wakes the thread
        thread.join()
    for connection in accepted:
        connection.close()


def test_a_server_that_accepts_and_never_answers_holds_no_cell(
    silent, workspace, monkeypatch, cells
):
    uri, accepted = silent
    monkeypatch.setitem(PATIENCE, "MLFLOW_HTTP_REQUEST_TIMEOUT", "100")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    cells.run(SETUP.replace("EXPERIMENT", "silent"))
    cells.run("RandomForestClassifier(2).fit(X, y)")  # MLflow's own first time
    for _ in range(3):
        start = time.monotonic()
        cells.run("RandomForestClassifier(2).fit(X, y)")
        assert time.monotonic() - start < CELL_WITHIN
        assert "FINISHED" in cells.shown[0]["text/plain"]
    for _ in range(3):  # each cell a session of its own
        start = time.monotonic()
        cells.run("%%mlops track silent\nRandomForestClassifier(2).fit(X, y)")
        assert time.monotonic() - start < CELL_WITHIN
    assert waiting.count(mlops.Workspace.find()) == 7
    assert accepted, "somebody asked"


@pytest.mark.slow
def test_a_server_killed_in_mid_session_and_two_kernels(tmp_path, workspace, monkeypatch):
    server = Server(tmp_path / "mortal")
    server.start()
    try:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", server.uri)
        kernels = [start_new_kernel(cwd=str(workspace.root)) for _ in range(2)]
        try:
            for _, client in kernels:
                run(client, SETUP.replace("EXPERIMENT", "mortal"))
                run(client, "RandomForestClassifier(2).fit(X, y)")
            server.kill()
            for _, client in kernels:
                run(client, "RandomForestClassifier(3).fit(X, y)")
            server.start()
            for _, client in kernels:  # the next contact of both, at once
                client.execute("RandomForestClassifier(4).fit(X, y)")
        finally:
            for manager, client in kernels:
                client.stop_channels()
                manager.shutdown_kernel()  # politely: what is on its way gets a moment
                manager.cleanup_resources()
        mlops.sync(mlops.Workspace.find())
        runs = there(server, "mortal")
        assert sorted(run.data.params["n_estimators"] for run in runs)[:4] == ["2", "2", "3", "3"]
        assert len({run.data.tags[tags.UID] for run in runs}) == len(runs)
        assert waiting.count(mlops.Workspace.find()) == 0
    finally:
        server.kill()


def run(client, source):
    reply = client.execute_interactive(source, timeout=120, output_hook=lambda _message: None)
    assert reply["content"]["status"] == "ok", reply["content"]


def notebook(path, *sources):
    cells = [new_code_cell(source) for source in sources]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": spec}), path)


def test_a_notebook_s_run_and_those_of_its_cells_end_on_the_server(server, served, monkeypatch):
    notebook("a.ipynb", SETUP.replace("EXPERIMENT", "cells"), FIT, "%mlops log auc=0.5")
    done = mlops.run(served, "a.ipynb")
    assert done.kept_here is None
    (above,) = there(server, "a")
    (child,) = there(server, "cells")
    assert (above.info.status, child.info.status) == ("FINISHED", "FINISHED")
    assert child.data.tags[tags.PARENT] == above.info.run_id
    logged = {k: v for k, v in above.data.metrics.items() if not k.startswith("system/")}
    assert logged == {"auc": 0.5}
    assert mlops.show(served, done.run_id[:8]).summary.run_id == above.info.run_id

    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port}")
    notebook("b.ipynb", "1")
    kept = mlops.run(mlops.Workspace.find(), "b.ipynb")
    assert "does not answer" in kept.kept_here
    assert "mlops sync" in kept.to_text()


def test_metrics_go_to_the_run_here_by_whatever_id_and_follow(server, served, without_background):
    made = train("named")
    mlops.sync(served)
    (run,) = there(server, "named")
    mlops.log({"late": 0.25}, run=made.run_id[:8], workspace=served)
    assert waiting.count(served) == 1
    mlops.sync(served)
    (run,) = there(server, "named")
    assert run.data.metrics["late"] == 0.25
