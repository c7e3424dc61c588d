"""Content to a remote: what is sent, and what counts as whole there."""

from __future__ import annotations

import pytest

from mlops_jupyter.data import checkout, path_of, pull, push, snapshot, verify
from mlops_jupyter.data.cache.dvc_store import hash_file
from mlops_jupyter.data.catalog import automatic
from mlops_jupyter.data.catalog.automatic import Sighting
from mlops_jupyter.errors import NotFound, ToolFailed, UsageError
from tests.unit.data.travel.conftest import objects, spoil


def test_all_content_is_sent_once(versions, shelf):
    done = push(versions)
    assert (done.how, done.remote, done.files) == ("push", "shelf", 3)
    assert len(objects(shelf)) == 3
    again = push(versions)
    assert (again.files, again.size) == (0, 0)
    assert "all is there already" in str(again)


def test_a_folder_goes_with_all_its_files(ws, shelf, clone):
    (ws.root / "data" / "y.csv").write_text("y")
    snapshot(ws, "data")
    assert push(ws).files == 3
    other = clone()
    assert pull(other).files == 3
    checkout(other, "data")
    assert (other.root / "data" / "y.csv").read_text() == "y"


def test_copies_of_what_runs_read_go_only_where_all_is_asked_for(versions, shelf):
    file = versions.root / "read.csv"
    file.write_text("read")
    automatic.keep(versions, Sighting(file, hash_file(versions, file), 4))
    assert push(versions).files == 3
    assert push(versions, all=True).files == 1


def test_one_version_alone(versions, shelf):
    push(versions, "x@v2")
    assert len(objects(shelf)) == 1
    with pytest.raises(UsageError):
        push(versions, "x", all=True)


def test_half_of_an_object_there_does_not_pass_for_whole(versions, shelf):
    push(versions)
    half = max(objects(shelf), key=lambda p: p.stat().st_size)
    spoil(half, half.read_bytes()[:-3])
    assert push(versions).files == 1
    assert verify(versions, remote="").ok


def test_files_that_a_list_there_names_are_looked_for_one_by_one(versions, shelf):
    push(versions)
    for path in objects(shelf):
        if not path.name.endswith(".dir"):
            path.unlink()
    assert push(versions).files == 2


def test_damaged_content_here_is_not_sent(versions, shelf):
    spoil(path_of(versions, "x@v1"))
    with pytest.raises(ToolFailed, match="damaged; nothing was sent"):
        push(versions)
    assert not (shelf / "files").exists() or objects(shelf) == []


def test_content_that_is_nowhere_is_told_after_the_rest_was_sent(versions, shelf):
    path_of(versions, "x@v2").unlink()
    with pytest.raises(NotFound, match="neither on this machine") as caught:
        push(versions)
    assert "data:x@v2" in caught.value.message
    assert "data:data@v1" not in caught.value.message
    assert len(objects(shelf)) == 2


def test_a_list_whose_files_are_lost_is_not_sent(ws, shelf):
    (ws.root / "data" / "y.csv").write_text("y")
    version = snapshot(ws, "data")
    snapshot(ws, "data/y.csv")
    path_of(ws, "y").unlink()
    with pytest.raises(NotFound):
        push(ws)
    assert version.hash[2:] not in [p.name for p in objects(shelf)]


def test_what_only_the_remote_has_is_no_loss(versions, shelf):
    push(versions)
    path_of(versions, "x@v2").unlink()
    assert push(versions).files == 0
