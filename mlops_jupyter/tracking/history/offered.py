"""Names of runs and models for Tab: read from the store's file alone, as Tab must not wait."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops_jupyter.workspace import Workspace

_RUNS = """
SELECT run_uuid, name FROM runs WHERE lifecycle_stage = 'active'
ORDER BY start_time DESC LIMIT :most
"""
_MODELS = """
SELECT name, version FROM model_versions WHERE current_stage IS NOT 'Deleted_Internal'
ORDER BY creation_time DESC LIMIT :most
"""
_SHORT = 8  # of a run's id


def runs(workspace: Workspace, most: int) -> list[str]:
    """Return names of the newest runs, and beginnings of ids where several have a name.

    Examples
    --------
    >>> runs(ws, 5)
    ['forest']
    """
    found = _read(workspace, _RUNS, most)
    names = [name for _, name in found]
    return [
        name if name and names.count(name) == 1 and not _has_space(name) else run_id[:_SHORT]
        for run_id, name in found
    ]


def models(workspace: Workspace, most: int) -> list[str]:
    """Return the newest versions of registered models.

    Examples
    --------
    >>> models(ws, 5)
    []
    """
    found = _read(workspace, _MODELS, most)
    return [f"{name}@{version}" for name, version in found if not _has_space(name)]


def _read(workspace: Workspace, question: str, most: int) -> list[tuple[str, str]]:
    """Ask the store's file; a server, or a store that is not made yet, offers nothing."""
    path = workspace.store.sqlite_path
    if path is None or not path.is_file():
        return []
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as opened:
            return list(opened.execute(question, {"most": most}))
    except sqlite3.Error:
        return []


def _has_space(name: str) -> bool:
    return any(sign.isspace() for sign in name)
