"""Which data the runs here have read, by its hashes: what they need no clearing takes."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from mlops_jupyter.errors import MlopsError
from mlops_jupyter.tracking.store.opening import client as open_client

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from mlops_jupyter.workspace import Store, Workspace

_READ = """
SELECT datasets.digest, runs.run_uuid FROM inputs
JOIN datasets ON datasets.dataset_uuid = inputs.source_id
JOIN runs ON runs.run_uuid = inputs.destination_id
WHERE inputs.source_type = 'DATASET' AND inputs.destination_type = 'RUN'
"""
_PAGE = 1000


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
        found = [pair for store in _stores(workspace) for pair in _pairs(workspace, store)]
        found += [pair for path in _other_worktrees(workspace) for pair in _in_file(path)]
    except (MlopsError, sqlite3.Error):
        return None
    return {digest for digest, run_id in found if run_id not in without}


def runs_that_read(workspace: Workspace, hash_: str) -> list[str]:
    """Return the references of the runs that have read some content, as far as they can be asked.

    Examples
    --------
    >>> runs_that_read(ws, "d41d8cd98f00b204e9800998ecf8427e")
    []
    """
    found: dict[str, None] = {}
    for store in _stores(workspace):
        try:
            pairs = list(_pairs(workspace, store))
        except (MlopsError, sqlite3.Error):
            continue
        found |= {f"run:{run_id[:8]}": None for digest, run_id in pairs if digest == hash_}
    return list(found)


def _stores(workspace: Workspace) -> Iterable[Store]:
    return {s.uri: s for s in (workspace.embedded_store, workspace.store)}.values()


def _pairs(workspace: Workspace, store: Store) -> Iterator[tuple[str, str]]:
    path = store.sqlite_path
    if path is not None:
        yield from _in_file(path)
    else:
        yield from _asked(workspace, store)


def _in_file(path: Path) -> list[tuple[str, str]]:
    """Read a store's file, and read only: MLflow would bring whole runs."""
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10)) as opened:
        return [(str(digest), str(run_id)) for digest, run_id in opened.execute(_READ)]


def _asked(workspace: Workspace, store: Store) -> Iterator[tuple[str, str]]:
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
                        yield str(read.dataset.digest), str(run.info.run_id)
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
