"""Kernels that die, many at once, and a full disk: what was finished is there, and is whole."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest
from jupyter_client.manager import start_new_kernel

import mlops_jupyter as mlops
from mlops_jupyter.tracking.store.opening import client as open_client
from mlops_jupyter.tracking.writer import open_run
from tests.dying import KILLED, moments, started


@pytest.fixture
def dying(workspace):
    with started("dying_runs", workspace.root) as ask:
        yield ask


def all_runs(workspace) -> dict:
    return {run.run_id: run for run in mlops.runs(workspace, limit=1000).runs}


def check(workspace) -> dict:
    """After the next verb no run is running, and nothing that was finished is missing."""
    found = all_runs(workspace)
    assert {run.status for run in found.values()} <= {"FINISHED", "KILLED"}
    told = workspace.root / "told"
    finished = told.read_text().split() if told.exists() else []
    assert [found[run_id].status for run_id in finished] == ["FINISHED"] * len(finished)
    return found


def check_whole(workspace) -> None:
    """What passes for whole is: the database, and each run that is finished with its model."""
    import mlflow
    from mlflow.entities import LoggedModelStatus

    with closing(sqlite3.connect(workspace.root / ".mlops" / "mlflow.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    client = mlflow.MlflowClient(tracking_uri=workspace.store.uri)
    experiment = client.get_experiment_by_name("deaths").experiment_id
    models = client.search_logged_models([experiment], max_results=1000)
    assert LoggedModelStatus.PENDING not in {model.status for model in models}
    ready = {m.source_run_id: m for m in models if m.status == LoggedModelStatus.READY}
    mlflow.set_tracking_uri(workspace.store.uri)
    for model in list(ready.values())[:: max(1, len(ready) // 10)]:
        assert mlflow.sklearn.load_model(model.artifact_location).tree_.max_depth == 2
    told = workspace.root / "told"
    for run_id in told.read_text().split() if told.exists() else []:
        assert run_id in ready
        assert client.get_run(run_id).data.params["max_depth"] == "2"
    open_client(workspace)  # a verb that writes
    assert list((workspace.root / ".mlops" / "sessions").glob("*.lock")) == []


@pytest.fixture(autouse=True)
def _tracking_uri_kept():
    import mlflow

    before = mlflow.get_tracking_uri() if mlflow.is_tracking_uri_set() else None
    yield
    mlflow.set_tracking_uri(before or "")


def die(workspace, dying, named_each: int, at_random: int) -> None:
    alive = dying()
    assert alive["ended"] == 0
    assert set(alive["passed"]) == {"commit", "copy", "rename", "write"}
    check(workspace)
    for point, hit in moments(alive["passed"], named_each):
        died = dying(point=point, hit=hit)
        assert died["ended"] in (KILLED, 0), (point, hit, died)
        check(workspace)
    chance = random.Random(0)
    for _ in range(at_random):
        dying(after_s=chance.uniform(0, alive["took"]))
        check(workspace)
    check_whole(workspace)
    assert "KILLED" in {run.status for run in all_runs(workspace).values()}


def test_kernels_that_are_killed_lose_nothing_that_was_finished(workspace, dying):
    die(workspace, dying, named_each=2, at_random=1)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_hundred_kernels_that_are_killed(workspace, dying):
    die(workspace, dying, named_each=13, at_random=48)


WRITES = """
import sys
from pathlib import Path
from mlops_jupyter.tracking.writer import open_run
from mlops_jupyter.workspace import Workspace
workspace = Workspace.find(Path(sys.argv[1]))
for n in range(int(sys.argv[2])):
    run = open_run(workspace, experiment="many", name=f"{sys.argv[3]}-{n}", run_kind="script")
    run.log_params({"n": n})
    run.log_metrics({"score": n / 10})
    (workspace.root / f"{sys.argv[3]}.txt").write_text(run.uid)
    run.log_artifact(workspace.root / f"{sys.argv[3]}.txt")
    run.finish()
