"""Killed anywhere in checkout, push and pull: nothing is half, and the next one makes it whole."""

from __future__ import annotations

import hashlib
import random
import shutil
from pathlib import Path

import pytest

from mlops_jupyter.data import checkout, pull, push, snapshot, verify
from tests.dying import KILLED, moments, started
from tests.stock import make_remote

EVERY_TIME = 1000


@pytest.fixture
def versions(workspace, tmp_path):
    """A file and a folder in two versions each, and a remote."""
    make_remote(workspace.root, tmp_path / "shelf")
    for n in (1, 2):
        lay(workspace.root, n)
        snapshot(workspace, "x.bin")
        snapshot(workspace, "many")
    return workspace


def lay(root: Path, n: int) -> None:
    (root / "x.bin").write_bytes(bytes([n]) * 300_000)
    (root / "many").mkdir(exist_ok=True)
    for number in range(6):
        (root / "many" / f"{number}.csv").write_text(f"{n}-{number // 2 * n}\n" * 50)


def state(root: Path) -> dict[str, str]:
    files = [root / "x.bin", *sorted((root / "many").iterdir())]
    return {f.name: hashlib.md5(f.read_bytes()).hexdigest() for f in files}


@pytest.fixture
def dying(versions):
    """Let a process call a verb, and die; return how it ended, and the points that it passed."""
    with started("dying_data", versions.root) as ask:

        def call(verb: str, *words: str, **order: object) -> tuple[int, dict[str, int]]:
            answer = ask(verb=verb, words=words, **order)
            return answer["ended"], answer["passed"]

        yield call


@pytest.mark.parametrize("each", [3, pytest.param(EVERY_TIME, marks=pytest.mark.slow)])
def test_checkout_leaves_the_old_or_the_new(versions, dying, each):
    root = versions.root
    new = state(root)
    checkout(versions, "x@v1")
    checkout(versions, "many@v1")
    old = state(root)
    for reference, mine in (("x@v2", "x.bin"), ("many@v2", "many")):
        checkout(versions, f"{reference[:-1]}1")
        ended, passed = dying("checkout", reference)
        assert ended == 0
        assert passed["exchange"] == 2
        for point, hit in moments(passed, each):
            checkout(versions, f"{reference[:-1]}1")
            was = state(root)
            ended, _ = dying("checkout", reference, point=point, hit=hit)
            if ended == 0:
                continue  # the second time there was less to do
            assert ended == KILLED
            now = state(root)
            whole = {**was, **{k: v for k, v in new.items() if (k == "x.bin") == (mine == "x.bin")}}
            assert now in (was, whole), (point, hit)
            assert not checkout(versions, reference).replaced
            assert state(root) == whole
        checkout(versions, f"{reference[:-1]}1")
    assert state(root) == old
    assert verify(versions).ok


@pytest.mark.parametrize("each", [2, pytest.param(EVERY_TIME, marks=pytest.mark.slow)])
def test_forced_over_work_of_mine_loses_nothing(versions, dying, each):
    file = versions.root / "x.bin"
    file.write_bytes(b"mine 0")
    _, passed = dying("checkout", "x@v1", options={"force": True})
    for number, (point, hit) in enumerate(moments(passed, each), 1):
        mine = f"mine {number}".encode()
        file.write_bytes(mine)
        dying("checkout", "x@v1", options={"force": True}, point=point, hit=hit)
        checkout(versions, "x@v1", force=True)
        kept = {p.read_bytes() for p in (versions.root / ".mlops" / "replaced").glob("*/x.bin")}
        assert mine in kept, (point, hit)


@pytest.mark.parametrize("each", [3, pytest.param(EVERY_TIME, marks=pytest.mark.slow)])
def test_push_and_pull_leave_nothing_half(versions, dying, each, tmp_path):
    shelf, cache = tmp_path / "shelf", versions.root / ".dvc" / "cache" / "files"
    _, passed = dying("push")
    for point, hit in moments(passed, each):
        shutil.rmtree(shelf)
        dying("push", point=point, hit=hit)
        assert all_under_their_hash(shelf), (point, hit)
        push(versions)
        assert verify(versions, remote="").ok
    kept = tmp_path / "kept"
    shutil.move(cache, kept)
    _, passed = dying("pull", options={"all": True})
    for point, hit in moments(passed, each):
        shutil.rmtree(cache)
        dying("pull", options={"all": True}, point=point, hit=hit)
        assert all_under_their_hash(cache), (point, hit)
        pull(versions, all=True)
        assert verify(versions).ok


def all_under_their_hash(place: Path) -> bool:
    """Whether each object has the content that its name says."""
    return all(
        hashlib.md5(p.read_bytes()).hexdigest() == (p.parent.name + p.name).removesuffix(".dir")
        for p in place.rglob("??/*")
        if p.is_file() and len(p.parent.name) == 2 and len(p.name.removesuffix(".dir")) == 30
    )


@pytest.mark.parametrize("times", [4, pytest.param(100, marks=pytest.mark.slow)])
def test_at_random(versions, dying, times, tmp_path):
    chance = random.Random(4)
    file, shelf = versions.root / "x.bin", tmp_path / "shelf"
    states = []
    for n in (1, 2):
        checkout(versions, f"x@v{n}")
        checkout(versions, f"many@v{n}")
        states.append(state(versions.root))
    for _ in range(times):
        verb, words = chance.choice([
            ("checkout", ["x@v1"]), ("checkout", ["x@v2"]), ("checkout", ["many@v1"]),
            ("checkout", ["many@v2"]), ("push", []), ("pull", ["x@v1"]),
        ])  # fmt: skip
        if verb == "push":
            shutil.rmtree(shelf, ignore_errors=True)
        elif verb == "pull":
            push(versions)
        dying(verb, *words, after_s=chance.uniform(0.0, 0.4))
        now = state(versions.root)
        assert now["x.bin"] in {s["x.bin"] for s in states}
        many = {k: v for k, v in now.items() if k != "x.bin"}
        assert many in [{k: v for k, v in s.items() if k != "x.bin"} for s in states]
        assert all_under_their_hash(shelf)
    assert checkout(versions, "x@v1").replaced is None
    assert file.read_bytes() == b"\1" * 300_000
    push(versions)
    assert verify(versions, remote="").ok
