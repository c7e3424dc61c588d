"""MLflow's database schema: upgrading the embedded store, and leaving those of others alone.

MLflow migrates some older databases upon opening, without a word, and two processes that do it at
once destroy one.
"""

from __future__ import annotations

import functools
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mlops_jupyter.tracking.store import soundness
from mlops_jupyter.tracking.store.locking import store_lock
from mlops_jupyter.tracking.store.quiet import quiet_logs

if TYPE_CHECKING:
    from pathlib import Path

    from alembic.script import ScriptDirectory

    from mlops_jupyter.errors import StoreUnavailable
    from mlops_jupyter.workspace import Store, Workspace


def ensure_current(workspace: Workspace, store: Store) -> None:
    """Bring the embedded store to this MLflow's schema; refuse to touch another one.

    Raises
    ------
    StoreUnavailable
        It is damaged, or another MLflow's.
    """
    if store.sqlite_path is not None:
        found = soundness.schema_revision(store)
    else:
        found = _asked_by_sqlalchemy(store)
    if found == _newest():
        return
    if not found:
        raise soundness.unusable(
            store, f"{store.shown} is not one of MLflow's yet", f"mlflow db upgrade {store.shown}"
        )
    if not _is_known(found):
        raise _too_new(store, found)
    if not store.embedded:
        raise soundness.unusable(
            store,
            f"{store.shown} was made by an older MLflow",
            f"when all who share it agree, and after a backup: mlflow db upgrade {store.shown}",
        )
    with store_lock(workspace):
        if soundness.schema_revision(store) != _newest():  # another process may have been faster
            _upgrade(store)


def _upgrade(store: Store) -> None:
    path = store.sqlite_path
    assert path is not None  # noqa: S101 - the embedded store is a file
    from sqlalchemy.exc import SQLAlchemyError

    try:
        back_up(path, datetime.now(UTC).strftime("%Y%m%dT%H%M%S"))
        with quiet_logs():
            _migrate(store)
    except (sqlite3.Error, SQLAlchemyError, OSError) as error:
        reason = str(getattr(error, "orig", error))
        raise soundness.unusable(
            store,
            f"upgrading it to this MLflow's schema failed: {reason}",
            f"nothing is lost; what was there is also in {path.parent}/mlflow.*.backup.db",
        ) from error


def back_up(path: Path, stamp: str) -> Path:
    """Copy a SQLite file that others may be writing to; return the copy, which is whole."""
    backup = path.with_name(f"{path.stem}.{stamp}.backup.db")
    unfinished = backup.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    try:
        with (
            closing(soundness.connect(path)) as source,
            closing(sqlite3.connect(unfinished)) as copy,
        ):
            source.backup(copy)
        unfinished.replace(backup)
    finally:
        unfinished.unlink(missing_ok=True)
    return backup


def _migrate(store: Store) -> None:
    """Run MLflow's migrations, each as one transaction.

    Python's driver for SQLite commits before each change of a table, so that a process killed in
    the middle would leave a schema between two revisions, which nothing can open.
    """
    from alembic import command
    from mlflow.store.db.utils import _get_alembic_config, create_sqlalchemy_engine
    from sqlalchemy import event

    engine = create_sqlalchemy_engine(store.uri)

    def leave_transactions_to_us(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA busy_timeout = 30000")

    event.listen(engine, "connect", leave_transactions_to_us)
    event.listen(engine, "begin", lambda c: c.exec_driver_sql("BEGIN IMMEDIATE"))
    config = _get_alembic_config(store.uri)
    config.attributes["connection"] = engine
    try:
        command.upgrade(config, "heads")
    finally:
        engine.dispose()


def _asked_by_sqlalchemy(store: Store) -> str:
    """Return the schema's revision in a database server; empty where MLflow has no tables yet."""
    from alembic.migration import MigrationContext
    from mlflow.store.db.utils import create_sqlalchemy_engine

    engine = create_sqlalchemy_engine(store.uri)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision() or ""
    finally:
        engine.dispose()


@functools.cache
def _migrations() -> ScriptDirectory:
    from alembic.script import ScriptDirectory
    from mlflow.store.db.utils import _get_alembic_config

    return ScriptDirectory.from_config(_get_alembic_config(""))


def _newest() -> str:
    return str(_migrations().get_current_head())


def _is_known(revision: str) -> bool:
    return any(script.revision == revision for script in _migrations().walk_revisions())


def _too_new(store: Store, revision: str) -> StoreUnavailable:
    from mlflow.version import VERSION

    return soundness.unusable(
        store,
        f"{store.shown} has schema {revision}, which this MLflow ({VERSION}) does not know",
        "a newer MLflow has upgraded it: pip install --upgrade mlflow",
    )
