"""What a snapshot keeps, stock git and stock DVC restore: nobody needs us to get data back."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from mlops_jupyter.data import path_of, resolve, snapshot, versions
from mlops_jupyter.data.catalog.contents import files_of
from mlops_jupyter.data.catalog.passed_over import passed_over
from mlops_jupyter.workspace import Workspace
from tests.stock import cloned, commit_all, sh


def test_a_clone_restores_the_bytes(workspace, tmp_path):
    root = workspace.root
    (root / ".gitignore").write_text("/data/\n/.mlops/\n")  # the pointer cannot lie beside the data
    (root / "code.py").write_text("1\n")
    commit_all(root)
    (root / "data" / "sub").mkdir(parents=True)
    (root / "plain ü.csv").write_bytes(b"a,b\r\n1,2\r\n")
    (root / "data" / "x.bin").write_bytes(os.urandom(100_000))
    (root / "data" / "sub" / "y.txt").write_text("y")
    wanted = {
        "data:plain ü@v1": {"plain ü.csv": (root / "plain ü.csv").read_bytes()},
        "data:x@v1": {"data/x.bin": (root / "data" / "x.bin").read_bytes()},
        "data:data@v1": {
            "data/x.bin": (root / "data" / "x.bin").read_bytes(),
            "data/sub/y.txt": b"y",
        },
    }
    tags = {}
    for path in ("plain ü.csv", "data/x.bin", "data"):
        version = snapshot(workspace, path)
        tags[version.ref] = version.commit
    (root / "plain ü.csv").write_text("changed since")
    assert tags.keys() == wanted.keys()

    # The cache travels by DVC's own push, to the remote that only the config of now knows.
    sh(root, "dvc", "remote", "add", "-d", "shelf", str(tmp_path / "shelf"))
    (root / "plain ü.csv").write_bytes(wanted["data:plain ü@v1"]["plain ü.csv"] + b"3,4\r\n")
    wanted["data:plain ü@v2"] = {"plain ü.csv": (root / "plain ü.csv").read_bytes()}
    tags["data:plain ü@v2"] = snapshot(workspace, "plain ü.csv").commit
    listed = sh(root, "git", "tag", "--list", "mlops/data/*").split()
    assert len(listed) == 4

    clone = cloned(root, tmp_path / "clone")
    sh(clone, "dvc", "cache", "dir", "--local", str(root / ".dvc" / "cache"))
    for tag in listed:
        sh(clone, "git", "checkout", "-q", tag)
        sh(clone, "dvc", "checkout")
        ref = next(r for r, commit in tags.items() if commit == _head(clone))
        for path, content in wanted[ref].items():
            assert (clone / path).read_bytes() == content, (ref, path)
        assert (clone / "code.py").is_file()
        assert "up to date" in sh(clone, "dvc", "status")
    assert "shelf" in sh(clone, "git", "show", "mlops/data/plain%20%C3%BC/v2:.dvc/config")


def _head(folder: Path) -> str:
    return sh(folder, "git", "rev-parse", "HEAD").strip()


def test_a_remote_gives_the_bytes_to_a_clone(workspace, tmp_path):
    root = workspace.root
    sh(root, "dvc", "remote", "add", "-d", "shelf", str(tmp_path / "shelf"))
    (root / "x.csv").write_text("1\n2\n")
    snapshot(workspace, "x.csv")
    sh(root, "dvc", "push", "--all-tags")
    clone = cloned(root, tmp_path / "clone")
    sh(clone, "git", "checkout", "-q", "mlops/data/x/v1")
    sh(clone, "dvc", "pull")
    assert (clone / "x.csv").read_text() == "1\n2\n"


def test_dvc_gc_keeps_tagged_versions(workspace):
    root = workspace.root
    commit_all(root)
    (root / "x.csv").write_text("1\n")
    version = snapshot(workspace, "x.csv")
    kept = path_of(workspace, version.ref)
    (root / "x.csv").write_text("2\n")
    unnamed = path_of(workspace, snapshot(workspace, "x.csv").ref)
    sh(root, "git", "tag", "--delete", "mlops/data/x/v2")
    sh(root, "dvc", "gc", "--all-tags", "--force")
    assert kept.is_file()
    assert not unnamed.exists()


def test_what_dvc_added_is_taken_as_it_is(workspace):
    root = workspace.root
    (root / "x.csv").write_text("1\n2\n")
    sh(root, "dvc", "add", "x.csv")
    commit_all(root)
    pointer = (root / "x.csv.dvc").read_bytes()
    version = snapshot(workspace, "x.csv")
    assert version.hash.encode() in pointer
    assert "up to date" in sh(root, "dvc", "status")
    assert (root / "x.csv.dvc").read_bytes() == pointer


def _pushed(shelf: Path) -> int:
    return sum(path.is_file() for path in shelf.rglob("*"))


def test_versions_older_than_the_remote_are_pushed_once_it_is_known_to_the_machine(
    workspace, before_the_remote, tmp_path
):
    shelf = tmp_path / "shelf"
    # DVC reads the settings of each tag: there is no remote in them.
    assert "up to date" in sh(workspace.root, "dvc", "push", "--all-tags")
    assert _pushed(shelf) == 0
    assert passed_over(workspace) == 4
    sh(workspace.root, "dvc", "remote", "add", "--local", "-d", "shelf", str(shelf))
    assert passed_over(workspace) == 0
    sh(workspace.root, "dvc", "push", "--all-tags")
    assert _pushed(shelf) == 5  # four files, one list

    # The same in a clone: then any tag is checked out and pulled.
    clone = cloned(workspace.root, tmp_path / "clone")
    sh(clone, "dvc", "remote", "add", "--local", "-d", "shelf", str(shelf))
    for tag, (path, content, _) in before_the_remote.items():
        sh(clone, "git", "checkout", "-q", tag)
        sh(clone, "dvc", "pull")
        assert (clone / path).read_bytes() == content
        assert "up to date" in sh(clone, "dvc", "status")


def test_a_clone_takes_an_old_pointer_to_a_branch_that_knows_the_remote(
    workspace, before_the_remote, tmp_path
):
    shelf = str(tmp_path / "shelf")
    sh(workspace.root, "dvc", "remote", "add", "--local", "-d", "shelf", shelf)
    sh(workspace.root, "dvc", "push", "--all-tags")
    clone = cloned(workspace.root, tmp_path / "clone")
    for tag, (path, content, pointer) in before_the_remote.items():
        sh(clone, "git", "checkout", "-q", tag, "--", pointer)
        sh(clone, "dvc", "pull", pointer)
        assert (clone / path).read_bytes() == content


def test_a_pinned_version_outlives_a_clearing_of_the_workspace(workspace):
    root = workspace.root
    commit_all(root)
    (root / "data").mkdir()
    (root / "data" / "a b.csv").write_text("1\n")
    pinned = snapshot(workspace, "data/a b.csv", pin=True)
    (root / "folder").mkdir()
    (root / "folder" / "y.csv").write_text("2\n")
    folder = snapshot(workspace, "folder", pin=True)
    (root / "loose.csv").write_text("3\n")
    loose = snapshot(workspace, "loose.csv")
    found = versions(workspace)
    assert found.unpinned == 1
    assert "--workspace keeps only what is pinned: 1 version is not" in found.to_text()
    assert "up to date" in sh(root, "dvc", "status")
    shown = sh(root, "git", "-c", "core.quotePath=false", "status", "--porcelain", "-uall")
    assert {line.split(maxsplit=1)[1].strip('"') for line in shown.splitlines()} == {
        ".gitignore", "data/.gitignore", "data/a b.csv.dvc", "folder.dvc", "loose.csv"
    }  # fmt: skip

    where = path_of(workspace, loose.ref)
    sh(root, "dvc", "gc", "--workspace", "--force")
    assert path_of(workspace, pinned.ref).read_text() == "1\n"
    assert [file.path.read_text() for file in files_of(workspace, folder)] == ["2\n"]
    assert not where.exists()
    (root / "data" / "a b.csv").unlink()
    sh(root, "dvc", "checkout")
    assert (root / "data" / "a b.csv").read_text() == "1\n"


def test_removing_a_linked_worktree_takes_no_version_along(workspace, tmp_path):
    root, tree = workspace.root, tmp_path / "tree"
    commit_all(root)
    sh(root, "git", "worktree", "add", "-q", str(tree))
    there = Workspace.find(tree)
    (tree / "folder").mkdir()
    (tree / "folder" / "y.csv").write_text("2\n")
    snapshot(there, tree / "folder")
    sh(tree, "git", "worktree", "remove", "--force", str(tree))
    assert not tree.exists()
    files = files_of(workspace, resolve(workspace, "data:folder@v1"))
    assert [file.path.read_text() for file in files] == ["2\n"]


def test_without_a_commit_a_version_is_a_whole_repository_of_dvc(workspace, tmp_path):
    root = workspace.root
    for name in ("config", ".gitignore"):
        (root / ".dvc" / name).unlink()
    (root / "x.csv").write_text("1\n")
    (root / "y.csv").write_text("2\n")
    version = snapshot(workspace, "x.csv")
    assert "holds the data, not the code" in version.note
    (root / "x.csv").write_text("3\n")
    assert "not the code" not in snapshot(workspace, "x.csv").note
    clone = cloned(root, tmp_path / "clone")
    sh(clone, "git", "checkout", "-q", "mlops/data/x/v1")
    shutil.copytree(root / ".dvc" / "cache", clone / ".dvc" / "cache")
    sh(clone, "dvc", "checkout")
    assert (clone / "x.csv").read_text() == "1\n"
    assert sh(clone, "git", "status", "--porcelain") == "?? x.csv\n"
