"""The commands that `show` says: obeyed as they stand, they bring a version back."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from mlops_jupyter.data import push, show, snapshot
from mlops_jupyter.workspace import Workspace
from tests.stock import cloned, commit_all, sh


def _obey(folder: Path, commands: list[str]) -> None:
    assert commands
    for command in commands:
        sh(folder, *shlex.split(command))


def test_what_show_says_restores_versions_older_than_the_remote(
    workspace, before_the_remote, tmp_path
):
    push(workspace)
    clone = cloned(workspace.root, tmp_path / "clone")
    for tag, (path, content, pointer) in before_the_remote.items():
        said = show(workspace, tag.removeprefix("mlops/data/").replace("/", "@"))
        assert " && ".join(said.by_dvc_in_clone) in said.to_text()
        _obey(clone, said.by_dvc_in_clone)
        assert (clone / path).read_bytes() == content
        assert pointer in said.by_dvc[0]
        (workspace.root / path).unlink()
        _obey(workspace.root, said.by_dvc)
        assert (workspace.root / path).read_bytes() == content


@pytest.mark.parametrize("ignored", [False, True])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("committed", [False, True])
def test_what_show_says_restores_in_a_clone(workspace, tmp_path, ignored, when, committed):
    root = workspace.root
    (root / ".gitignore").write_text("/.mlops/\n" + "/data/\n" * ignored)
    if committed:
        commit_all(root)
    (root / "data").mkdir()
    (root / "data" / "a b.csv").write_text("1\n")
    if when == "before":
        snapshot(workspace, "data/a b.csv")
        assert not show(workspace, "a b").by_dvc_in_clone
    # In no commit of the branch: only versions made from now on have it.
    sh(root, "dvc", "remote", "add", "-d", "shelf", str(tmp_path / "shelf"))
    if when == "after":
        snapshot(workspace, "data/a b.csv")
    push(workspace)
    clone = cloned(root, tmp_path / "clone")
    said = show(workspace, "a b@v1").by_dvc_in_clone
    assert ("--local" in " ".join(said)) == (when == "before")
    _obey(clone, said)
    assert (clone / "data" / "a b.csv").read_text() == "1\n"


def test_what_show_says_holds_for_what_git_ignores_since(workspace, tmp_path):
    root = workspace.root
    commit_all(root)
    (root / "data").mkdir()
    (root / "data" / "x.csv").write_text("1\n")
    snapshot(workspace, "data/x.csv")
    sh(root, "dvc", "remote", "add", "-d", "shelf", str(tmp_path / "shelf"))
    push(workspace)
    (root / ".gitignore").write_text("/.mlops/\n/data/\n")
    commit_all(root)
    clone = cloned(root, tmp_path / "clone")
    said = show(workspace, "x")
    _obey(clone, said.by_dvc_in_clone)
    assert (clone / "data" / "x.csv").read_text() == "1\n"
    (root / "data" / "x.csv").unlink()
    _obey(root, said.by_dvc)
    assert (root / "data" / "x.csv").read_text() == "1\n"


def test_where_dvc_sees_no_pointer_no_commands_are_said(workspace):
    (workspace.root / ".gitignore").write_text("/.mlops/\n*.dvc\n")
    (workspace.root / "x.csv").write_text("1\n")
    snapshot(workspace, "x.csv")
    assert show(workspace, "x").by_dvc == []


def test_what_show_says_holds_below_the_top_of_a_repository(workspace, tmp_path):
    below = workspace.root / "team" / "a"
    below.mkdir(parents=True)
    (below / "mlops.toml").write_text("schema = 1\n")
    (workspace.root / ".gitignore").write_text(".mlops/\nraw/\n")
    commit_all(workspace.root)
    sh(workspace.root, "dvc", "remote", "add", "-d", "shelf", str(tmp_path / "shelf"))
    there = Workspace.find(below)
    (below / "raw").mkdir()
    for path in ("x.csv", "raw/y.csv"):
        (below / path).write_text(path)
        snapshot(there, below / path)
    push(there)
    clone = cloned(workspace.root, tmp_path / "clone")
    for name, path in (("x", "x.csv"), ("y", "raw/y.csv")):
        said = show(there, name)
        _obey(clone / "team" / "a", said.by_dvc_in_clone)
        assert (clone / "team" / "a" / path).read_text() == path
        (below / path).unlink()
        _obey(below, said.by_dvc)
        assert (below / path).read_text() == path
