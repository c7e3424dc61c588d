"""Where locks say nothing (here: switched off), a lease decides, and only when it has run out."""

import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.store import leases, liveness, reaper
from mlops_jupyter.tracking.store.opening import client as open_client

LIVES = """
import sys
from datetime import timedelta
from pathlib import Path
from mlops_jupyter.tracking.store import leases, liveness
from mlops_jupyter.tracking.writer import open_run
from mlops_jupyter.workspace import Workspace
liveness.locks_hold = lambda _folder: False
leases.BEAT, leases.LENGTH = timedelta(seconds=0.2), timedelta(seconds=5)
run = open_run(Workspace.find(Path(sys.argv[1])), experiment="e", name="alive", run_kind="script")
print(run.run_id, flush=True)
sys.stdin.read()
run.finish()
"""


@pytest.fixture(autouse=True)
def _shared(monkeypatch):
    monkeypatch.setattr(liveness, "locks_hold", lambda _folder: False)
    monkeypatch.setattr(leases, "MARGIN", timedelta(seconds=2))
    monkeypatch.setattr(reaper, "LEASE_LOOK", timedelta(0))


@pytest.fixture
def other(workspace):
    process = subprocess.Popen(
        [sys.executable, "-c", LIVES, str(workspace.root)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    yield process
    process.kill()
    process.communicate()


def wait_for(workspace, run_id: str, status: str):
    """Ask again and again, as verbs do, until the run has a status."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        run = open_client(workspace).get_run(run_id)
        if run.info.status == status:
            return run
        time.sleep(0.2)
    raise AssertionError(run.info.status)


def test_a_lease_is_moved_on_judged_when_it_ran_out_and_taken_back_by_one_that_slept(
    workspace, other
):
    run_id = other.stdout.readline().strip()
    first = open_client(workspace).get_run(run_id).data.tags[tags.LEASE]
    time.sleep(8)  # longer than lease and margin
    run = open_client(workspace).get_run(run_id)
    assert run.info.status == "RUNNING"
    assert run.data.tags[tags.LEASE] > first

    other.send_signal(signal.SIGSTOP)  # the laptop's lid
    run = wait_for(workspace, run_id, "KILLED")
    assert run.data.tags[tags.ERROR] == leases.UNHEARD
    other.send_signal(signal.SIGCONT)
    run = wait_for(workspace, run_id, "RUNNING")
    assert tags.ERROR not in run.data.tags

    other.communicate("")
    assert wait_for(workspace, run_id, "FINISHED")


def test_odd_leases_and_those_of_others_end_nobody(workspace):
    opened = open_client(workspace)
    later = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    odd = ["soon", "2020-01-01T00:00:00", later, "9" * 400]
    runs = [opened.create_run("0", tags={tags.LEASE: lease}).info.run_id for lease in odd]
    runs.append(opened.create_run("0", tags={tags.LEASE: "", tags.SESSION: "../x"}).info.run_id)
    over = opened.create_run("0", tags={tags.LEASE: "2020-01-01T00:00:00+00:00"}).info.run_id
    statuses = [open_client(workspace).get_run(run_id).info.status for run_id in [*runs, over]]
    assert statuses == ["RUNNING"] * len(runs) + ["KILLED"]