"""


def write_at_once(workspace, processes: int, runs: int) -> None:
    words = [sys.executable, "-c", WRITES, str(workspace.root), str(runs)]
    started = [
        subprocess.Popen([*words, str(n)], stderr=subprocess.PIPE, text=True)
        for n in range(processes)
    ]
    ended = [(process.communicate()[1], process.returncode) for process in started]
    assert [code for _, code in ended] == [0] * processes, ended
    found = all_runs(workspace)
    assert {run.name for run in found.values()} == {
        f"{process}-{n}" for process in range(processes) for n in range(runs)
    }
    for run in found.values():
        assert (run.status, run.params["n"]) == ("FINISHED", run.name.partition("-")[2])
        assert run.metrics["score"] == int(run.params["n"]) / 10
        (stored,) = (workspace.root / ".mlops" / "artifacts").glob(f"*/{run.run_id}/artifacts/*")
        assert stored.read_text() == run.uid


def test_processes_that_write_into_one_store_at_once_all_get_through(workspace):
    write_at_once(workspace, 4, 10)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_eight_processes_times_fifty_runs_into_one_store(workspace):
    write_at_once(workspace, 8, 50)


# Opens a run, says so, and lives until its standard input ends.
LIVES = """
import sys
from pathlib import Path
from mlops_jupyter.tracking.writer import open_run
from mlops_jupyter.workspace import Workspace
run = open_run(Workspace.find(Path(sys.argv[1])), experiment="e", name="alive", run_kind="script")
print(run.run_id, flush=True)
sys.stdin.read()
run.finish()
"""


APART = ("unshare", "--pid", "--fork", "--kill-child")


def test_a_live_run_is_not_ended_also_in_another_pid_namespace(workspace):
    permitted = not subprocess.run([*APART, "true"], check=False, capture_output=True).returncode
    apart = APART if permitted else ()
    other = subprocess.Popen(
        [*apart, sys.executable, "-c", LIVES, str(workspace.root)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    run_id = other.stdout.readline().strip()
    assert all_runs(workspace)[run_id].status == "RUNNING"
    dead = subprocess.run(
        [sys.executable, "-c", f"import os\n{LIVES}".replace("print", "os.kill(os.getpid(), 9)#"),
         str(workspace.root)],
        check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert dead.returncode == KILLED
    statuses = {run.run_id == run_id: run.status for run in all_runs(workspace).values()}
    assert statuses == {True: "RUNNING", False: "KILLED"}
    other.communicate("")
    assert all_runs(workspace)[run_id].status == "FINISHED"


def test_the_runs_of_a_killed_kernel_end_when_it_was_last_heard_of(workspace):
    """With the children that MLflow makes of a search, and half a model; a second time nothing."""
    import mlflow

    program = (
        f"""
import os, sys, time
sys.stdin = open(os.devnull)
{LIVES}""".partition("print(")[0]
        + """
import mlflow
child = run.client.create_run(run.experiment_id, tags={"mlflow.parentRunId": run.run_id})
run.client.create_logged_model(run.experiment_id, "half", source_run_id=run.run_id)
run.client.log_metric(run.run_id, "loss", 1.0, timestamp=int(time.time() * 1000) + 500)
os.kill(os.getpid(), 9)
"""
    )
    words = [sys.executable, "-c", program, str(workspace.root)]
    assert subprocess.run(words, check=False).returncode == KILLED
    before = time.time()
    time.sleep(1)
    found = all_runs(workspace)
    assert [run.status for run in found.values()] == ["KILLED"] * 2
    (run,) = [run for run in found.values() if run.name == "alive"]
    assert run.ended.timestamp() < before + 0.6
    assert "kernel ended" in mlops.show(workspace, "alive").error
    client = mlflow.MlflowClient(tracking_uri=workspace.store.uri)
    (model,) = client.search_logged_models([client.get_run(run.run_id).info.experiment_id])
    assert model.status == "FAILED"
    assert all_runs(workspace) == found


CELL = """
%load_ext mlops_jupyter
%mlops track kernels
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier
X, y = load_iris(return_X_y=True)
"""


@pytest.fixture
def kernel(workspace):
    manager, client = start_new_kernel(cwd=str(workspace.root))
    try:
        client.execute_interactive(CELL, timeout=60, output_hook=lambda _message: None)
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


def test_a_kernel_killed_in_the_middle_of_a_cell_and_one_that_is_shut_down(workspace, kernel):
    manager, client = kernel
    fit = "DecisionTreeClassifier().fit(X, y)"
    client.execute_interactive(fit, timeout=60, output_hook=lambda _message: None)
    client.execute(f"{fit}\nimport time\nprint('trained', flush=True)\ntime.sleep(60)")
    while client.get_iopub_msg(timeout=60)["content"].get("text") != "trained\n":
        pass
    assert sorted(run.status for run in all_runs(workspace).values()) == ["FINISHED", "RUNNING"]
    os.kill(manager.provisioner.pid, signal.SIGKILL)
    manager.provisioner.process.wait()
    assert sorted(run.status for run in all_runs(workspace).values()) == ["FINISHED", "KILLED"]


def test_a_process_that_ends_with_a_run_open_ends_it(workspace):
    program = """
