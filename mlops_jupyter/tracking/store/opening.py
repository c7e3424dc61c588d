"""The tracking store: opening it, creating and upgrading the embedded one, noticing a dead one."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import sqlite3
import urllib.error
import urllib.request
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from mlops_jupyter.errors import BadSettings, StoreUnavailable
from mlops_jupyter.results import Event, Events, ignore_events
from mlops_jupyter.tracking.store import filesystems, schema, waiting
from mlops_jupyter.tracking.store.failures import reason_of
from mlops_jupyter.tracking.store.locking import state_folder, store_lock
from mlops_jupyter.tracking.store.quiet import (
    quiet_links,
    quiet_logs,
    tell_database_errors_once,
)
from mlops_jupyter.tracking.store.reaper import end_the_dead
from mlops_jupyter.workspace import without_credentials

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mlflow import MlflowClient

    from mlops_jupyter.workspace import Store, Workspace

__all__ = [
    "PROBE_TIMEOUT", "before_opening", "client", "prepare", "probe", "quiet_links",
    "quiet_logs", "store_lock", "write_what_waits",
]  # fmt: skip

# How long a tracking server may take to say that it lives, in seconds.
PROBE_TIMEOUT = 1.0
# Databases that MLflow talks to itself, and where they listen.
_DATABASES = {"postgresql": 5432, "mysql": 3306, "mssql": 1433}

# What has to be written before anybody reads.
_before_opening: list[Callable[[], None]] = []


def before_opening(write: Callable[[], None]) -> None:
    """Have a function called before a store is opened; it must not raise."""
    _before_opening.append(write)


def write_what_waits() -> None:
    """Call what `before_opening` was given, for whoever reads a store in another way."""
    for write in _before_opening:
        write()


def client(workspace: Workspace, store: Store | None = None) -> MlflowClient:
    """Return a client of the workspace's store, which is there and answers.

    The embedded store is made or upgraded where that is needed, and the runs of kernels that died
    are ended.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    store : Store, optional
        Another store than the workspace's choice.

    Raises
    ------
    StoreUnavailable
        The server does not answer, or the database cannot be used.
    BadSettings
        What was named is no store.
    """
    write_what_waits()
    store = store or workspace.store
    if store.embedded and not _exists(store):
        prepare(workspace)
    try:
        probe(store)
    except StoreUnavailable as error:
        if waits := waiting.count(workspace, store):
            raise StoreUnavailable(
                f"{error.message}; runs that wait here for it: {waits}",
                f"see them with `mlops --store local runs`; {error.hint}",
            ) from None
        raise
    opened = _opened(workspace, store)
    from mlflow.exceptions import MlflowException

    # Who may only read, or has no room on the disk, reads all the same.
    with contextlib.suppress(MlflowException, OSError):
        end_the_dead(opened, workspace, store)
    return opened


def _opened(workspace: Workspace, store: Store) -> MlflowClient:
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    tell_database_errors_once()
    try:
        if store.sqlite_path is not None or _scheme(store) in _DATABASES:
            schema.ensure_current(workspace, store)
        with quiet_logs():
            opened = MlflowClient(tracking_uri=store.uri)
            opened.search_experiments(max_results=1)
    except (MlflowException, SQLAlchemyError, ImportError, ValueError, OSError) as error:
        raise _unusable(store, error) from error
    return opened


def prepare(workspace: Workspace, *, events: Events = ignore_events) -> list[str]:
    """Create the embedded store, so that no cell pays for it (a fresh one takes seconds).

    Returns
    -------
    list of str
        What was done, in plain sentences; empty when it was there.
    """
    store = workspace.embedded_store
    if _exists(store):
        return []
    with store_lock(workspace):
        if _exists(store):  # another process was faster
            return []
        path = store.sqlite_path
        assert path is not None  # noqa: S101 - the embedded store is a file
        events(Event("creating the tracking store (a few seconds, once)"))
        from mlflow.exceptions import MlflowException
        from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
        from sqlalchemy.exc import SQLAlchemyError

        state_folder(workspace, "artifacts")
        # Built beside and moved into place: a store that is there is whole.
        unfinished = path.with_suffix(".new")
        for left_over in (unfinished, unfinished.with_name(f"{unfinished.name}-journal")):
            left_over.unlink(missing_ok=True)
        try:
            with quiet_logs():
                built = SqlAlchemyStore(
                    f"sqlite:///{unfinished.as_posix()}", workspace.artifacts_dir.as_uri()
                )
                built.engine.dispose()
            if filesystems.locks_hold(path.parent):
                _write_ahead(unfinished)
            unfinished.rename(path)
        except (SQLAlchemyError, MlflowException, OSError) as error:
            raise _unusable(store, error) from error
    return ["created the embedded tracking store .mlops/mlflow.db"]


def _write_ahead(path: Path) -> None:
    """Have SQLite keep a write-ahead log: a commit waits for the disk once, not four times.

    The file remembers it. Nothing for file systems that are shared between machines.
    """
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")


def probe(store: Store) -> None:
    """Ask a tracking server whether it lives, within `PROBE_TIMEOUT`.

    MLflow itself would retry for minutes.

    Raises
    ------
    StoreUnavailable
        It refuses, does not answer in time, or answers that it is broken.
    BadSettings
        What was named is no store.
    """
    scheme = _scheme(store)
    try:
        if scheme in ("http", "https"):
            reason = _ask_server(store.uri)
        elif scheme in _DATABASES:
            reason = _ask_database(store.uri, _DATABASES[scheme])
        else:
            reason = ""
    except (ValueError, http.client.HTTPException) as error:
        raise _no_store(store, str(error)) from None
    if scheme == "sqlite" and not _names_a_file(store):
        raise _no_store(store, "a SQLite store is named as sqlite:///PATH")
    if reason:
        raise StoreUnavailable(
            f"the tracking server {store.shown} does not answer: {reason}",
            f"it was chosen by {store.reason}; start it, or work with the embedded store: "
            "--store local",
        )


def _ask_server(uri: str) -> str:
    """Return why a tracking server cannot be used; empty where it can."""
    parts = urlsplit(uri)
    if not parts.hostname or parts.port == 0:
        raise ValueError("it names no host")
    host = parts.netloc.rpartition("@")[2]  # credentials stay out of the probe
    url = urlunsplit((parts.scheme, host, parts.path.rstrip("/") + "/health", "", ""))
    try:
        with urllib.request.urlopen(url, timeout=PROBE_TIMEOUT):  # noqa: S310 - http(s) only
            return ""
    except urllib.error.HTTPError as error:
        # Below 500 it lives: some servers have no /health, or want a login.
        return "" if error.code < 500 else f"it answers with status {error.code}"
    except OSError as error:
        return str(getattr(error, "reason", error))


def _ask_database(uri: str, usual_port: int) -> str:
    parts = urlsplit(uri)
    if not parts.hostname:  # a socket file, or a name in the driver's own settings
        return ""
    try:
        socket.create_connection((parts.hostname, parts.port or usual_port), PROBE_TIMEOUT).close()
    except OSError as error:
        return str(error)
    return ""


def _scheme(store: Store) -> str:
    """Return a store's scheme, without the driver's name (``postgresql+psycopg2``)."""
    return store.uri.partition(":")[0].partition("+")[0].lower()


def _names_a_file(store: Store) -> bool:
    """Whether a SQLite store is more than memory, which forgets all runs at once."""
    return store.sqlite_path is not None and store.sqlite_path.name not in ("", ":memory:")


def _exists(store: Store) -> bool:
    """Whether anything is in the store's place, if only a broken link."""
    return store.sqlite_path is not None and os.path.lexists(store.sqlite_path)


def _unusable(store: Store, error: Exception) -> StoreUnavailable | BadSettings:
    from mlflow.tracking.registry import UnsupportedModelRegistryStoreURIException

    if isinstance(error, UnsupportedModelRegistryStoreURIException):
        return _no_store(store, f"{_scheme(store)} is nothing that MLflow knows")
    detail = reason_of(error)
    if isinstance(error, ImportError):
        detail = f"its driver is not installed: {error}"
    return StoreUnavailable(
        f"the tracking store {store.shown} cannot be used: {without_credentials(detail)}",
        f"it was chosen by {store.reason}",
    )


def _no_store(store: Store, why: str) -> BadSettings:
    return BadSettings(
        f"{store.shown} is no tracking store: {why}",
        f"it was chosen by {store.reason}; name a server (https://…), a database "
        "(sqlite:///mlflow.db), or the embedded store: --store local",
    )
