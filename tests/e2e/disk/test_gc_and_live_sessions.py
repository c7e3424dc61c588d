"""A session that goes on while the disk is cleared."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import mlflow

import mlops_jupyter as mlops
from tests.e2e.disk.conftest import HOURS

LIVE = """
import sys, time
import mlops_jupyter as mlops
from pathlib import Path
while not Path("stop").exists():
    with mlops.track("live") as tracked:
        for step in range(20):
            mlops.log({"loss": 1.0}, step=step)
        mlops.log({"same": "x" * 1000, "own": str(time.time())})
    assert tracked.result.status == "FINISHED", tracked.result
    assert not tracked.result.not_captured, tracked.result
    print(tracked.result.run_id, flush=True)
"""


def test_a_live_session_does_not_notice(workspace, client, run, delete):
    """Everything looks old all the time, so that the clearing takes what it may."""
    deleted = [run(f"text {number}") for number in range(6)]
    with subprocess.Popen(
        [sys.executable, "-c", LIVE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as live:
        assert live.stdout.readline()
        for run_id in deleted:
            make_objects_old(workspace)
            delete(run_id)
            mlops.gc(workspace)
        Path("stop").touch()
        told, errors = live.communicate(timeout=120)
    assert live.returncode == 0, errors
    finished = mlops.runs(workspace, experiment="live", limit=1000).runs
    assert len(finished) >= len(told.split())
    for summary in finished:
        assert len(client.get_metric_history(summary.run_id, "loss")) == 20
        text = Path(client.download_artifacts(summary.run_id, "same.txt")).read_text()
        assert text == "x" * 1000
    assert {run_id for run_id in deleted if gone(client, run_id)} == set(deleted)


def make_objects_old(workspace):
    then = time.time() - 2 * HOURS
    for path in (workspace.state_dir / "objects").glob("*/*"):
        try:
            os.utime(path, (then, then))
        except FileNotFoundError:  # written and renamed in between
            continue


def gone(client, run_id):
    try:
        client.get_run(run_id)
    except mlflow.MlflowException:
        return True
    return False
