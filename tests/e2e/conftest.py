"""Fixtures of the end-to-end tests."""

import os
from pathlib import Path

import pytest

from mlops_jupyter.data import snapshot
from mlops_jupyter.project.demo import demo
from mlops_jupyter.workspace import Workspace
from tests import s3
from tests.shells import Cells
from tests.stock import commit_all, sh


@pytest.fixture
def cells(workspace):
    """A shell in a workspace, with the extension loaded."""
    opened = Cells()
    opened.run("%load_ext mlops_jupyter")
    yield opened
    opened.close()


@pytest.fixture
def demo_workspace(tmp_path, monkeypatch):
    """The demo's folder, laid out; the current folder is its root."""
    folder = tmp_path / "flights demo"
    demo(folder, no_run=True)
    monkeypatch.chdir(folder)
    return Workspace.find(folder)


@pytest.fixture(scope="session")
def _s3_server():
    with s3.serving() as running:
        yield running


@pytest.fixture
def s3_server(_s3_server, monkeypatch, tmp_path):
    """An S3 server, its bucket empty; nothing of this machine's own settings for AWS."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    _s3_server.clear()
    return _s3_server


@pytest.fixture
def before_the_remote(workspace, tmp_path):
    """Versions that were made when no remote was known; it is in the branch's settings now."""
    root = workspace.root
    (root / ".gitignore").write_text("/hidden/\n/.mlops/\n")
    commit_all(root)
    (root / "hidden").mkdir()
    (root / "folder").mkdir()
    kept = {
        "x.csv": (b"1\r\n", "x.csv.dvc"),
        "hidden/y.csv": (b"22\n", "mlops-data.dvc"),
        "folder/z.csv": (b"333\n", "folder.dvc"),
    }
    for path, (content, _) in kept.items():
        (root / path).write_bytes(content)
    tags = {"x.csv": "x", "hidden/y.csv": "y", "folder/z.csv": "folder"}
    for path in tags:
        snapshot(workspace, "folder" if path.startswith("folder") else path)
    (root / "x.csv").write_text("4444\n")
    snapshot(workspace, "x.csv")  # what is restored is not the newest
    sh(root, "dvc", "remote", "add", "-d", "shelf", str(tmp_path / "shelf"))
    _commit_settings(root)
    return {f"mlops/data/{tags[path]}/v1": (path, *kept[path]) for path in kept}


def _commit_settings(root: Path) -> None:
    identity = ("-c", "user.name=A", "-c", "user.email=a@b")
    sh(root, "git", *identity, "commit", "-qm", "a remote", "--", ".dvc/config")
