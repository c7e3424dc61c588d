"""A real MLflow server on this machine in place of the embedded store."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

import mlops_jupyter as mlops

STARTED_WITHIN = 90


@pytest.fixture
def server(tmp_path):
    """The server's URI, and how to kill it."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    place = tmp_path / "server"
    place.mkdir()
    words = [
        *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)),
        *("--backend-store-uri", f"sqlite:///{place}/store.db", "--workers", "1"),
        *("--artifacts-destination", str(place / "artifacts")),
    ]
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(
            words, cwd=place, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
    uri = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + STARTED_WITHIN
        while True:
            try:
                with urllib.request.urlopen(f"{uri}/health", timeout=2):
                    break
            except (urllib.error.URLError, OSError):
                assert process.poll() is None, (place / "log").read_text()
                assert time.monotonic() < deadline, (place / "log").read_text()
                time.sleep(0.3)
        yield uri, lambda: os.killpg(process.pid, 9)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 15)  # its workers too: the group is its own
        process.wait(30)


def test_from_init_to_a_run_with_its_model(server, tmp_path, monkeypatch, cells):
    uri, kill = server
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    made = mlops.init(tmp_path / "on a server")
    assert any("adopted" in step for step in made.done)
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    monkeypatch.chdir(tmp_path / "on a server")
    workspace = mlops.Workspace.find()
    assert workspace.store.uri == uri

    state = cells.run("%mlops track trees")
    assert state.notes == []
    cells.run(
        "from sklearn.datasets import load_breast_cancer\n"
        "from sklearn.ensemble import RandomForestClassifier\n"
        "X, y = load_breast_cancer(return_X_y=True, as_frame=True)"
    )
    cells.run("forest = RandomForestClassifier(3).fit(X, y)")
    assert (cells.stdout, cells.stderr) == ("", ""), "a link, or a bar"
    assert len(cells.shown) == 1
    cells.run("%mlops log test_auc=0.5")

    (run,) = mlops.runs(workspace).runs
    assert (run.status, run.metrics["test_auc"]) == ("FINISHED", 0.5)
    found = mlops.show(workspace, run.run_id)
    assert found.models[0].flavor == "RandomForestClassifier"
    # By the privacy setting: five rows of the data stay on this machine.
    stored = [path.name for path in (tmp_path / "server" / "artifacts").rglob("*")]
    assert "MLmodel" in stored
    assert not [name for name in stored if "input_example" in name]
    assert not (workspace.state_dir / "mlflow.db").exists()

    kill()
    start = time.monotonic()
    cells.run("forest = RandomForestClassifier(7).fit(X, y)")
    assert time.monotonic() - start < 60, "not MLflow's quarter of an hour"
    assert cells.shell.user_ns["forest"].n_estimators == 7
    assert "trained, but not tracked" in cells.shown[0]["text/plain"]
