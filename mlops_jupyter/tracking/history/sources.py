"""Which way runs are read: see `stored.Source`."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

from mlops_jupyter.errors import StoreUnavailable
from mlops_jupyter.tracking.history.client_source import ClientSource
from mlops_jupyter.tracking.history.sqlite_source import SqliteSource, open_file
from mlops_jupyter.tracking.store import liveness
from mlops_jupyter.tracking.store.opening import client as open_client
from mlops_jupyter.tracking.store.opening import write_what_waits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlops_jupyter.tracking.history.stored import Source
    from mlops_jupyter.workspace import Workspace


@contextlib.contextmanager
def opened(workspace: Workspace) -> Iterator[Source]:
    """Open the workspace's store to look back.

    Raises
    ------
    StoreUnavailable
        It does not answer, or cannot be used.
    """
    source: SqliteSource | ClientSource | None = None
    try:
        source = _direct(workspace) or ClientSource(open_client(workspace))
        yield source
    except sqlite3.DatabaseError as error:
        raise StoreUnavailable(
            f"the tracking store {workspace.store.shown} cannot be read: {error}",
            "another process may be writing to it: try again; else `mlops doctor`",
        ) from error
    finally:
        if source is not None:
            source.close()


def _direct(workspace: Workspace) -> SqliteSource | None:
    """Open the store's file, where it is one that needs nothing done before."""
    path = workspace.store.sqlite_path
    if path is None:
        return None
    write_what_waits()
    source = open_file(path)
    if source is not None and not _may_have_dead(workspace, source):
        return source
    # Opening it the whole way makes or upgrades it, and ends the runs of the dead.
    if source is not None:
        source.close()
    open_client(workspace)
    return open_file(path)


def _may_have_dead(workspace: Workspace, source: SqliteSource) -> bool:
    """Whether a run says that it is running whose kernel may be gone."""
    if not source.any_running():
        return False
    if not liveness.locks_decide(workspace):
        return True
    return next(iter(liveness.dead(workspace, workspace.store)), None) is not None
