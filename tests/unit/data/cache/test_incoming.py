"""Content comes into the cache whole, or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from pathlib import Path

import pytest
from dvc_objects.fs import system

from mlops_jupyter.data import path_of, snapshot, versions
from mlops_jupyter.errors import Conflict, ToolFailed

BIG = b"0123456789abcdef" * 2**19  # 8 MiB: hashed while it is written


def _cached(ws) -> list:
    return [path for path in (ws.root / ".dvc" / "cache").rglob("*") if path.is_file()]


def _appending(file):
    """Events of a snapshot that, once something was read, make its file longer."""

    def append(event):
        if event.done:
            with file.open("ab") as opened:
                opened.write(b"more")

    return append


@pytest.fixture(params=["copied", "cloned"])
def way(request, monkeypatch):
    """Few file systems can clone: there a clone is what it looks like from outside, a copy."""

    def reflink(source, place):
        if request.param == "copied":
            raise OSError(errno.EOPNOTSUPP, "no such thing here")
        shutil.copyfile(source, place)

    monkeypatch.setattr(system, "reflink", reflink)
    return request.param


@pytest.mark.parametrize("content", [BIG, BIG + b"x", BIG[:-1], b"", b"x"], ids=len)
def test_every_byte_is_kept_under_its_hash(ws, way, content):
    file = ws.root / "data" / "x.csv"
    file.write_bytes(content)
    version = snapshot(ws, file)
    assert version.hash == hashlib.md5(content).hexdigest()
    kept = path_of(ws, version.ref)
    assert kept.read_bytes() == content
    assert kept.stat().st_mode & 0o777 == 0o444
    assert kept.stat().st_nlink == 1
    file.write_bytes(b"another")
    assert kept.read_bytes() == content


def test_a_write_meanwhile_is_noticed(ws, way):
    file = ws.root / "data" / "x.csv"
    file.write_bytes(BIG * 5)

    with pytest.raises(Conflict, match="changed while it was read"):
        snapshot(ws, file, events=_appending(file))
    assert versions(ws).versions == ()
    assert _cached(ws) == []


def test_a_file_written_meanwhile(ws):
    file = ws.root / "data" / "x.csv"
    file.write_bytes(b"x" * (40 * 2**20))

    with pytest.raises(Conflict, match="changed while it was read"):
        snapshot(ws, file, events=_appending(file))
    assert versions(ws).versions == ()
    assert _cached(ws) == []


def test_a_file_that_is_replaced_meanwhile(ws):
    """Whoever writes a new file and renames it changes no byte of the one that is read."""
    file, other = ws.root / "data" / "x.csv", ws.root / "data" / "new.csv"
    file.write_bytes(b"x" * (40 * 2**20))
    other.write_bytes(b"y" * (40 * 2**20))
    os.utime(other, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))

    def replace(event):
        if event.done and other.exists():
            other.replace(file)

    with pytest.raises(Conflict, match="changed while it was read"):
        snapshot(ws, file, events=replace)
    assert versions(ws).versions == ()


def test_a_folder_that_gains_a_file_meanwhile(ws):
    big = ws.root / "data" / "big.bin"
    big.write_bytes(b"x" * (20 * 2**20))

    def add(event):
        if event.done:
            (ws.root / "data" / "late.csv").write_text("late")

    with pytest.raises(Conflict, match="changed while they were read"):
        snapshot(ws, "data", events=add)
    assert versions(ws).versions == ()


def test_what_another_is_still_taking_in_is_not_swept_away(ws, way):
    file = ws.root / "data" / "x.csv"
    file.write_bytes(BIG * 5)
    (ws.root / "data" / "y.csv").write_text("y")
    others = []

    def take_another(event):
        if event.done and not others:
            others.append(snapshot(ws, "data/y.csv"))

    version = snapshot(ws, file, events=take_another)
    assert path_of(ws, version.ref).stat().st_size == len(BIG) * 5
    assert path_of(ws, others[0].ref).read_text() == "y"


def test_what_was_interrupted_leaves_nothing(ws, way):
    file = ws.root / "data" / "x.csv"
    file.write_bytes(BIG * 5)

    def stop(event):
        if event.done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        snapshot(ws, file, events=stop)
    assert _cached(ws) == []
    assert snapshot(ws, file).version == 1


def test_a_cache_that_may_not_be_written_is_named(ws, monkeypatch):
    def mkdir(path, *rest, real=os.mkdir, **more):
        if ".dvc" in Path(path).parts:
            raise OSError(errno.EROFS, "Read-only file system", str(path))
        return real(path, *rest, **more)

    monkeypatch.setattr(os, "mkdir", mkdir)  # root may write anywhere
    with pytest.raises(ToolFailed, match=r"cannot be written for .*x.csv: Read-only") as error:
        snapshot(ws, "data/x.csv")
    assert "dvc cache dir" in error.value.hint
