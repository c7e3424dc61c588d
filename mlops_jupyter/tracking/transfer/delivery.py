"""Delivering runs that wait here to the server they are for."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlops_jupyter.errors import MlopsError, StoreUnavailable
from mlops_jupyter.results import Event, Events, ignore_events
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.store import opening as stores
from mlops_jupyter.tracking.store.locking import state_folder
from mlops_jupyter.tracking.store.waiting import DELIVERED, WAITING, address
from mlops_jupyter.tracking.transfer.merging import Target, merge
from mlops_jupyter.tracking.transfer.privacy import Leaves
from mlops_jupyter.tracking.transfer.reading import described, fingerprint
from mlops_jupyter.tracking.transfer.steps import Step, Steps, ignore_steps

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun

    from mlops_jupyter.workspace import Store, Workspace


@dataclass
class Delivery:
    """What one delivery came to: names of runs, and why some failed."""

    delivered: list[str] = field(default_factory=list)
    unchanged: int = 0
    failed: dict[str, str] = field(default_factory=dict)


def deliver(
    workspace: Workspace,
    destination: Store,
    *,
    since: int | None = None,
    everything: bool = False,
    deadline: float | None = None,
    patience: float = -1,
    events: Events = ignore_events,
    steps: Steps = ignore_steps,
) -> Delivery:
    """Bring runs of the embedded store to the server they are for; one process at a time.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    destination : Store
        The server.
    since : int, optional
        Besides those that wait, look at those that were started since (milliseconds): something
        may have been added to them.
    everything : bool
        Look at all that were ever meant for this server.
    deadline : float, optional
        Begin with no further run after this moment (``time.monotonic``).
    patience : float
        Seconds to wait for another process that is delivering; below 0: until it is done.
    events : callable, optional
        Takes a step for each run.
    steps : callable, optional
        Called after each step of each run.

    Raises
    ------
    StoreUnavailable
        The server does not answer, or ceased to.
    """
    from filelock import FileLock

    done = Delivery()
    with FileLock(state_folder(workspace, "locks") / "sync.lock", timeout=patience):
        local = stores.client(workspace, workspace.embedded_store)
        candidates = [
            run for run in marked(local, destination) if everything or _may_have_changed(run, since)
        ]
        waiting = [run for run in candidates if differs(run)]
        done.unchanged = len(candidates) - len(waiting)
        if not waiting:
            return done
        target = Target(workspace, destination)
        for index, run in enumerate(waiting):
            if deadline is not None and time.monotonic() > deadline:
                break
            name = run.info.run_name or run.info.run_id
            events(Event(f"delivering {name}", index, len(waiting)))
            reason = _deliver(workspace, local, target, run, steps)
            if reason is None:
                done.delivered.append(name)
            else:
                done.failed[name] = reason
                stores.probe(destination)
    return done


def marked(local: MlflowClient, destination: Store) -> list[MlflowRun]:
    """Return the runs here that are meant for a server, oldest first."""
    condition = f"tags.`{tags.SYNC_TO}` = '{address(destination)}'"
    everywhere = [e.experiment_id for e in local.search_experiments()]
    found: list[MlflowRun] = []
    token = None
    while everywhere:
        page = local.search_runs(
            everywhere, condition, order_by=["attributes.start_time ASC"], page_token=token
        )
        found += page
        token = page.token
        if not token:
            break
    return found


def differs(run: MlflowRun) -> bool:
    """Whether a run here is not, or not quite, what was delivered."""
    return bool(run.data.tags.get(tags.SYNC_SEEN) != fingerprint(run))


def _deliver(
    workspace: Workspace, local: MlflowClient, target: Target, run: MlflowRun, steps: Steps
) -> str | None:
    """Deliver one run; return why it could not be."""
    from mlflow.exceptions import MlflowException

    try:
        run = local.get_run(run.info.run_id)
        # Taken before the rest is read: what is added meanwhile makes it differ next time.
        seen = fingerprint(run)
        with described(local, run.info.run_id, Leaves.by_settings(workspace)) as whole:
            merged = merge(target, whole, steps)
        _mark(local, run, seen, merged.run_id)
        steps(Step.MARKED)
    except StoreUnavailable:
        raise
    except (MlflowException, MlopsError, OSError, ValueError) as error:
        return f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')}"[:300]
    return None


def _mark(local: MlflowClient, run: MlflowRun, seen: str, there: str) -> None:
    from mlflow.entities import RunTag

    marks = {
        tags.SYNC_RUN_ID: there,
        tags.SYNC_SEEN: seen,
        # A run that goes on waits on: there is more to come, whatever becomes of this process.
        tags.SYNC_STATE: WAITING if _ongoing(run) else DELIVERED,
    }
    local.log_batch(run.info.run_id, tags=[RunTag(key, value) for key, value in marks.items()])


def _may_have_changed(run: MlflowRun, since: int | None) -> bool:
    return _waits(run) or (since is not None and (run.info.start_time or 0) >= since)


def _waits(run: MlflowRun) -> bool:
    return bool(run.data.tags.get(tags.SYNC_STATE) == WAITING)


def _ongoing(run: MlflowRun) -> bool:
    return run.info.status in {"RUNNING", "SCHEDULED"}
