"""What can be kept, how it is found, and what is left out of it."""

from __future__ import annotations

import os

import pytest

from mlops_jupyter.data import snapshot, versions
from mlops_jupyter.errors import BadInput, NotFound


@pytest.mark.parametrize(
    ("path", "kind", "said"),
    [
        ("data/y.csv", NotFound, ("no data/y.csv", "data/x.csv")),
        ("dta/x.csv", NotFound, ("no dta/x.csv", "no folder")),
        ("empty", BadInput, ("empty folder", "")),
        (".", BadInput, ("the workspace itself", "")),
        ("..", BadInput, ("outside the workspace", "")),
        ("../other.csv", BadInput, ("outside the workspace", "")),
        ("out.csv", BadInput, ("outside the workspace", "")),
        ("holds-out", BadInput, ("outside the workspace", "")),
        ("broken.csv", NotFound, ("link to a file that is missing", "")),
        ("pipe", BadInput, ("neither a file nor a folder", "")),
        (".git/config", BadInput, ("belongs to git", "")),
        (".dvc", BadInput, ("belongs to git", "")),
        (".mlops/notes.txt", BadInput, ("belongs to git", "")),
        ("to-git", BadInput, ("belongs to git", "")),
        ("x.csv.dvc", BadInput, ("DVC's pointer", "x.csv")),
        ("line\nbreak.csv", BadInput, ("characters", "rename")),
        ("ignored.csv", BadInput, (".dvcignore", "")),
    ],
)
def test_what_cannot_be_kept_is_refused_clearly(ws, tmp_path, path, kind, said):
    (tmp_path / "other.csv").write_text("secret")
    (ws.root / ".mlops").mkdir()
    for name in (".mlops/notes.txt", "x.csv.dvc", "line\nbreak.csv", "ignored.csv"):
        (ws.root / name).write_text("x")
    (ws.root / ".dvcignore").write_text("ignored.csv\n")
    (ws.root / "empty").mkdir()
    (ws.root / "out.csv").symlink_to(tmp_path / "other.csv")
    (ws.root / "holds-out").mkdir()
    (ws.root / "holds-out" / "link.csv").symlink_to(tmp_path / "other.csv")
    (ws.root / "broken.csv").symlink_to("nowhere.csv")
    (ws.root / "to-git").symlink_to(".git")
    os.mkfifo(ws.root / "pipe")
    with pytest.raises(kind) as error:
        snapshot(ws, path)
    assert said[0] in error.value.message
    assert said[1] in error.value.hint
    assert versions(ws).versions == ()


def test_links_inside_the_workspace_are_followed(ws):
    (ws.root / "link.csv").symlink_to("data/x.csv")
    assert snapshot(ws, "link.csv").hash == snapshot(ws, "data/x.csv").hash
    (ws.root / "through").symlink_to("data")
    assert snapshot(ws, "through/x.csv").unchanged  # it is the same path


def test_links_to_folders_inside_a_folder_are_said_to_be_left_out(ws):
    (ws.root / "more").mkdir()
    (ws.root / "data" / "linked").symlink_to(ws.root / "more")
    assert "linked" in snapshot(ws, "data").note


def test_empty_folders_inside_a_folder_are_said_to_be_left_out(ws):
    (ws.root / "data" / "deep" / "nothing").mkdir(parents=True)
    version = snapshot(ws, "data")
    assert version.files == 1
    assert version.note == "empty folders are not kept: deep/nothing"


def test_a_path_counts_from_the_current_folder(ws, monkeypatch):
    monkeypatch.chdir(ws.root / "data")
    assert snapshot(ws, "x.csv").path == "data/x.csv"


def test_a_path_from_the_root_in_a_sub_folder_is_guessed(ws, monkeypatch):
    (ws.root / "data" / "sub").mkdir()
    for folder, meant in (("data", "x.csv"), ("data/sub", "../x.csv")):
        monkeypatch.chdir(ws.root / folder)
        with pytest.raises(NotFound) as error:
            snapshot(ws, "data/x.csv")
        assert error.value.hint == f"did you mean {meant}?"


def test_no_repository_says_how_to_make_one(tmp_path, monkeypatch):
    from mlops_jupyter.workspace import Workspace

    (tmp_path / "mlops.toml").write_text("schema = 1\n")
    (tmp_path / "x.csv").write_text("1")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput) as error:
        snapshot(Workspace.find(), "x.csv")
    assert "mlops init" in error.value.hint
