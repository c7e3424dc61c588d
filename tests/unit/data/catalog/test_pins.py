"""Pins: a pointer in the work tree, and who is in its way."""

from __future__ import annotations

import pytest

from mlops_jupyter import git
from mlops_jupyter.data import snapshot, versions
from mlops_jupyter.errors import BadInput


def _pin(ws, path="data/x.csv"):
    return snapshot(ws, path, pin=True)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what DVC uses
def test_a_pin_is_what_dvc_would_write(ws):
    from dvc.repo import Repo

    made = _pin(ws)
    pointer = ws.root / "data" / "x.csv.dvc"
    written = pointer.read_bytes()
    assert made.note == "wrote data/x.csv.dvc and data/.gitignore: commit them"
    assert (ws.root / "data" / ".gitignore").read_text() == "/x.csv\n"
    assert versions(ws).unpinned == 0
    pointer.unlink()
    with Repo(str(ws.root)) as repo:
        repo.add(str(ws.root / "data" / "x.csv"))
    assert pointer.read_bytes() == written


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what DVC uses
@pytest.mark.parametrize("path", ["data", "tool.sh"])
def test_of_a_folder_and_a_program_too(ws, path):
    from dvc.repo import Repo

    (ws.root / "tool.sh").write_text("#!/bin/sh\n")
    (ws.root / "tool.sh").chmod(0o755)
    _pin(ws, path)
    pointer = ws.root / f"{path}.dvc"
    written = pointer.read_bytes()
    pointer.unlink()
    with Repo(str(ws.root)) as repo:
        repo.add(str(ws.root / path))
    assert pointer.read_bytes() == written


def test_again_it_writes_nothing(ws):
    _pin(ws)
    before = (ws.root / "data" / "x.csv.dvc").stat().st_mtime_ns
    again = _pin(ws)
    assert (again.unchanged, again.note) == (True, "")
    assert (ws.root / "data" / "x.csv.dvc").stat().st_mtime_ns == before
    assert (ws.root / "data" / ".gitignore").read_text() == "/x.csv\n"


def test_a_later_version_moves_the_pin_and_leaves_what_the_user_wrote(ws):
    _pin(ws)
    pointer = ws.root / "data" / "x.csv.dvc"
    pointer.write_text(pointer.read_text() + "  desc: by hand # kept\nmeta:\n  owner: Ada\n")
    (ws.root / "data" / "x.csv").write_text("new\n")
    made = _pin(ws)
    text = pointer.read_text()
    assert made.hash in text
    assert "desc: by hand # kept" in text
    assert "owner: Ada" in text
    assert versions(ws).unpinned == 1


def test_without_it_nothing_is_written(ws):
    snapshot(ws, "data/x.csv")
    assert [path.name for path in (ws.root / "data").iterdir()] == ["x.csv"]
    assert versions(ws).unpinned == 1


def test_what_git_tracks_itself_is_not_pinned(ws):
    git.run(ws.root, "add", "data/x.csv")
    with pytest.raises(BadInput, match=r"git tracks data/x\.csv itself") as error:
        _pin(ws)
    assert "git rm -r --cached" in error.value.hint
    assert versions(ws).versions == ()


def test_a_pointer_that_git_ignores_is_not_written(ws):
    (ws.root / ".gitignore").write_text("/data/\n")
    with pytest.raises(BadInput, match=r"git ignores data/x\.csv\.dvc"):
        _pin(ws)
    (ws.root / ".gitignore").write_text("/data/*\n!*.dvc\n")
    assert _pin(ws).note == "wrote data/x.csv.dvc: commit them"


FOREIGN = {
    "data.dvc": "outs:\n- md5: {hash}.dir\n  size: 1\n  nfiles: 1\n  hash: md5\n  path: data\n",
    "dvc.yaml": "stages:\n  make:\n    cmd: make\n    outs:\n    - data/x.csv\n",
    "other.dvc": "outs:\n- md5: {hash}\n  size: 1\n  hash: md5\n  path: data/x.csv\n",
    "data/x.csv.dvc": "deps:\n- path: ../y.csv\n  md5: {hash}\n  size: 1\n  hash: md5\n"
    "outs:\n- md5: {hash}\n  size: 1\n  hash: md5\n  path: x.csv\n",
}


@pytest.mark.parametrize("claim", FOREIGN)
def test_what_dvc_has_by_another_file_is_not_pinned(ws, claim):
    (ws.root / "y.csv").write_text("y")
    (ws.root / claim).write_text(FOREIGN[claim].format(hash="a" * 32))
    before = (ws.root / claim).read_bytes()
    with pytest.raises(BadInput, match="DVC has") as error:
        _pin(ws)
    assert "--pin" in error.value.hint
    assert (ws.root / claim).read_bytes() == before
    assert versions(ws).versions == ()


def test_a_file_in_a_pinned_folder_is_not_pinned(ws):
    _pin(ws, "data")
    with pytest.raises(BadInput, match=r"DVC has data by data\.dvc"):
        _pin(ws)


def test_a_file_that_only_has_such_a_name_stays(ws):
    (ws.root / "data" / "x.csv.dvc").write_text("")
    with pytest.raises(BadInput, match="no pointer of DVC's"):
        _pin(ws)
    assert (ws.root / "data" / "x.csv.dvc").read_text() == ""
