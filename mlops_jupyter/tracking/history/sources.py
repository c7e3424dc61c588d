"""Which way runs are read: see `stored.Source`."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

from mlops_jupyter.errors import StoreUnavailable
from mlops_jupyter.tracking.history.client_source import ClientSource
from mlops_jupyter.tracking.history.sqlite_source import SqliteSource, open_file
from mlops_jupyter.tracking.store.opening import client as open_client

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
    source = _direct(workspace) or ClientSource(open_client(workspace))
    try:
        yield source
    except sqlite3.DatabaseError as error:
        raise StoreUnavailable(
            f"the tracking store {workspace.store.shown} cannot be read: {error}",
            "another process may be writing to it: try again; else `mlops doctor`",
        ) from error
    finally:
        source.close()


def _direct(workspace: Workspace) -> SqliteSource | None:
    path = workspace.store.sqlite_path
    source = open_file(path) if path is not None else None
    if path is None or (source is not None and not source.any_running()):
        return source
    # Opening it the whole way makes or upgrades it, and ends the runs of the dead.
    if source is not None:
        source.close()
    open_client(workspace)
    return open_file(path)
