"""A version says what it is, and one is made where there is something new."""

from __future__ import annotations

import hashlib
import os
import time
import tracemalloc
from datetime import UTC, datetime

import pytest

from mlops_jupyter.data import path_of, snapshot, versions
from mlops_jupyter.data.cache.dvc_store import opened
from mlops_jupyter.errors import BadInput


def test_a_version_says_what_it_is(ws):
    version = snapshot(ws, "data/x.csv", message="as\nreceived — ✓")
    assert (version.name, version.version, version.ref) == ("x", 1, "data:x@v1")
    assert (version.path, version.size, version.files) == ("data/x.csv", 8, 1)
    assert version.hash == hashlib.md5(b"a,b\n1,2\n").hexdigest()
    assert version.message == "as\nreceived — ✓"
    assert abs((datetime.now(UTC) - version.created).total_seconds()) < 60
    assert (version.unchanged, version.same_as, version.file_now) == (False, None, "same")
    assert versions(ws).versions == (version,)
    assert path_of(ws, "x").read_bytes() == (ws.root / "data" / "x.csv").read_bytes()


def test_nothing_beside_the_data(ws):
    before = sorted(path for path in ws.root.rglob("*") if ".dvc/" not in str(path) + "/")
    snapshot(ws, "data/x.csv")
    after = sorted(
        path
        for path in ws.root.rglob("*")
        if ".dvc/" not in str(path) + "/" and ".mlops" not in str(path)
    )
    new = {path.relative_to(ws.root).parts[0] for path in set(after) - set(before)}
    assert new <= {".git"}
    data = (ws.root / "data" / "x.csv").stat()
    assert data.st_nlink == 1
    assert data.st_mode & 0o200


def test_same_content_makes_no_version(ws):
    first = snapshot(ws, "data/x.csv", message="one")
    again = snapshot(ws, "data/x.csv", message="two")
    assert again.unchanged
    assert (again.ref, again.commit, again.message) == (first.ref, first.commit, "one")
    assert "not kept" in again.note
    assert len(versions(ws).versions) == 1


def test_going_back_is_a_version_that_knows_its_twin(ws):
    file = ws.root / "data" / "x.csv"
    first = file.read_text()
    snapshot(ws, file)
    file.write_text("changed\n")
    second = snapshot(ws, file)
    assert (second.version, second.same_as) == (2, None)
    file.write_text(first)
    third = snapshot(ws, file)
    assert (third.version, third.same_as, third.unchanged) == (3, 1, False)
    assert versions(ws).versions[0] == third


def test_a_rewrite_within_the_clocks_tick_is_seen(ws):
    # Another content with the same inode, size and time stamp. A stamp that is not yet past
    # stands for one that a further write could get as well.
    file = ws.root / "data" / "x.csv"
    tick = time.time_ns() + 60 * 10**9
    for number in (1, 2, 3):
        file.write_text(f"a,b\n{number},0\n")
        os.utime(file, ns=(tick, tick))
        assert snapshot(ws, file).version == number


def test_a_file_written_just_now_is_remembered_all_the_same(ws):
    file = ws.root / "data" / "x.csv"
    file.write_bytes(b"x" * (20 * 2**20))
    snapshot(ws, file)
    with opened(ws) as store:
        assert store.hash_of(file, limit=0) is not None


@pytest.mark.parametrize("path", ["data/x.csv", "data"])
@pytest.mark.parametrize("left", [None, b"a,b"], ids=["lost", "torn"])
def test_content_lost_from_the_cache_is_put_back(ws, path, left):
    snapshot(ws, path)
    kept = path_of(ws, snapshot(ws, "data/x.csv").ref)
    kept.unlink()
    if left is not None:
        kept.write_bytes(left)
    assert snapshot(ws, path).unchanged
    assert kept.read_bytes() == b"a,b\n1,2\n"


def test_memory_stays_flat_whatever_the_size(ws):
    file = ws.root / "big.bin"
    with file.open("wb") as opened:
        opened.truncate(200 * 2**20)  # holes read as zeros
    snapshot(ws, "data/x.csv")  # what is imported once
    tracemalloc.start()
    snapshot(ws, file)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * 2**20


def test_a_folder(ws):
    folder = ws.root / "data"
    (folder / "sub").mkdir()
    (folder / "sub" / "y.csv").write_text("y")
    version = snapshot(ws, "data")
    assert version.hash.endswith(".dir")
    assert (version.files, version.size, version.is_folder) == (2, 9, True)
    assert snapshot(ws, "data/").unchanged
    with pytest.raises(BadInput, match="is a folder"):
        path_of(ws, version.ref)


def test_an_empty_file_is_a_version(ws):
    (ws.root / "empty.csv").touch()
    version = snapshot(ws, "empty.csv")
    assert (version.size, version.version) == (0, 1)
    assert path_of(ws, version.ref).read_bytes() == b""
    assert snapshot(ws, "empty.csv").unchanged


def test_rows_of_parquet(ws):
    import pandas as pd

    pd.DataFrame({"a": range(7)}).to_parquet(ws.root / "seven.parquet")
    assert snapshot(ws, "seven.parquet").rows == 7
    (ws.root / "not.parquet").write_text("PAR1 in name only")
    assert snapshot(ws, "not.parquet").rows is None


def test_progress_is_told(ws):
    file = ws.root / "data" / "x.csv"
    file.write_bytes(b"x" * (40 * 2**20))
    told = []
    snapshot(ws, file, events=told.append)
    assert [event.done for event in told if event.done] == sorted(e.done for e in told if e.done)
    assert told[-1].total == 40 * 2**20
