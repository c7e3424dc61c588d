"""Content from a remote: what is taken, and what is not."""

from __future__ import annotations

import pytest

from mlops_jupyter.data import checkout, path_of, pull, push, resolve
from mlops_jupyter.errors import NotFound, ToolFailed
from tests.unit.data.travel.conftest import spoil


def test_a_clone_gets_it_back(versions, shelf, clone):
    push(versions)
    other = clone()
    with pytest.raises(NotFound) as caught:
        path_of(other, "x")
    assert "mlops data pull" in caught.value.hint
    done = pull(other)
    assert {v.ref for v in done.versions} == {"data:x@v2", "data:data@v1"}
    checkout(other, "x")
    assert (other.root / "data" / "x.csv").read_text() == "a,b\n3,4\n"
    pull(other, "x@v1")
    assert path_of(other, "x@v1").read_text() == "a,b\n1,2\n"
    assert path_of(other, "x@v1").stat().st_mode & 0o777 == 0o444
    assert pull(other, all=True).files == 0


def test_damaged_content_there_is_not_taken(versions, shelf, clone):
    push(versions)
    whole = resolve(versions, "x@v2").hash
    spoil(shelf / "files" / "md5" / whole[:2] / whole[2:], b"a,b\n3,5\n")  # of the same size
    other = clone()
    with pytest.raises(ToolFailed, match="damaged content"):
        pull(other)
    with pytest.raises(NotFound):
        path_of(other, "x@v2")
    assert path_of(other, "x@v1").read_text() == "a,b\n1,2\n"  # the folder's came
    assert not [p for p in (other.root / ".dvc/cache").rglob("*arriving*") if p.is_dir()]


def test_a_remote_that_lacks_it(versions, shelf, clone):
    push(versions, "x@v1")
    other = clone()
    with pytest.raises(NotFound, match="lacks content of data:data@v1, data:x@v2"):
        pull(other)
    pull(other, "x@v1")


def test_nothing_is_left_of_what_a_killed_pull_left(versions, shelf, clone):
    push(versions)
    other = clone()
    left = other.root / ".dvc" / "cache" / "files" / "md5" / ".mlops-arriving"
    left.mkdir(parents=True)
    (left / "half").write_text("half")
    pull(other)
    assert not left.exists()
