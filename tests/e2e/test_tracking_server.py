"""A real MLflow server on this machine in place of the embedded store."""

import time

import pytest

import mlops_jupyter as mlops
from mlops_jupyter.errors import StoreUnavailable
from mlops_jupyter.tracking.store import waiting
from mlops_jupyter.tracking.transfer import courier
from tests.servers import Server

DATA = (
    "from sklearn.datasets import load_breast_cancer\n"
    "from sklearn.ensemble import RandomForestClassifier\n"
    "X, y = load_breast_cancer(return_X_y=True, as_frame=True)"
)


@pytest.fixture
def server(tmp_path):
    made = Server(tmp_path / "server")
    made.start()
    yield made
    made.kill()


def delivered(workspace):
    """Let the courier look, and wait until it has."""
    waited_for = courier.of(workspace, workspace.store)
    waited_for.wake()
    assert waited_for.wait(60)


def test_from_init_to_a_run_with_its_model(server, tmp_path, monkeypatch, cells):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.uri)
    made = mlops.init(tmp_path / "on a server")
    assert any("adopted" in step for step in made.done)
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    monkeypatch.chdir(tmp_path / "on a server")
    workspace = mlops.Workspace.find()
    assert workspace.store.uri == server.uri

    state = cells.run("%mlops track trees")
    assert (state.notes, state.store) == ([], server.uri)
    cells.run(DATA)
    cells.run("forest = RandomForestClassifier(3).fit(X, y)")
    assert (cells.stdout, cells.stderr) == ("", ""), "a link, or a bar"
    assert len(cells.shown) == 1
    cells.run("%mlops log test_auc=0.5")
    cells.run(
        "import mlflow\nwith mlflow.start_run(run_name='by hand'):\n    mlflow.log_metric('a', 1)"
    )
    delivered(workspace)

    by_hand, run = mlops.runs(workspace).runs
    assert (by_hand.name, by_hand.status, by_hand.metrics) == ("by hand", "FINISHED", {"a": 1.0})
    assert (run.status, run.metrics["test_auc"]) == ("FINISHED", 0.5)
    found = mlops.show(workspace, run.run_id)
    assert found.models[0].flavor == "RandomForestClassifier"
    # By the privacy setting: five rows of the data stay on this machine.
    stored = [path.name for path in (server.place / "artifacts").rglob("*")]
    assert "MLmodel" in stored
    assert not [name for name in stored if "input_example" in name]
    assert "input_example" not in "".join(
        path.read_text() for path in (server.place / "artifacts").rglob("MLmodel")
    )

    server.kill()
    start = time.monotonic()
    cells.run("forest = RandomForestClassifier(7).fit(X, y)")
    assert time.monotonic() - start < 20, "a cell waits for no server"
    assert "FINISHED" in cells.shown[0]["text/plain"]
    delivered(workspace)
    assert waiting.count(workspace) == 1
    assert mlops.status(workspace).waiting == 1
    with pytest.raises(StoreUnavailable, match="runs that wait here for it: 1"):
        mlops.runs(workspace)
    newest = mlops.runs(mlops.Workspace.find(store="local")).runs[0]
    assert mlops.sync(workspace, dry_run=True).waiting == [newest.name]

    server.start()
    cells.run("%mlops runs")  # the next contact
    delivered(workspace)
    newest, *others = mlops.runs(workspace).runs
    assert newest.params["n_estimators"] == "7"
    assert len(others) == 2
    assert mlops.sync(workspace).delivered == []
