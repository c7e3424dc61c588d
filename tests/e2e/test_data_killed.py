"""Snapshots that are killed: nothing is half there, and again makes it whole."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from mlops_jupyter import git
from mlops_jupyter.data import snapshot
from mlops_jupyter.data.cache import dvc_store
from mlops_jupyter.data.catalog.contents import files_of
from mlops_jupyter.data.catalog.history import read
from tests.dying_snapshots import take

ROOT = Path(__file__).parents[2]


class Dying:
    """See `tests.dying_snapshots`."""

    def __init__(self, workspace) -> None:
        self._ws = workspace
        self._number = 0
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.dying_snapshots", str(workspace.root)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )  # fmt: skip

    def ask(self, **order: object) -> dict:
        """Let a process take snapshots of something new; return how it ended."""
        self._number += 1
        write_new(self._ws.root, self._number)
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


def write_new(root: Path, number: int) -> None:
    (root / "number").write_text(str(number))
    (root / "folder").mkdir(exist_ok=True)
    (root / "folder" / "same.csv").write_text("never changes\n")
    (root / "folder" / "new.csv").write_text(f"{number}\n")
    (root / "big.bin").write_bytes(f"{number:09}\n".encode() * 20_000)


@pytest.fixture
def dying(workspace, tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site-cache"))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    git.run(workspace.root, "add", ".gitignore")  # what a pin changes is the user's to commit
    started = Dying(workspace)
    yield started
    started.close()


def check_nothing_half(root: Path) -> None:
    """git is sound, and what has a name in the cache is what the name says."""
    git.run(root, "fsck", "--no-dangling", "--strict")
    for path in (root / ".dvc" / "cache" / "files" / "md5").glob("??/*"):
        md5 = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
        assert path.parent.name + path.name.removesuffix(".dir") == md5
    pointer = root / "folder.dvc"
    assert not pointer.exists() or pointer.read_text().startswith("outs:\n- md5: ")


def check_again_is_whole(workspace) -> None:
    """The next session finds every version's content, and makes what is missing."""
    root = workspace.root
    check_nothing_half(root)
    with dvc_store.opened(workspace) as store:
        for version in read(workspace):
            assert store.stored(version.hash) is not None
    take(root)
    newest = {version.name: version for version in reversed(read(workspace))}
    number = (root / "number").read_text()
    assert newest["folder"].labels == (f"label {number}",)
    assert newest["folder"].hash in (root / "folder.dvc").read_text()
    assert (root / ".gitignore").read_text().split().count("/folder") == 1
    (file,) = files_of(workspace, newest["big"])
    assert file.path.read_bytes() == (root / "big.bin").read_bytes()
    kept = {file.name: file.path.read_text() for file in files_of(workspace, newest["folder"])}
    assert kept == {"same.csv": "never changes\n", "new.csv": f"{number}\n"}
    for name in ("folder", "big", "frame"):
        numbers = [v.version for v in read(workspace) if v.name == name]
        assert sorted(numbers) == list(range(1, len(numbers) + 1))
    check_nothing_half(root)


def leftovers(workspace) -> list[Path]:
    cache = workspace.root / ".dvc" / "cache" / "files" / "md5"
    return [*cache.glob(".*"), *Path(tempfile.gettempdir()).glob("mlops-*")]


def _killed_at_points(workspace, dying, most: int) -> None:
    """Die at each point, at so many of the times it is passed: the first, the last, between."""
    passed = dying.ask()
    assert passed["ended"] == 0
    assert {"git", "rename", "write"} <= passed["passed"].keys()
    check_again_is_whole(workspace)
    left = False
    for point, times in passed["passed"].items():
        step = max(1, times / most)
        for hit in sorted({1 + int(step * n) for n in range(most) if step * n < times} | {times}):
            ended = dying.ask(point=point, hit=hit)["ended"]
            assert ended in (-signal.SIGKILL, 0)  # what is remembered is not written again
            check_again_is_whole(workspace)
            left = left or bool(leftovers(workspace))
    assert left  # something was left indeed, and does not stay
    long_ago = time.time() - 7200
    for path in leftovers(workspace):
        os.utime(path, (long_ago, long_ago))
    dying.ask()
    assert leftovers(workspace) == []


def test_killed_at_named_points(workspace, dying):
    _killed_at_points(workspace, dying, 3)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_killed_at_every_point_every_time(workspace, dying):
    _killed_at_points(workspace, dying, 1000)


def _killed_at_random(workspace, dying, times: int) -> None:
    took = min(dying.ask()["took"] for _ in range(2))
    chance = random.Random(4)
    ends = set()
    for _ in range(times):
        ends.add(dying.ask(after_s=chance.uniform(0, took))["ended"])
        check_again_is_whole(workspace)
    assert -signal.SIGKILL in ends


def test_killed_at_random(workspace, dying):
    _killed_at_random(workspace, dying, 3)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_killed_a_hundred_times(workspace, dying):
    _killed_at_random(workspace, dying, 100)


def test_the_lock_of_a_killed_git_is_not_for_ever(workspace):
    (workspace.root / "x.csv").write_text("1\n")
    lock = workspace.root / ".git" / "refs" / "tags" / "mlops" / "data" / "x" / "v1.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    os.utime(lock, (0, 0))
    assert snapshot(workspace, "x.csv").version == 1
    assert not lock.exists()
