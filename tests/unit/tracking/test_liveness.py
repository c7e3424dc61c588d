"""Who is alive: locks that end with their process, whatever ends it, and with nothing else."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mlops_jupyter.settings import Settings
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.store import leases, liveness
from mlops_jupyter.workspace import Store, Workspace

# Signs, says so with its session's id, and lives until its standard input ends.
LIVES = """
import sys
from pathlib import Path
from mlops_jupyter.settings import Settings
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.store import liveness
from mlops_jupyter.workspace import Workspace
ws = Workspace(Path(sys.argv[1]), Settings())
session = liveness.sign(ws, ws.store)[tags.SESSION]
liveness.opened(ws, ws.store, "a run")
{more}
print(session, flush=True)
sys.stdin.read()
"""
# A worker of the kernel's that goes on for a minute after it.
WITH_A_WORKER = """
import os, time
if os.fork() == 0:
    time.sleep(60)
    os._exit(0)
"""
# A worker that is over at once, by the way that runs exit handlers.
WITH_A_FINISHED_WORKER = """
import os
worker = os.fork()
if worker == 0:
    sys.exit()
os.waitpid(worker, 0)
"""
WITH_A_SUBPROCESS = """
import subprocess
subprocess.Popen(["sleep", "60"], stdout=subprocess.DEVNULL, close_fds=False)
"""


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path, Settings())


@pytest.fixture
def start(ws):
    """Start a process that signs; its id, and its session's."""
    started = []

    def start(more: str = "", before: tuple[str, ...] = ()) -> tuple[subprocess.Popen[str], str]:
        words = [*before, sys.executable, "-c", LIVES.format(more=more), str(ws.root)]
        process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        started.append(process)
        assert process.stdout is not None
        return process, process.stdout.readline().strip()

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()


def dead(ws: Workspace) -> list[str]:
    return [session.uid for session in liveness.dead(ws, ws.store)]


def test_one_that_lives_is_not_dead_and_one_that_was_killed_is(ws, start):
    process, session = start()
    assert liveness.lives(ws, session)
    assert dead(ws) == []
    kill(process)
    assert not liveness.lives(ws, session)
    assert dead(ws) == [session]


def test_one_in_another_pid_namespace_lives(ws, start):
    apart = ("unshare", "--pid", "--fork", "--kill-child")
    try:
        subprocess.run([*apart, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no namespaces here: {error}")
    process, session = start(before=apart)
    assert session
    assert liveness.lives(ws, session)
    assert dead(ws) == []
    kill(process)  # takes its child with it
    deadline = datetime.now(UTC) + timedelta(seconds=10)
    while not dead(ws) and datetime.now(UTC) < deadline:
        pass
    assert dead(ws) == [session]


@pytest.mark.parametrize("more", [WITH_A_WORKER, WITH_A_SUBPROCESS])
def test_a_worker_that_outlives_its_kernel_does_not_keep_it_alive(ws, start, more):
    process, session = start(more)
    assert dead(ws) == []
    kill(process)
    assert dead(ws) == [session]


def test_a_worker_that_ends_does_not_take_its_kernel_along(ws, start):
    process, session = start(WITH_A_FINISHED_WORKER)
    assert liveness.lives(ws, session)
    assert dead(ws) == []
    kill(process)
    assert dead(ws) == [session]


def test_a_worker_that_makes_runs_has_a_session_of_its_own(ws, start):
    more = """
import os, time
heard, said = os.pipe()
if os.fork() == 0:
    liveness.sign(ws, ws.store)
    os.write(said, b"x")
    time.sleep(60)
os.read(heard, 1)
"""
    _, first = start(more)
    files = {path.stem for path in (ws.state_dir / "sessions").glob("*.lock")}
    assert len(files) == 2
    assert first in files
    assert dead(ws) == []


def test_the_same_session_for_all_runs_of_a_process_and_its_file_goes_with_it(ws):
    program = LIVES.format(more="liveness.ended('a run')") + "\n"
    done = subprocess.run(
        [sys.executable, "-c", program, str(ws.root)], input="", check=True, text=True,
        capture_output=True,
    )  # fmt: skip
    assert done.stdout.strip()
    assert list((ws.state_dir / "sessions").iterdir()) == []


def test_what_is_not_a_lock_file_of_ours_is_left_alone(ws):
    folder = ws.state_dir / "sessions"
    folder.mkdir(parents=True)
    (folder / "notes.lock").write_text("mine")
    (folder / "a folder.lock").mkdir()
    uid = "01a20d63-4a3a-7af3-bec0-77f175bbe6b2"
    os.mkfifo(folder / f"{uid}.lock")
    (folder / "01a20d63-4a3a-7af3-bec0-77f175bbe6b3.lock").symlink_to(folder / "notes.lock")
    assert [name for name in dead(ws) if name != uid] == []
    assert not liveness.lives(ws, "../../somewhere")


def test_a_session_with_another_store_is_for_who_opens_that(ws, start):
    process, session = start()
    kill(process)
    other = Store("sqlite:////elsewhere.db", "a test")
    assert list(liveness.dead(ws, other)) == []
    assert dead(ws) == [session]
    about = json.loads((ws.state_dir / "sessions" / f"{session}.lock").read_text())
    assert about["store"] == "embedded"


def test_where_locks_say_nothing_there_is_a_lease_and_nobody_is_judged(ws, monkeypatch):
    monkeypatch.setattr(liveness, "locks_hold", lambda _folder: False)
    try:
        signed = liveness.sign(ws, ws.store)
        assert not leases.expired(signed[tags.LEASE])
        assert list((ws.state_dir / "sessions").glob("*.lock")) == []
        left = ws.state_dir / "sessions" / "01a20d63-4a3a-7af3-bec0-77f175bbe6b2.lock"
        left.write_text("{}")
        assert dead(ws) == []
        assert not liveness.locks_decide(ws)
    finally:
        liveness._sessions.clear()


def test_on_a_server_there_is_a_lease_as_well(ws):
    server = Store("https://mlflow.invalid", "a test")
    try:
        signed = liveness.sign(ws, server)
        assert set(signed) == {tags.SESSION, tags.LEASE}
        assert liveness.lives(ws, signed[tags.SESSION])
    finally:
        for session in liveness._sessions.values():
            os.close(session.descriptor)
        liveness._sessions.clear()


@pytest.mark.parametrize(
    ("ago", "over"),
    [(timedelta(0), False), (leases.MARGIN - timedelta(minutes=1), False),
     (leases.MARGIN + timedelta(minutes=1), True)],
)  # fmt: skip
def test_a_lease_is_over_only_by_a_margin(ago, over):
    assert leases.expired((datetime.now(UTC) - ago).isoformat()) is over


@pytest.mark.parametrize("odd", ["", "soon", "2026-13-45", "2020-01-01T00:00:00", "\x00"])
def test_what_is_no_time_is_never_over(odd):
    assert not leases.expired(odd)
