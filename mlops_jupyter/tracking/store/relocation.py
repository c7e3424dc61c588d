"""Repairing the embedded store of a workspace that was moved.

MLflow writes absolute artifact paths into the store; in a moved workspace they lead nowhere.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from mlops_jupyter.tracking.store import schema, soundness
from mlops_jupyter.tracking.store.locking import store_lock

if TYPE_CHECKING:
    from mlops_jupyter.workspace import Workspace

# Table -> its column that holds artifact locations.
_LOCATIONS = {
    "experiments": "artifact_location",
    "runs": "artifact_uri",
    "logged_models": "artifact_location",
}
_MARK = "/.mlops/artifacts"


def misplaced(workspace: Workspace) -> int:
    """Return how many artifact locations lead out of this workspace.

    MLflow's interface does not tell them all, so the store's file is read, and read only.

    Raises
    ------
    StoreUnavailable
        The store cannot be read.
    """
    store = workspace.embedded_store
    path = store.sqlite_path
    if path is None or not path.exists():
        return 0
    try:
        with closing(soundness.connect(path)) as connection:
            return sum(len(_rows(connection, workspace, table)) for table in _LOCATIONS)
    except sqlite3.Error as error:
        raise soundness.unusable(store, f"{path}: {error}", "mlops doctor") from None


def relocate(workspace: Workspace) -> int:
    """Point artifact locations at this workspace, after a backup; return how many were changed."""
    path = workspace.embedded_store.sqlite_path
    if path is None or not misplaced(workspace):
        return 0
    changed = 0
    with (
        store_lock(workspace),
        closing(soundness.connect(path)) as connection,
        connection,
    ):
        schema.back_up(path, "moved")
        for table, column in _LOCATIONS.items():
            for rowid, location in _rows(connection, workspace, table):
                here = workspace.artifacts_dir.as_uri() + location.partition(_MARK)[2]
                connection.execute(
                    f"UPDATE {table} SET {column} = ? WHERE rowid = ?",  # noqa: S608 - our names
                    (here, rowid),
                )
                changed += 1
    return changed


def _rows(
    connection: sqlite3.Connection, workspace: Workspace, table: str
) -> list[tuple[int, str]]:
    column = _LOCATIONS[table]
    here = workspace.artifacts_dir.as_uri()
    found = connection.execute(f"SELECT rowid, {column} FROM {table}")  # noqa: S608 - our names
    return [
        (rowid, location)
        for rowid, location in found
        if location and _MARK in location and not location.startswith(here)
    ]
