from __future__ import annotations

import subprocess
import warnings
from datetime import timedelta
from pathlib import Path

import pytest

from mlops_jupyter import data
from mlops_jupyter.data.upkeep import clearing

NO_TIME = timedelta(0)


class Repository:
    """A workspace's repository, as its user and DVC see it."""

    def __init__(self, ws) -> None:
        self.ws = ws
        self.root: Path = ws.root

    def git(self, *words: str, folder: Path | None = None) -> str:
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words]
        done = subprocess.run(
            command, cwd=folder or self.root, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def write(self, name: str, text: str) -> Path:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def add_by_dvc(self, name: str, text: str) -> str:
        """What a user of DVC does; return the content's hash."""
        self.write(name, text)
        return self.take_by_dvc(name)

    def take_by_dvc(self, name: str) -> str:
        from dvc.repo import Repo

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # DVC's own
            with Repo(str(self.root)) as repo:
                (stage,) = repo.add(str(self.root / name))
                return str(stage.outs[0].hash_info.value)

    def snapshot(self, name: str, text: str) -> data.DataVersion:
        return data.snapshot(self.ws, self.write(name, text))

    def cached(self) -> set[str]:
        folder = self.root / ".dvc/cache/files/md5"
        return {p.parent.name + p.name for p in folder.glob("??/*")}

    def clear(self, **how) -> data.FreedData:
        how = {"used": set(), "dry_run": False, "least": NO_TIME} | how
        return clearing.clear(self.ws, **how)


@pytest.fixture
def repository(ws) -> Repository:
    return Repository(ws)
