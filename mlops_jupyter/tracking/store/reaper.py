"""Ending the runs of those who died: killed kernels leave theirs "running" for ever."""

from __future__ import annotations

import functools
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.store import leases, liveness
from mlops_jupyter.tracking.store.quiet import quiet_links

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlflow import MlflowClient
    from mlflow.entities import Run
    from mlflow.store.entities import PagedList

    from mlops_jupyter.workspace import Store, Workspace

# How often, at most, a store is asked for leases that have run out.
LEASE_LOOK = timedelta(minutes=1)
_RUNNING = "attributes.status = 'RUNNING'"


def end_the_dead(client: MlflowClient, workspace: Workspace, store: Store) -> int:
    """End the runs of dead sessions as KILLED; return how many.

    A second time does nothing; one that is interrupted is done again by the next verb.
    """
    ended = 0
    for session in liveness.dead(workspace, store):  # its lock is held: no other verb ends them
        found = _search(client, f"{_RUNNING} and tags.`{tags.SESSION}` = '{session.uid}'")
        ended += _end(client, found, session.last_sign)
        session.file.unlink(missing_ok=True)
    if _leases_are_due(workspace, store):
        found = _search(client, f"{_RUNNING} and tags.`{tags.LEASE}` != ''")
        ended += _end(client, [run for run in found if _is_unheard(workspace, run)], 0)
    return ended


def _is_unheard(workspace: Workspace, run: Run) -> bool:
    known = run.data.tags
    return leases.expired(known.get(tags.LEASE, "")) and not liveness.lives(
        workspace, known.get(tags.SESSION, "")
    )


def _leases_are_due(workspace: Workspace, store: Store) -> bool:
    """Whether there may be leases in a store, and it was not asked for them just now."""
    if not store.remote and liveness.locks_decide(workspace):
        return False
    stamp = workspace.state_dir / "sessions" / "leases.asked"
    try:
        if stamp.exists() and time.time() - stamp.stat().st_mtime < LEASE_LOOK.total_seconds():
            return False
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.touch()
    except OSError:  # a workspace that cannot be written to ends nobody's runs
        return False
    return True


def _end(client: MlflowClient, runs: list[Run], last_sign: int) -> int:
    family = _with_children(client, runs)
    for run in reversed(family):  # a parent last: while it runs, its children are found again
        _end_one(client, run, last_sign)
    return len(family)


def _with_children(client: MlflowClient, runs: list[Run]) -> list[Run]:
    """Return runs and, after them, theirs: MLflow makes those of a search without our tags."""
    family = {run.info.run_id: run for run in runs}
    unasked = list(family)
    while unasked:
        parent = unasked.pop()
        for child in _search(client, f"{_RUNNING} and tags.`{tags.PARENT}` = '{parent}'"):
            if child.info.run_id not in family:
                family[child.info.run_id] = child
                unasked.append(child.info.run_id)
    return list(family.values())


def _end_one(client: MlflowClient, run: Run, last_sign: int) -> None:
    _fail_unfinished_models(client, run)
    if tags.ERROR not in run.data.tags:
        client.set_tag(run.info.run_id, tags.ERROR, leases.UNHEARD)
    signs = [run.info.start_time, last_sign, *_metric_times(client, run)]
    end = min(max(signs), int(time.time() * 1000))
    with quiet_links():
        client.set_terminated(run.info.run_id, "KILLED", end_time=end)


def _fail_unfinished_models(client: MlflowClient, run: Run) -> None:
    """MLflow says of a model that it is ready once it is whole; half a one waits for ever."""
    from mlflow.entities import LoggedModelStatus

    for model in client.search_logged_models(
        [run.info.experiment_id], filter_string=f"source_run_id = '{run.info.run_id}'"
    ):
        if model.status == LoggedModelStatus.PENDING:
            client.finalize_logged_model(model.model_id, LoggedModelStatus.FAILED)


def _metric_times(client: MlflowClient, run: Run) -> list[int]:
    """Return when each metric was last written."""
    return [
        point.timestamp
        for name in run.data.metrics
        for point in client.get_metric_history(run.info.run_id, name)[-1:]
    ]


def _search(client: MlflowClient, condition: str) -> list[Run]:
    experiments = [e.experiment_id for e in _all(client.search_experiments)]
    if not experiments:
        return []
    return _all(functools.partial(client.search_runs, experiments, condition), max_results=1000)


def _all(search: Callable[..., PagedList[Any]], **arguments: Any) -> list[Any]:
    """Return every page of a search."""
    page = search(**arguments)
    found = list(page)
    while page.token:
        page = search(page_token=page.token, **arguments)
        found += page
    return found
