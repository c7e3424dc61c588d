from __future__ import annotations

from pathlib import Path

import pytest

from mlops_jupyter import git
from mlops_jupyter.data.cache.prepare import dvc_root, prepare
from mlops_jupyter.errors import BadInput
from tests.stock import sh


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_from_nothing(tmp_path):
    done = prepare(tmp_path)
    assert done == ["Made a git repository.", "Set up DVC in .dvc/."]
    assert git.top_level(tmp_path) == dvc_root(tmp_path) == tmp_path
    before = _files(tmp_path)
    assert prepare(tmp_path) == []
    assert _files(tmp_path) == before


def test_below_a_repository_nothing_above_is_written(tmp_path):
    git.run(tmp_path, "init", "--quiet")
    (tmp_path / "staged.txt").write_text("x")
    git.run(tmp_path, "add", "staged.txt")
    root = tmp_path / "deep" / "project"
    root.mkdir(parents=True)
    before = _files(tmp_path)
    assert prepare(root) == ["Set up DVC in .dvc/."]
    after = _files(tmp_path)
    assert {name: after[name] for name in before} == before
    assert all(name.startswith("deep/project/.dvc") for name in after.keys() - before.keys())


def test_the_user_index_stays_with_autostage(tmp_path, monkeypatch):
    # A global core.autostage makes DVC stage what it writes.
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config").write_text("[core]\n    autostage = true\n")
    monkeypatch.setenv("DVC_GLOBAL_CONFIG_DIR", str(tmp_path / "config"))
    root = tmp_path / "project"
    root.mkdir()
    prepare(root)
    assert not (root / ".git" / "index").exists()


def test_a_teams_dvc_at_the_top_is_used(tmp_path):
    prepare(tmp_path)
    root = tmp_path / "project"
    root.mkdir()
    assert prepare(root) == []
    assert dvc_root(root) == tmp_path


def test_a_folder_that_git_ignores_gets_its_own_repository(tmp_path):
    git.run(tmp_path, "init", "--quiet")
    (tmp_path / ".gitignore").write_text("/demo/\n")
    root = tmp_path / "demo"
    root.mkdir()
    assert prepare(root)[0] == "Made a git repository."
    assert git.top_level(root) == root


def test_never_a_repository_in_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(BadInput, match="home folder"):
        prepare(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_stock_dvc_works_there(tmp_path):
    prepare(tmp_path)
    assert "no data or pipelines" in sh(tmp_path, "dvc", "status")