import mlops_jupyter as mlops
from mlops_jupyter.tracking.session import Session
session = Session(mlops.Workspace.find(), "e")
session.start()
session.begin(name="open")
session.run_to_log()
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=workspace.root)
    (path,) = [workspace.root / ".mlops" / "mlflow.db"]
    with closing(sqlite3.connect(path)) as connection:  # before any verb
        assert connection.execute("SELECT status FROM runs").fetchall() == [("KILLED",)]


@pytest.fixture
def small_disk(workspace, tmp_path):
    """The workspace on a disk of its own that has little room."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "none", str(place)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not permitted here")
    try:
        root = place / "project"
        subprocess.run(["cp", "-a", str(workspace.root), str(root)], check=True)
        yield mlops.Workspace.find(root)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


FULL_DISK = """
from pathlib import Path
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
def run(cell):
    result = shell.run_cell(cell)
    result.raise_error()
    return result.result
run('''%load_ext mlops_jupyter
%mlops track full
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier
X, y = load_iris(return_X_y=True)''')
run("DecisionTreeClassifier().fit(X, y).score(X, y)")
print("NOW FULL")
with open("ballast", "wb", buffering=0) as ballast:
    try:
        while True:
            ballast.write(b"x" * 4096)
    except OSError:
        pass
for n in range(2):
    assert run(f"{n} + DecisionTreeClassifier().fit(X, y).score(X, y)") == 1.0 + n
print("ROOM AGAIN")
Path("ballast").unlink()
run("DecisionTreeClassifier().fit(X, y)")
"""


def test_on_a_full_disk_the_cell_goes_on_and_says_so_once(small_disk):
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK], cwd=small_disk.root, capture_output=True, text=True,
        check=False, env={**os.environ, "IPYTHONDIR": str(small_disk.root.parent / "ipython")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    full = done.stdout.partition("NOW FULL")[2].partition("ROOM AGAIN")[0]
    assert full.count("database or disk is full") == 2  # once for each cell that trains
    assert "Traceback" not in done.stdout + done.stderr
    found = all_runs(small_disk)
    assert "RUNNING" not in {run.status for run in found.values()}
    first, last = sorted(found.values(), key=lambda r: r.started)[:: len(found) - 1]
    assert (first.status, last.status) == ("FINISHED", "FINISHED")
    assert mlops.show(small_disk, first.run_id).models


def test_on_a_full_disk_earlier_runs_stay_readable(small_disk):
    open_run(small_disk, experiment="e", name="of before").finish()
    with (small_disk.root / "ballast").open("wb", buffering=0) as ballast, pytest.raises(OSError):
        while True:
            ballast.write(b"x" * 4096)
    assert [run.name for run in all_runs(small_disk).values()] == ["of before"]
    assert mlops.show(small_disk, "of before").summary.status == "FINISHED"
    words = [sys.executable, "-m", "mlops_jupyter", "log", "x=1", "--run", "of before"]
    refused = subprocess.run(
        words, cwd=small_disk.root, check=False, capture_output=True, text=True
    )
    assert refused.returncode == mlops.errors.StoreUnavailable.exit_code, refused.stderr
    assert "full" in refused.stderr
