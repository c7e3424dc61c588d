from __future__ import annotations

import subprocess

import pytest

from mlops_jupyter import git
from mlops_jupyter.data import snapshot
from tests.stock import make_remote


@pytest.fixture
def shelf(ws, tmp_path):
    """A workspace with a local remote, and where that is."""
    place = tmp_path / "shelf"
    make_remote(ws.root, place)
    return place


@pytest.fixture
def clone(ws, tmp_path, make_workspace, shelf):
    """Another workspace with the same history, the tags included, and an empty cache."""

    def make(name="clone"):
        commit = ("-c", "user.name=A", "-c", "user.email=a@b", "commit", "-qm", "x")
        if not git.succeeds(ws.root, "rev-parse", "--quiet", "--verify", "HEAD"):
            subprocess.run(["git", "add", "mlops.toml", ".dvc/config"], cwd=ws.root, check=True)
            subprocess.run(["git", *commit], cwd=ws.root, check=True)
        root = tmp_path / name
        subprocess.run(["git", "clone", "-q", ws.root, root], check=True)
        made = make_workspace(root)
        make_remote(root, shelf)
        return made

    return make


@pytest.fixture
def versions(ws):
    """A file in two versions, and a folder."""
    snapshot(ws, "data/x.csv")
    snapshot(ws, "data")
    (ws.root / "data" / "x.csv").write_text("a,b\n3,4\n")
    snapshot(ws, "data/x.csv")
    return ws


def objects(shelf):
    """The files that a remote has."""
    return sorted(p for p in (shelf / "files").rglob("*") if p.is_file())


def spoil(path, content=b"spoilt"):
    """Write over a file of the cache or of a remote."""
    path.chmod(0o644)
    path.write_bytes(content)
    path.chmod(0o444)
