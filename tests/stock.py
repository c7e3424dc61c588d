"""git and DVC as they are without us."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ENVIRONMENT = {"DVC_NO_ANALYTICS": "1"}
# DVC as somebody has it who never heard of us: the package cannot even be imported.
DVC = """
import sys
sys.modules["mlops_jupyter"] = None
from dvc.cli import main
sys.exit(main())
"""


def sh(folder: Path, *words: str) -> str:
    """Run a command in a folder, which has to do it; return what it prints."""
    command = [sys.executable, "-c", DVC, *words[1:]] if words[0] == "dvc" else [*words]
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


def commit_all(root: Path) -> None:
    sh(root, "git", "add", "--all")
    sh(root, "git", "-c", "user.name=A", "-c", "user.email=a@b", "commit", "-qm", "work")


def cloned(root: Path, place: Path) -> Path:
    """Clone a repository with stock git."""
    sh(place.parent, "git", "clone", "-q", str(root), str(place))
    return place


def make_remote(root: Path, url: object, *settings: str, name: str = "shelf") -> None:
    """Make a remote DVC's own on this machine alone, as `dvc remote add -d --local` does."""
    lines = ["[core]", f"    remote = {name}", f"['remote \"{name}\"']", f"    url = {url}"]
    lines += [f"    {setting}" for setting in settings]
    (root / ".dvc" / "config.local").write_text("\n".join(lines) + "\n")
