"""The tracking store: opening it, creating and upgrading the embedded one, noticing a dead one."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import urllib.error
import urllib.request
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mlops_jupyter.errors import StoreUnavailable
from mlops_jupyter.results import Event, Events, ignore_events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlflow import MlflowClient

    from mlops_jupyter.workspace import Store, Workspace

# How long a tracking server may take to say that it lives, in seconds.
PROBE_TIMEOUT = 1.0
# MLflow's own patience with a server is seven retries of two minutes each.
PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}
_PRINTS_NO_LINKS = "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"
_NOISY_LOGGERS = ("alembic", "mlflow.store.db.utils", "mlflow.store.tracking")


# What has to be written before anybody reads.
_before_opening: list[Callable[[], None]] = []


def before_opening(write: Callable[[], None]) -> None:
    """Have a function called before a store is opened; it must not raise."""
    _before_opening.append(write)


def client(workspace: Workspace, store: Store | None = None) -> MlflowClient:
    """Return a client of the workspace's store, which is there and answers.

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
    """
    for write in _before_opening:
        write()
    store = store or workspace.store
    if store.embedded and not _exists(store):
        prepare(workspace)
    probe(store)
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    with quiet_logs():
        try:
            opened = MlflowClient(tracking_uri=store.uri)
            opened.search_experiments(max_results=1)
        except MlflowException as error:
            if store.embedded and "out-of-date database schema" in str(error):
                _upgrade(workspace)
                return client(workspace, store)
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
        from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

        workspace.artifacts_dir.mkdir(parents=True, exist_ok=True)
        # Built beside and moved into place: a store that is there is whole.
        unfinished = path.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        with quiet_logs():
            built = SqlAlchemyStore(
                f"sqlite:///{unfinished.as_posix()}", workspace.artifacts_dir.as_uri()
            )
            built.engine.dispose()
        unfinished.rename(path)
    return ["created the embedded tracking store .mlops/mlflow.db"]


def probe(store: Store) -> None:
    """Ask a tracking server whether it lives, within `PROBE_TIMEOUT`.

    MLflow itself would retry for minutes.

    Raises
    ------
    StoreUnavailable
        It refuses, does not answer in time, or answers that it is broken.
    """
    if not store.uri.startswith(("http://", "https://")):
        return
    from urllib.parse import urlsplit, urlunsplit

    parts = urlsplit(store.uri)
    host = parts.netloc.rpartition("@")[2]  # credentials stay out of the probe
    url = urlunsplit((parts.scheme, host, parts.path.rstrip("/") + "/health", "", ""))
    try:
        with urllib.request.urlopen(url, timeout=PROBE_TIMEOUT):  # noqa: S310 - http(s) only
            return
    except urllib.error.HTTPError as error:
        if error.code < 500:  # it answers; some servers have no /health, or want a login
            return
        reason = f"it answers with status {error.code}"
    except (urllib.error.URLError, OSError) as error:
        reason = str(getattr(error, "reason", error))
    raise StoreUnavailable(
        f"the tracking server {store.shown} does not answer: {reason}",
        f"it was chosen by {store.reason}; start it, or work with the embedded store: "
        "--store local",
    )


@contextlib.contextmanager
def quiet_logs(*names: str) -> Iterator[None]:
    """Keep what MLflow logs off the user's screen, errors excepted; migrations by default."""
    loggers = [logging.getLogger(name) for name in names or _NOISY_LOGGERS]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


@contextlib.contextmanager
def quiet_links() -> Iterator[None]:
    """Keep MLflow from printing a server's address under the cell at the end of each run."""
    before = os.environ.get(_PRINTS_NO_LINKS)
    os.environ[_PRINTS_NO_LINKS] = "true"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_PRINTS_NO_LINKS]
        else:
            os.environ[_PRINTS_NO_LINKS] = before


def _exists(store: Store) -> bool:
    return store.sqlite_path is not None and store.sqlite_path.exists()


@contextlib.contextmanager
def store_lock(workspace: Workspace) -> Iterator[None]:
    """Be the only one who creates, upgrades or clears the embedded store."""
    from filelock import FileLock

    locks = workspace.state_dir / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    with FileLock(locks / "store.lock"):
        yield


def _upgrade(workspace: Workspace) -> None:
    """Bring the embedded store to this MLflow's schema, after a backup."""
    path = workspace.embedded_store.sqlite_path
    assert path is not None  # noqa: S101 - the embedded store is a file
    from mlflow.store.db.utils import _upgrade_db, create_sqlalchemy_engine

    with store_lock(workspace), quiet_logs():
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        shutil.copy2(path, path.with_name(f"mlflow.{stamp}.backup.db"))
        engine = create_sqlalchemy_engine(workspace.embedded_store.uri)
        _upgrade_db(engine)
        engine.dispose()


def _unusable(store: Store, error: Exception) -> StoreUnavailable:
    detail = str(error).splitlines()[0]
    hint = f"it was chosen by {store.reason}"
    if "out-of-date database schema" in detail:
        hint = "upgrade it with `mlflow db upgrade URI` when all who share it agree"
    return StoreUnavailable(f"the tracking store {store.shown} cannot be used: {detail}", hint)
