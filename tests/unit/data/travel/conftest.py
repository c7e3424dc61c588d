from __future__ import annotations

import subprocess

import pytest

from mlops_jupyter import git


def dvc_remote(ws, name, url, *settings):
    """Write a remote into DVC's local settings, as `dvc remote add -d --local` does."""
    lines = [f"['remote \"{name}\"']", f"    url = {url}", *(f"    {s}" for s in settings)]
    text = "[core]\n    remote = " + name + "\n" + "\n".join(lines) + "\n"
    (ws.root / ".dvc" / "config.local").write_text(text)


@pytest.fixture
def remote_of():
    return dvc_remote


@pytest.fixture
def shelf(ws, tmp_path):
    """A workspace with a local remote, and where that is."""
    place = tmp_path / "shelf"
    dvc_remote(ws, "shelf", place)
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
        dvc_remote(made, "shelf", shelf)
        return made

    return make
