"""``mlops gc``: free what nothing needs any longer.

Only the workspace's own store is cleared: others may share a server, and have ``mlflow gc`` for
it. Live sessions go on meanwhile: what is younger than an hour is left alone, MLflow writes to no
deleted run, and what is deleted is looked at again at the moment it is removed.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

from mlops_jupyter.data.upkeep.plan import Plan, remove
from mlops_jupyter.data.upkeep.records import FreedData
from mlops_jupyter.errors import BadInput, MlopsError
from mlops_jupyter.results import Event, Events, ignore_events
from mlops_jupyter.tracking.store.ages import age
from mlops_jupyter.tracking.store.data_read import by_runs
from mlops_jupyter.tracking.store.deleted import Deleted, Deletion
from mlops_jupyter.tracking.store.locking import store_lock
from mlops_jupyter.tracking.store.opening import client as open_client
from mlops_jupyter.tracking.store.records import Freed, FreedEntry, FreedKind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mlops_jupyter.workspace import Workspace

# A session may still be writing what is younger.
LEAST = timedelta(hours=1)
# Copies that a person may want to look at stay for so long.
_COPIES = timedelta(days=30)
# Free pages in the store's file that are worth writing it anew.
_WORTH_IT = 1_000_000


def gc(
    workspace: Workspace,
    *,
    dry_run: bool = False,
    older_than: str | None = None,
    events: Events = ignore_events,
) -> Freed:
    """Free the space of what was deleted, and of what nothing needs any longer.

    Deleted runs, models and experiments go for good, with their artifacts; folders of no run,
    content that no run holds, half-written files; copies of the store (but the newest) and
    executed notebooks, which their runs have too. What a registered model needs stays. Of data
    the same as by `mlops_jupyter.data.gc`.

    Parameters
    ----------
    workspace : Workspace
        The workspace; only its own store is cleared.
    dry_run : bool
        Only say what would be freed.
    older_than : str, optional
        Only what was deleted, or written, so long ago, such as ``"30d"``; an hour is the least,
        and the default, but for copies and executed notebooks 30 days.
    events : callable, optional
        Called with progress.

    Raises
    ------
    BadInput
        `older_than` is no age, or less than an hour.

    Examples
    --------
    >>> gc(ws, dry_run=True).total
    0
    """
    least = age(older_than) if older_than else LEAST
    if least < LEAST:
        raise BadInput(f"{older_than} is too short", "at least 1h: a session may be writing still")
    deleted = None
    path = workspace.embedded_store.sqlite_path
    if path is not None and path.exists():
        # Opened before the lock is taken, which opening may need itself.
        client = open_client(workspace, workspace.embedded_store)
        deleted = Deleted(workspace, client, least)
    plan: Plan[FreedKind] = Plan()
    data = FreedData(dry_run=dry_run, total=0)
    if os.path.lexists(workspace.state_dir):
        with store_lock(workspace):
            deletions = deleted.find() if deleted is not None else []
            for deletion in deletions:
                plan.add(deletion.kind, deletion.folders)
            plan.kept += deleted.kept if deleted is not None else []
            loose = _plan_files(plan, workspace, least, age(older_than) if older_than else _COPIES)
            if not dry_run:
                _carry_out(plan, deletions, loose, events)
                _shrink(plan, path)
            going = {f.name for d in deletions if d.kind == "runs" for f in d.folders}
            data = _clear_data(workspace, going, dry_run=dry_run, older_than=older_than)
            plan.kept += data.kept
    found = [*plan.by_kind(), *((each.kind, each.count, each.size) for each in data.entries)]
    entries = [FreedEntry(kind=kind, count=count, size=size) for kind, count, size in found]
    return Freed(
        dry_run=dry_run,
        total=sum(entry.size for entry in entries),
        entries=sorted(entries, key=lambda entry: -entry.size),
        kept=plan.kept,
    )


def _clear_data(
    workspace: Workspace, going: set[str], *, dry_run: bool, older_than: str | None
) -> FreedData:
    """Free the data that only deleted runs needed, and what no version does."""
    from mlops_jupyter.data.upkeep import clearing

    given = age(older_than) if older_than else None
    try:
        return clearing.clear(
            workspace,
            used=by_runs(workspace, without=going if dry_run else ()),
            dry_run=dry_run,
            least=given or clearing.LEAST,
            copies=given or clearing.COPIES,
        )
    except MlopsError as error:  # told: what was freed of runs is freed all the same
        return FreedData(dry_run=dry_run, total=0, kept=[f"data: {error.message}"])


def _plan_files(
    plan: Plan[FreedKind], workspace: Workspace, least: timedelta, copies: timedelta
) -> list[Path]:
    """Plan for files that no row of the store stands for; return them."""
    state = workspace.state_dir
    unfinished = [
        path
        for pattern in ("objects/**/*.part", "artifacts/**/*.part", "sessions/*.new", "*.new")
        for path in state.glob(pattern)
    ]
    backups = sorted(state.glob("mlflow.*.backup.db"), key=_written)
    executed = [*(state / "executed").glob("*")]
    # After those that may hold names of them.
    found: dict[FreedKind, list[Path]] = {
        "leftovers": _older(unfinished, least),
        "backups": _older(backups[:-1], copies),
        "executed": _older(executed, copies),
    }
    paths: list[Path] = []
    for kind, planned in found.items():
        for path in planned:
            plan.add(kind, [path])
        paths += planned
    for path in _older((state / "objects").glob("*/*"), least):
        stat = path.stat()
        if path.suffix != ".part" and plan.names_left(stat) == 1:
            plan.add("objects", [path])
            paths.append(path)
    return paths


def _older(paths: Iterable[Path], than: timedelta) -> list[Path]:
    limit = time.time() - than.total_seconds()
    return [path for path in paths if _written(path) <= limit]


def _written(path: Path) -> float:
    """Return when a file was written; one that has gone was written just now."""
    try:
        return path.lstat().st_mtime
    except OSError:
        return time.time()


def _carry_out(
    plan: Plan[FreedKind], deletions: list[Deletion], loose: list[Path], events: Events
) -> None:
    """Remove files first, rows after: an interrupted clearing is finished by the next."""
    for done, deletion in enumerate(deletions):
        events(Event("removing what was deleted", done, len(deletions)))
        if not deletion.still():
            plan.kept.append(f"{', '.join(f.name for f in deletion.folders)}: restored meanwhile")
            continue
        if all(remove(folder) for folder in deletion.folders):
            deletion.forget()
        else:
            plan.kept.append(f"{deletion.folders[0]}: it cannot be removed")
    plan.kept += [f"{path}: it cannot be removed" for path in loose if not remove(path)]


def _shrink(plan: Plan[FreedKind], path: Path | None) -> None:
    """Give the store's free pages back, where nobody is using it at this moment."""
    if path is None or not path.exists():
        return
    with closing(sqlite3.connect(path, timeout=0.2, isolation_level=None)) as connection:
        pages = connection.execute("PRAGMA freelist_count").fetchone()[0]
        size = pages * connection.execute("PRAGMA page_size").fetchone()[0]
        if size < _WORTH_IT:
            return
        try:
            connection.execute("VACUUM")
        except sqlite3.OperationalError as error:
            plan.kept.append(f"free pages in the store: {error}")
        else:
            plan.counts["store"] += pages
            plan.sizes["store"] += size
