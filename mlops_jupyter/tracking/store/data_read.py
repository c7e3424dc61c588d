"""Which data the runs here have read, by its hashes: what they need no clearing takes."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from mlops_jupyter.errors import MlopsError
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.store.opening import client as open_client

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from mlops_jupyter.workspace import Store, Workspace

_READ = """
SELECT datasets.digest, runs.run_uuid, input_tags.value FROM inputs
JOIN datasets ON datasets.dataset_uuid = inputs.source_id
JOIN runs ON runs.run_uuid = inputs.destination_id
LEFT JOIN input_tags ON input_tags.input_uuid = inputs.input_uuid AND input_tags.name = ?
WHERE inputs.source_type = 'DATASET' AND inputs.destination_type = 'RUN'
"""
_PAGE = 1000


@dataclass(frozen=True)
class Readers:
    """References of the runs that have read some content.

    Attributes
    ----------
    own : list of str
        Those whose own cell has read it, or built on a cell that had.
    earlier : list of str
        Those before which another cell had read it: their notebook shows what it shows.
    """

    own: list[str]
    earlier: list[str]


class _Read(NamedTuple):
    digest: str
    run_id: str
    context: str | None


def by_runs(workspace: Workspace, without: Collection[str] = ()) -> set[str] | None:
    """Return the hashes of all data that runs have read; None where some cannot be asked.

    Parameters
    ----------
    workspace : Workspace
        Runs of its stores count, those that wait here for a server too, and those of its other
        worktrees; deleted ones as well, as long as they can be restored.
    without : collection of str
        Ids of runs that are about to go.
    """
    try:
        found = [read for store in _stores(workspace) for read in _all_of(workspace, store)]
        found += [read for path in _other_worktrees(workspace) for read in _in_file(path)]
    except (MlopsError, sqlite3.Error):
        return None
    return {read.digest for read in found if read.run_id not in without}


def runs_that_read(workspace: Workspace, hash_: str) -> Readers:
    """Return the runs that have read some content, as far as they can be asked.

    Examples
    --------
    >>> runs_that_read(ws, "d41d8cd98f00b204e9800998ecf8427e")
    Readers(own=[], earlier=[])
    """
    own: dict[str, bool] = {}
    for store in _stores(workspace):
        try:
            reads = [read for read in _all_of(workspace, store) if read.digest == hash_]
        except (MlopsError, sqlite3.Error):
            continue
        for read in reads:
            run = f"run:{read.run_id[:8]}"
            own[run] = own.get(run, False) or read.context != tags.EARLIER
    return Readers([run for run in own if own[run]], [run for run in own if not own[run]])


def _stores(workspace: Workspace) -> Iterable[Store]:
    return {s.uri: s for s in (workspace.embedded_store, workspace.store)}.values()


def _all_of(workspace: Workspace, store: Store) -> Iterator[_Read]:
    path = store.sqlite_path
    if path is not None:
        yield from _in_file(path)
    else:
        yield from _asked(workspace, store)


def _in_file(path: Path) -> list[_Read]:
    """Read a store's file, and read only: MLflow would bring whole runs."""
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10)) as opened:
        found = opened.execute(_READ, (tags.DATA_CONTEXT,))
        return [_Read(str(digest), str(run_id), context) for digest, run_id, context in found]


def _asked(workspace: Workspace, store: Store) -> Iterator[_Read]:
    from mlflow.entities import ViewType
    from mlflow.exceptions import MlflowException

    try:
        client = open_client(workspace, store)
        experiments = [e.experiment_id for e in _all(client.search_experiments, ViewType.ALL)]
        for start in range(0, len(experiments), 50):
            token: Any = None
            while True:
                page = client.search_runs(
                    experiments[start : start + 50],
                    run_view_type=ViewType.ALL,
                    max_results=_PAGE,
                    page_token=token,
                )
                for run in page:
                    for read in run.inputs.dataset_inputs if run.inputs else []:
                        context = {tag.key: tag.value for tag in read.tags}.get(tags.DATA_CONTEXT)
                        yield _Read(str(read.dataset.digest), str(run.info.run_id), context)
                token = page.token
                if not token:
                    break
    except MlflowException as error:
        raise MlopsError(str(error)) from None


def _all(search: Any, view: Any) -> Iterator[Any]:
    token = None
    while True:
        page = search(view_type=view, page_token=token)
        yield from page
        token = page.token
        if not token:
            return


def _other_worktrees(workspace: Workspace) -> list[Path]:
    """Return the embedded stores of the same workspace in other worktrees: they share its refs."""
    from mlops_jupyter import git
    from mlops_jupyter.data.upkeep.pointers import worktrees

    top = git.top_level(workspace.root)
    if top is None:
        return []
    inside = workspace.root.resolve().relative_to(top.resolve())
    own = workspace.embedded_store.sqlite_path
    found = [tree / inside / ".mlops" / "mlflow.db" for tree in worktrees(top)]
    return [path for path in found if own is None or path.resolve() != own.resolve()]
