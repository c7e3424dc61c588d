"""Looking at a SQLite store before MLflow opens it.

MLflow makes a file that is missing, fills one that is empty, pours its tables into another
program's database, and waits for minutes on what is no file at all.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter.errors import StoreUnavailable

if TYPE_CHECKING:
    from mlops_jupyter.workspace import Store

# Another process may be upgrading the store.
_PATIENCE_S = 30.0


def connect(path: Path) -> sqlite3.Connection:
    """Open a SQLite file that is there; read-only where it cannot be written to."""
    # Not mode=ro: what a killed process left half written is rolled back by the next to open.
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=_PATIENCE_S)


def schema_revision(store: Store) -> str:
    """Return the revision of MLflow's schema in a SQLite store.

    Raises
    ------
    StoreUnavailable
        It is no store of MLflow's that can be used; says what it is instead.
    """
    path = store.sqlite_path
    assert path is not None  # noqa: S101 - asked for SQLite stores alone
    _check_file(store, path)
    try:
        with closing(connect(path)) as connection:
            return _revision(store, path, connection)
    except sqlite3.OperationalError as error:
        raise unusable(store, f"{path}: {error}", _hint_for(path)) from None
    except sqlite3.DatabaseError as error:
        raise unusable(store, f"{path} is damaged: {error}", _restoring(path)) from None


def deleted_experiment(store: Store, name: str) -> str | None:
    """Return the id of an experiment of this name in a SQLite store that was deleted."""
    path = store.sqlite_path
    assert path is not None  # noqa: S101 - asked for SQLite stores alone
    question = "SELECT experiment_id FROM experiments WHERE name = ? AND lifecycle_stage = ?"
    try:
        with closing(connect(path)) as connection:
            row = connection.execute(question, (name, "deleted")).fetchone()
    except sqlite3.Error as error:
        raise unusable(store, f"{path}: {error}", _hint_for(path)) from None
    return None if row is None else str(row[0])


def damage(path: Path) -> str:
    """Read a whole SQLite file, which takes a while, and say what is wrong with it."""
    try:
        with closing(connect(path)) as connection:
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        return str(error)
    return "" if found == "ok" else str(found)


def unusable(store: Store, what: str, hint: str) -> StoreUnavailable:
    """Return the error that says why a store cannot be used, and what to do."""
    return StoreUnavailable(f"the tracking store cannot be used: {what}", hint + _chosen_by(store))


def _chosen_by(store: Store) -> str:
    return "" if store.embedded else f" (it was chosen by {store.reason})"


def _check_file(store: Store, path: Path) -> None:
    try:
        found = path.stat()
    except OSError as error:
        if path.is_symlink():
            raise unusable(
                store, f"{path} is a link that leads nowhere", "mend the link, or remove it"
            ) from None
        if isinstance(error, FileNotFoundError):
            raise unusable(
                store,
                f"there is no file {path}",
                f"check the path; to make a new store there: mlflow db upgrade {store.uri}",
            ) from None
        raise unusable(store, f"{path}: {error.strerror}", "check the path") from None
    if not stat.S_ISREG(found.st_mode):
        raise unusable(
            store, f"{path} is a folder or a device, not a file", "move it away, and try again"
        )
    if found.st_size == 0:
        raise unusable(store, f"{path} is empty", _restoring(path))


def _revision(store: Store, path: Path, connection: sqlite3.Connection) -> str:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if {"experiments", "runs", "alembic_version"} <= tables:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        if row is not None:
            return str(row[0])
    raise unusable(
        store,
        f"{path} is a SQLite database, but not one of MLflow's",
        "name another file" if tables else _restoring(path),
    )


def _hint_for(path: Path) -> str:
    if not os.access(path, os.R_OK):
        return "you may not read it: ask its owner"
    if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        return "it was left half written and cannot be mended here: make its folder writable"
    return "see which process has it open (`fuser`), and try again"


def _restoring(path: Path) -> str:
    backups = sorted(path.parent.glob("mlflow.*.backup.db"))
    copy = f"restore the copy {backups[-1]}" if backups else "restore a copy of it"
    return f"{copy}, or move it away and begin anew with `mlops init`"
