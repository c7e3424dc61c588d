"""Whether content is sound here and there, and how it is mended."""

from __future__ import annotations

import shutil

import pytest

from mlops_jupyter.cli import main
from mlops_jupyter.data import path_of, push, resolve, verify
from mlops_jupyter.errors import NotFound
from tests.unit.data.travel.conftest import spoil


def test_all_is_whole(versions):
    found = verify(versions)
    assert found.ok
    assert {v.here for v in found.versions} == {"whole"}
    assert found.files == 3  # each content once


def test_damaged_and_missing(versions):
    spoil(path_of(versions, "x@v1"))
    path_of(versions, "x@v2").unlink()
    found = {v.ref: v for v in verify(versions).versions}
    assert found["data:x@v1"].here == "damaged"
    assert found["data:data@v1"].damaged == ("x.csv",)
    assert found["data:x@v2"].here == "missing"
    assert not verify(versions).ok
    assert path_of(versions, "x@v1").read_bytes() == b"spoilt"  # only looked at


def test_a_damaged_list(versions):
    from mlops_jupyter.data.cache.dvc_store import cached_path

    spoil(cached_path(versions, resolve(versions, "data").hash), b"[[{")
    found = {v.ref: v for v in verify(versions).versions}
    assert found["data:data@v1"].here == "damaged"
    assert found["data:x@v1"].here == "whole"


def test_mended_from_the_work_tree(versions):
    spoil(path_of(versions, "x@v2"))
    found = verify(versions, fix=True)
    assert found.ok
    assert path_of(versions, "x@v2").read_text() == "a,b\n3,4\n"
    assert found.set_aside == ".mlops/damaged"
    (aside,) = (versions.root / ".mlops" / "damaged").iterdir()
    assert aside.read_bytes() == b"spoilt"


def test_mended_from_the_remote_lists_included(versions, shelf):
    from mlops_jupyter.data.cache.dvc_store import cached_path

    push(versions)
    spoil(path_of(versions, "x@v1"))
    spoil(cached_path(versions, resolve(versions, "data").hash), b"[]")
    found = verify(versions, fix=True)
    assert found.ok, str(found)
    assert path_of(versions, "x@v1").read_text() == "a,b\n1,2\n"
    assert {v.ref: v.mended for v in found.versions}["data:data@v1"] == 2


def test_what_cannot_be_mended_is_said(versions):
    spoil(path_of(versions, "x@v1"))
    found = verify(versions, "x@v1", fix=True)
    assert not found.ok
    assert found.versions[0].here == "missing"
    with pytest.raises(NotFound):
        path_of(versions, "x@v1")


def test_what_was_never_pushed(versions, shelf):
    push(versions, "x@v1")
    found = {v.ref: v.there for v in verify(versions, remote="").versions}
    assert found == {"data:x@v1": "whole", "data:data@v1": "partly", "data:x@v2": "missing"}
    assert not verify(versions, remote="shelf").ok
    push(versions)
    assert verify(versions, remote="shelf").ok


def test_what_only_the_remote_has_is_whole_there(versions, shelf):
    push(versions)
    shutil.rmtree(versions.root / ".dvc" / "cache" / "files")
    found = verify(versions, remote="")
    assert {v.ref: v.there for v in found.versions} == {
        "data:x@v2": "whole", "data:x@v1": "whole", "data:data@v1": "unknown",
    }  # fmt: skip
    assert not found.ok  # nobody knows which files the folder has


def test_the_gate(versions, capsys):
    assert main(["data", "verify"]) == 0
    spoil(path_of(versions, "x@v1"))
    assert main(["data", "verify"]) == 1
    assert "damaged" in capsys.readouterr().out
