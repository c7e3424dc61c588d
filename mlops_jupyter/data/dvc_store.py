"""DVC, in process. The only file that imports dvc: its Python API is not a documented one.

What is used: opening a repository, its configuration, its state database (which file has which
hash), and the builder that puts files into its cache.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any


def set_up(root: Path) -> None:
    """Do what ``dvc init`` does, except that nothing is staged in the user's git index."""
    from dvc.config import Config
    from dvc.ignore import init as write_dvcignore

    folder = root / ".dvc"
    folder.mkdir()
    Config.init(str(folder))
    write_dvcignore(str(root))
    _open(root).close()  # opening it writes .dvc/.gitignore


def _open(root: Path) -> Any:
    from dvc.repo import Repo

    # A user's global core.autostage would stage files.
    return Repo(str(root), config={"core": {"autostage": False}})
