"""Snapshots that are killed: nothing is half there, and again makes it whole."""

from __future__ import annotations

import hashlib
import itertools
import os
import random
import tempfile
import time
from pathlib import Path

import pytest

from mlops_jupyter import git
from mlops_jupyter.data import snapshot
from mlops_jupyter.data.cache import dvc_store
from mlops_jupyter.data.catalog.contents import files_of
from mlops_jupyter.data.catalog.history import read
from tests.dying import KILLED, moments, started
from tests.dying_snapshots import take

EVERY_TIME = 1000
LONG = (pytest.mark.slow, pytest.mark.timeout(1800))


def write_new(root: Path, number: int) -> None:
    (root / "number").write_text(str(number))
    (root / "folder").mkdir(exist_ok=True)
    (root / "folder" / "same.csv").write_text("never changes\n")
    (root / "folder" / "new.csv").write_text(f"{number}\n")
    (root / "big.bin").write_bytes(f"{number:09}\n".encode() * 20_000)


@pytest.fixture
def dying(workspace, tmp_path, monkeypatch):
    """Let a process take snapshots of something new, and die; return how it ended."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    git.run(workspace.root, "add", ".gitignore")  # what a pin changes is the user's to commit
    number = itertools.count(1)
    with started("dying_snapshots", workspace.root) as ask:

        def take_something_new(**order):
            write_new(workspace.root, next(number))
            return ask(**order)

        yield take_something_new


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


@pytest.mark.parametrize("each", [3, pytest.param(EVERY_TIME, marks=LONG)])
def test_killed_at_named_points(workspace, dying, each):
    passed = dying()
    assert passed["ended"] == 0
    assert {"git", "rename", "write"} <= passed["passed"].keys()
    check_again_is_whole(workspace)
    left = False
    for point, hit in moments(passed["passed"], each):
        ended = dying(point=point, hit=hit)["ended"]
        assert ended in (KILLED, 0)  # what is remembered is not written again
        check_again_is_whole(workspace)
        left = left or bool(leftovers(workspace))
    assert left  # something was left indeed, and does not stay
    long_ago = time.time() - 7200
    for path in leftovers(workspace):
        os.utime(path, (long_ago, long_ago))
    dying()
    assert leftovers(workspace) == []


@pytest.mark.parametrize("times", [3, pytest.param(100, marks=LONG)])
def test_killed_at_random(workspace, dying, times):
    took = min(dying()["took"] for _ in range(2))
    chance = random.Random(4)
    ends = set()
    for _ in range(times):
        ends.add(dying(after_s=chance.uniform(0, took))["ended"])
        check_again_is_whole(workspace)
    assert KILLED in ends


def test_the_lock_of_a_killed_git_is_not_for_ever(workspace):
    (workspace.root / "x.csv").write_text("1\n")
    lock = workspace.root / ".git" / "refs" / "tags" / "mlops" / "data" / "x" / "v1.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    os.utime(lock, (0, 0))
    assert snapshot(workspace, "x.csv").version == 1
    assert not lock.exists()
