"""Runs that wait here for a tracking server: local first, delivered afterwards.

While a workspace's store is a server, runs are written to the embedded store, so that no cell
ever waits for a network, and are marked with the server they are for.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from mlops_jupyter.tracking import tags

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun

    from mlops_jupyter.workspace import Store, Workspace

WAITING, DELIVERED = "waiting", "delivered"
_USER = re.compile(r"(?<=://)(?!/)[^/]*@", re.DOTALL)
_COUNT = """
SELECT count(*) FROM runs
JOIN tags AS place ON place.run_uuid = runs.run_uuid AND place.key = ? AND place.value = ?
JOIN tags AS state ON state.run_uuid = runs.run_uuid AND state.key = ? AND state.value = ?
WHERE runs.lifecycle_stage = 'active'
"""


def recording_store(workspace: Workspace) -> Store:
    """Return where runs are written first: never a server."""
    return workspace.embedded_store if workspace.store.remote else workspace.store


def address(store: Store) -> str:
    """Return what names a server in marks: its address, with nobody's name or password.

    Examples
    --------
    >>> from mlops_jupyter.workspace import Store
    >>> address(Store("https://me:secret@mlflow.example/", "here"))
    'https://mlflow.example'
    """
    return _USER.sub("", store.uri).rstrip("/")


def marks(recorded_in: Store, destination: Store) -> dict[str, str]:
    """Return the tags of a run that is written to one store and meant for another."""
    if recorded_in.uri == destination.uri or not destination.remote:
        return {}
    return {tags.SYNC_TO: address(destination), tags.SYNC_STATE: WAITING}


def run_context(recorded_in: Store, destination: Store) -> dict[str, str]:
    """Return the environment by which MLflow itself marks the runs that the user's code starts."""
    return {"MLFLOW_RUN_CONTEXT": tags.as_tag(marks(recorded_in, destination))}


def reopen(opened: MlflowClient, run: MlflowRun) -> None:
    """Note, before something is added to a run that was delivered, that it has to be again."""
    if run.data.tags.get(tags.SYNC_STATE) == DELIVERED and tags.SYNC_TO in run.data.tags:
        opened.set_tag(run.info.run_id, tags.SYNC_STATE, WAITING)


def count(workspace: Workspace, destination: Store | None = None) -> int:
    """Return how many runs wait here for a server; the workspace's by default.

    MLflow takes seconds to import, so the store's file is read, and read only.
    """
    destination = destination or workspace.store
    path = workspace.embedded_store.sqlite_path
    if not destination.remote or path is None or not path.exists():
        return 0
    wanted = (tags.SYNC_TO, address(destination), tags.SYNC_STATE, WAITING)
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=1)) as opened:
            found: tuple[int] = opened.execute(_COUNT, wanted).fetchone()
            return found[0]
    except sqlite3.Error:  # busy, or of another version: whoever needs the runs opens it and says
        return 0
