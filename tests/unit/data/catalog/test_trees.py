"""A version's commit holds HEAD, and a pointer of DVC's in the place of the data."""

from __future__ import annotations

import pytest

from mlops_jupyter import git
from mlops_jupyter.data import snapshot, versions
from tests.stock import commit_all
from tests.unit.data.conftest import tree_of


def test_the_tree_is_heads_with_the_pointer_instead_of_the_data(ws):
    (ws.root / "code.py").write_text("1")
    (ws.root / "data.dvc").write_text("outs:\n- path: data\n")  # claims our path for itself
    commit_all(ws.root)
    (ws.root / ".dvc" / "config").write_text("['remote \"here\"']\n    url = /somewhere\n")
    snapshot(ws, "data/x.csv")
    tree = tree_of(ws)
    assert tree["code.py"] == "1"
    assert "url = /somewhere" in tree[".dvc/config"]  # of now, not of HEAD
    assert "path: x.csv" in tree["data/x.csv.dvc"]
    assert tree.keys().isdisjoint({"data/x.csv", "data.dvc"})
    parents = git.run(ws.root, "rev-list", "--parents", "-1", "mlops/data/x/v1").split()[1:]
    assert parents == [git.run(ws.root, "rev-parse", "HEAD")]


@pytest.mark.parametrize("ignored", ["data/", "data/*", "*.csv*"])
def test_a_pointer_git_ignores_moves_to_where_dvc_sees_it(ws, ignored):
    (ws.root / ".gitignore").write_text(ignored + "\n")
    version = snapshot(ws, "data/x.csv")
    assert "path: data/x.csv" in tree_of(ws)["mlops-data.dvc"]
    assert version.note == ""


def test_where_git_ignores_all_pointers_it_is_said(ws):
    (ws.root / ".gitignore").write_text("*.dvc\n")
    assert "git ignores *.dvc" in snapshot(ws, "data/x.csv").note


def test_identity_neutral_only_where_git_has_none(ws, monkeypatch):
    for role in ("AUTHOR", "COMMITTER"):
        for part in ("NAME", "EMAIL"):
            monkeypatch.delenv(f"GIT_{role}_{part}", raising=False)
    monkeypatch.delenv("EMAIL", raising=False)
    shape = ("log", "-1", "--format=%an <%ae> %cn <%ce>")
    snapshot(ws, "data/x.csv", name="none")
    neutral = "mlops-jupyter <mlops-jupyter@localhost>"
    assert git.run(ws.root, *shape, "mlops/data/none/v1") == f"{neutral} {neutral}"

    git.run(ws.root, "config", "user.name", "Ada")
    git.run(ws.root, "config", "user.email", "ada@example.org")
    snapshot(ws, "data/x.csv", name="own")
    ada = "Ada <ada@example.org>"
    assert git.run(ws.root, *shape, "mlops/data/own/v1") == f"{ada} {ada}"


def test_the_users_hooks_do_not_run(ws):
    hook = ws.root / ".git" / "hooks" / "reference-transaction"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    assert snapshot(ws, "data/x.csv").version == 1


def test_a_workspace_below_the_repositorys_top(tmp_path, make_workspace):
    git.run(tmp_path, "init", "--quiet")
    ws = make_workspace(tmp_path / "deep" / "project")
    commit_all(ws.root)
    (ws.root / "x.csv").write_text("1")
    version = snapshot(ws, ws.root / "x.csv")
    assert version.path == "x.csv"
    assert versions(ws).versions == (version,)
    listed = git.run(tmp_path, "ls-tree", "-r", "--name-only", version.commit).split("\n")
    assert {"deep/project/x.csv.dvc", "deep/project/.dvc/config"} <= set(listed)
