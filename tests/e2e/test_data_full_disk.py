"""A disk that is full while data comes back or goes away: said, and nothing is lost."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from mlops_jupyter.data import checkout, path_of, pull, push, snapshot, verify
from mlops_jupyter.data.cache.prepare import prepare
from mlops_jupyter.errors import ToolFailed
from mlops_jupyter.workspace import Workspace
from tests.stock import make_remote

SIZE = 3_000_000


@pytest.fixture
def small(tmp_path):
    """A file system of 8 MB."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a file system can be mounted by root alone")
    yield place
    os.chdir("/")
    subprocess.run(["umount", "-l", str(place)], check=True)


def workspace_in(root: Path, monkeypatch, cache: Path | None = None) -> Workspace:
    root.mkdir()
    (root / "mlops.toml").write_text("schema = 1\n")
    prepare(root)
    if cache is not None:
        (root / ".dvc" / "config.local").write_text(f"[cache]\n    dir = {cache}\n")
    monkeypatch.chdir(root)
    return Workspace.find(root)


def fill(place: Path) -> None:
    free = shutil.disk_usage(place).free
    (place / "filler").write_bytes(b"x" * max(free - 400_000, 0))


def test_checkout(small, tmp_path, monkeypatch):
    ws = workspace_in(small / "project", monkeypatch, cache=tmp_path / "cache")
    file = ws.root / "x.bin"
    file.write_bytes(os.urandom(SIZE))
    snapshot(ws, "x.bin")
    new = os.urandom(SIZE)
    file.write_bytes(new)
    snapshot(ws, "x.bin")
    fill(small)
    with pytest.raises(ToolFailed, match="no space left") as caught:
        checkout(ws, "x@v1")
    assert "untouched" in caught.value.message
    assert file.read_bytes() == new
    (small / "filler").unlink()
    checkout(ws, "x@v1")
    assert file.read_bytes() == path_of(ws, "x@v1").read_bytes()


def test_to_another_full_disk(small, tmp_path, monkeypatch):
    ws = workspace_in(tmp_path / "project", monkeypatch)
    (ws.root / "x.bin").write_bytes(os.urandom(SIZE))
    snapshot(ws, "x.bin")
    mine = small / "x.bin"
    mine.write_bytes(b"mine")
    fill(small)
    with pytest.raises(ToolFailed, match="no space left"):
        checkout(ws, "x", to=mine, force=True)
    assert mine.read_bytes() == b"mine"
    assert {p.name for p in small.iterdir()} == {"x.bin", "filler"}
    (small / "filler").unlink()
    done = checkout(ws, "x", to=mine, force=True)
    assert Path(done.replaced).read_bytes() == b"mine"
    assert mine.stat().st_size == SIZE


def test_push_and_pull(small, tmp_path, monkeypatch):
    ws = workspace_in(tmp_path / "project", monkeypatch)
    shelf = small / "shelf"
    make_remote(ws.root, shelf)
    (ws.root / "x.bin").write_bytes(os.urandom(SIZE))
    snapshot(ws, "x.bin")
    fill(small)
    with pytest.raises(ToolFailed, match="no space left"):
        push(ws)
    assert not verify(ws, remote="").ok
    (small / "filler").unlink()
    assert push(ws).files == 1

    cache = ws.root / ".dvc" / "cache" / "files"
    shutil.rmtree(cache)
    with (ws.root / ".dvc" / "config.local").open("a") as config:
        config.write(f"[cache]\n    dir = {small / 'cache'}\n")
    fill(small)
    with pytest.raises(ToolFailed, match="no space left"):
        pull(ws)
    assert [p for p in (small / "cache").rglob("*") if p.is_file() and p.suffix != ".lock"] == []
    (small / "filler").unlink()
    pull(ws)
    assert verify(ws).ok
