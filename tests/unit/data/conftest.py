from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mlops_jupyter import git
from mlops_jupyter.data.cache.prepare import prepare
from mlops_jupyter.workspace import Workspace


def _make(root: Path) -> Workspace:
    """A workspace without a tracking store: all that data versions need, and made at once."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "mlops.toml").write_text("schema = 1\n")
    prepare(root)
    return Workspace.find(root)


@pytest.fixture(autouse=True)
def _somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an identity a version says that it has none."""
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Ada")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "ada@example.org")


@pytest.fixture
def make_workspace():
    return _make


@pytest.fixture(scope="session")
def _pristine_ws(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One of them, made by real git; tests get copies."""
    made = _make(tmp_path_factory.mktemp("pristine-data") / "project")
    # Without any commit the first version of each name says so.
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    git.run(made.root, *identity, "commit", "--quiet", "--allow-empty", "-m", "begin")
    (made.root / "data").mkdir()
    (made.root / "data" / "x.csv").write_text("a,b\n1,2\n")
    return made.root


@pytest.fixture
def ws(_pristine_ws: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    root = tmp_path / "project"
    shutil.copytree(_pristine_ws, root, symlinks=True)
    monkeypatch.chdir(root)
    return Workspace.find(root)


def tree_of(ws, ref="mlops/data/x/v1") -> dict[str, str]:
    """The files of a version's commit."""
    listed = git.run(ws.root, "ls-tree", "-r", "-z", ref).split("\0")[:-1]
    return {
        entry.partition("\t")[2]: git.run(ws.root, "cat-file", "blob", entry.split()[2])
        for entry in listed
    }
