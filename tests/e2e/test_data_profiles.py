"""Profiles made by the real process in the background."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from mlops_jupyter import data
from mlops_jupyter.data.profile import store
from mlops_jupyter.data.profile.asking import profile_of
from mlops_jupyter.settings import ENV_PROFILES
from tests import kernels

PATIENCE_S = 90


@pytest.fixture(autouse=True)
def _in_the_background(monkeypatch, workspace):
    """As it is for users; no process outlives the test."""
    monkeypatch.setenv(ENV_PROFILES, "background")
    yield
    until(lambda: not jobs(workspace))


def jobs(workspace):
    """The processes that make profiles of this workspace."""
    found = {}
    for process in psutil.process_iter():
        try:
            words, parent = process.cmdline(), process.ppid()
        except psutil.Error:
            continue
        if "mlops_jupyter.data.profile.job" in words and str(workspace.root) in words:
            found[process.pid] = parent, process
    # One that starts git looks for a moment like two.
    return [process for parent, process in found.values() if parent not in found]


def until(true):
    began = time.monotonic()
    while not (found := true()):
        assert time.monotonic() - began < PATIENCE_S
        time.sleep(0.02)
    return found


def mlops(*words):
    done = subprocess.run(
        [sys.executable, "-m", "mlops_jupyter", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,  # it ends, and nobody else holds its pipes
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def write(workspace, name, rows=3):
    (workspace.root / "data").mkdir(exist_ok=True)
    lines = [f"{n},{n % 7}" for n in range(rows)]
    (workspace.root / "data" / name).write_text("\n".join(["a,b", *lines]))
    return f"data/{name}"


def test_a_shell_ends_and_the_profile_comes(workspace):
    mlops("data", "snapshot", write(workspace, "t.csv", 50))
    (version,) = data.versions(workspace).versions
    until(lambda: store.has(workspace, version.hash))
    assert "50" in mlops("data", "versions")
    assert "0 … 49" in mlops("data", "show", "t")
    assert (store.folder(workspace) / "log").read_text() == ""
    assert not store.work_folder(workspace).exists()


def test_many_at_once_are_one_process(workspace):
    paths = [write(workspace, f"{n}.csv", n + 1) for n in range(12)]
    most = 0
    made = data.snapshot(workspace, *paths)
    hashes = [version.hash for version in made.versions]

    def all_made():
        nonlocal most
        most = max(most, len(jobs(workspace)))
        return all(store.has(workspace, each) for each in hashes)

    until(all_made)
    assert most == 1
    assert [profile_of(workspace, version).rows for version in made.versions] == list(range(1, 13))


def test_one_that_was_killed_is_made_anew(workspace):
    version = data.snapshot(workspace, write(workspace, "t.csv", 200_000))
    job = until(lambda: jobs(workspace))[0]
    until(lambda: store.is_at_work(workspace))
    os.kill(job.pid, signal.SIGKILL)
    until(lambda: not jobs(workspace))
    assert not data.resolve(workspace, version.ref).profile_pending
    details = data.show(workspace, version.ref, wait=True)
    assert details.profile.rows == 200_000
    assert not store.work_folder(workspace).exists()


def test_a_kernel_may_end_at_once(workspace):
    path = write(workspace, "t.csv", 200_000)
    with kernels.started(workspace.root) as kernel:
        kernel.ok("%load_ext mlops_jupyter")
        kernel.ok(f"%mlops data snapshot {path}")
    (version,) = data.versions(workspace).versions
    assert profile_of(workspace, version, wait=PATIENCE_S).rows == 200_000


def test_the_snapshot_does_not_wait(workspace):
    version = data.snapshot(workspace, write(workspace, "t.csv", 300_000))
    assert not store.has(workspace, version.hash)
    assert profile_of(workspace, version, wait=PATIENCE_S).rows == 300_000

    until(lambda: not jobs(workspace))
    assert data.snapshot(workspace, "data/t.csv").unchanged
    assert jobs(workspace) == store.waiting(workspace) == []  # nothing is made twice


def test_where_nothing_can_be_written_the_snapshot_is_made_all_the_same(workspace):
    store.folder(workspace).parent.mkdir(exist_ok=True)
    store.folder(workspace).write_text("a file where the folder should be")
    assert data.snapshot(workspace, write(workspace, "t.csv")).version == 1
