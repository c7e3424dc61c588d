"""What a snapshot keeps, stock git and stock DVC restore: nobody needs us to get data back."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlops_jupyter.data import path_of, snapshot

ENVIRONMENT = {"DVC_NO_ANALYTICS": "1"}


def sh(folder: Path, *words: str) -> str:
    command = [sys.executable, "-m", *words] if words[0] == "dvc" else [*words]
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **ENVIRONMENT},
    )
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(autouse=True)
def _site_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site-cache"))


def _commit_all(root: Path) -> None:
    sh(root, "git", "add", "--all")
    sh(root, "git", "-c", "user.name=A", "-c", "user.email=a@b", "commit", "-qm", "work")


def test_a_clone_restores_the_bytes(workspace, tmp_path):
    root = workspace.root
    (root / ".gitignore").write_text("/data/\n/.mlops/\n")  # the pointer cannot lie beside the data
    (root / "code.py").write_text("1\n")
    _commit_all(root)
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

    clone = tmp_path / "clone"
    sh(tmp_path, "git", "clone", "-q", str(root), str(clone))
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
    clone = tmp_path / "clone"
    sh(tmp_path, "git", "clone", "-q", str(root), str(clone))
    sh(clone, "git", "checkout", "-q", "mlops/data/x/v1")
    sh(clone, "dvc", "pull")
    assert (clone / "x.csv").read_text() == "1\n2\n"


def test_dvc_gc_keeps_tagged_versions(workspace):
    root = workspace.root
    _commit_all(root)
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
    _commit_all(root)
    pointer = (root / "x.csv.dvc").read_bytes()
    version = snapshot(workspace, "x.csv")
    assert version.hash.encode() in pointer
    assert "up to date" in sh(root, "dvc", "status")
    assert (root / "x.csv.dvc").read_bytes() == pointer
