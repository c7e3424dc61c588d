"""What tests of `mlops reproduce` share: a committed project, notebooks in it, verdicts."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

import mlops_jupyter as mlops
from mlops_jupyter import git
from mlops_jupyter.errors import GateFailed

IDENTITY = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
WEEK = "day,late\n1,3\n2,5\n3,2\n4,9\n5,4\n6,1\n7,7\n"
FIT = """
import pandas as pd
from sklearn.tree import DecisionTreeRegressor
frame = pd.read_csv("week.csv")
tree = DecisionTreeRegressor(max_depth=depth, random_state=0).fit(frame[["day"]], frame["late"])
"""


def commit(root: Path, message: str = "state") -> None:
    git.run(root, "add", "--all")
    git.run(root, *IDENTITY, "commit", "--quiet", "--allow-empty", "-m", message)


def prepare(root: Path) -> None:
    """Put data into a workspace that is not git's business, and commit all else."""
    (root / "week.csv").write_text(WEEK)
    ignored = root / ".gitignore"
    before = ignored.read_text() if ignored.exists() else ""
    ignored.write_text(f"{before}\n*.csv\n*.db\n/.mlops/\n")
    commit(root)


def notebook(path: str, *cells: str, parameters: str | None = None) -> Path:
    """Write a notebook."""
    made = [new_code_cell(cell) for cell in cells]
    if parameters:
        made.insert(0, new_code_cell(parameters, metadata={"tags": ["parameters"]}))
    kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    place = Path(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=made, metadata={"kernelspec": kernelspec}), place)
    return place


def newest(workspace):
    return mlops.runs(workspace).runs[0]


def refused(workspace, run="last", **options):
    """Return what is told of a run that came out otherwise, or cannot be made again."""
    with pytest.raises(GateFailed) as caught:
        mlops.reproduce(workspace, run, **options)
    return caught.value.result


def state_of(root: Path) -> dict[str, object]:
    """All of a repository that is the user's: files with their times, and what git holds."""
    files = {}
    for here, folders, names in os.walk(root):
        folders[:] = [f for f in folders if (Path(here) / f).relative_to(root).as_posix() not in
                      {".mlops", ".dvc/tmp", ".dvc/cache", ".git/objects"}]  # fmt: skip
        for name in names:
            path = Path(here) / name
            seen = path.lstat()
            content = path.readlink() if path.is_symlink() else path.read_bytes()
            files[path.relative_to(root).as_posix()] = (content, seen.st_mode, seen.st_mtime_ns)
    asked = {
        words: subprocess.run(
            ["git", "--no-optional-locks", *words], cwd=root, capture_output=True, check=True
        ).stdout
        for words in (
            ("status", "--porcelain=v2", "--branch"),
            ("for-each-ref",),
            ("worktree", "list"),
            ("stash", "list"),
            ("count-objects", "-v"),
        )
    }
    return {"files": files, **{" ".join(words): said for words, said in asked.items()}}
