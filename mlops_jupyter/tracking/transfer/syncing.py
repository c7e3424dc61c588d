"""``mlops sync``: bring the runs that wait here to their server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.errors import StoreUnavailable, UsageError
from mlops_jupyter.results import Events, ignore_events
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.store import opening as stores
from mlops_jupyter.tracking.store import waiting
from mlops_jupyter.tracking.store.waiting import WAITING, address
from mlops_jupyter.tracking.transfer import courier
from mlops_jupyter.tracking.transfer.delivery import Delivery, deliver, differs, marked
from mlops_jupyter.tracking.transfer.records import NotMoved, Synced

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from mlops_jupyter.workspace import Workspace

# Seconds that a verb which looks at runs waits for those that are not delivered yet.
CONTACT = 2.0
# Seconds that a notebook's run waits for another process that is delivering.
PATIENCE = 60.0


def sync(workspace: Workspace, *, dry_run: bool = False, events: Events = ignore_events) -> Synced:
    """Bring the runs that wait here to the workspace's tracking server, each exactly once.

    Runs are written here first and delivered in the background; this does at once, and to the end,
    what a server that was down, or a process that ended early, has left.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    dry_run : bool
        Only say what waits; the server is not asked.
    events : callable, optional
        Takes a step for each run.

    Raises
    ------
    UsageError
        The workspace's store is no server.
    StoreUnavailable
        The server does not answer; says how many runs wait.

    Examples
    --------
    >>> sync(ws)
    Traceback (most recent call last):
    mlops_jupyter.errors.UsageError: runs of this workspace go to no server: ...
    """
    store = workspace.store
    if not store.remote:
        raise UsageError(
            f"runs of this workspace go to no server: {store.shown}, by {store.reason}",
            "to bring them to one, `mlops runs export FILE`, then "
            "`mlops --store URI runs import FILE`",
        )
    done = Delivery()
    if not dry_run:
        done = deliver(workspace, store, everything=True, events=events)
    local = stores.client(workspace, workspace.embedded_store)
    left = [run.info.run_name or run.info.run_id for run in marked(local, store) if differs(run)]
    return Synced(
        store=store.shown,
        delivered=done.delivered,
        already=done.unchanged,
        waiting=[name for name in left if name not in done.failed],
        failed=[NotMoved(name=name, reason=why) for name, why in done.failed.items()],
        elsewhere=_elsewhere(local, address(store)),
        dry_run=dry_run,
    )


def contact(workspace: Workspace) -> None:
    """Before runs are looked at: deliver what waits for the server, for a moment at most.

    Where nothing waits this is one look into a file.
    """
    if not waiting.count(workspace):
        return
    waiting_courier = courier.of(workspace, workspace.store)
    waiting_courier.wake()
    waiting_courier.wait(CONTACT)


def delivered(workspace: Workspace, run_id: str) -> str | None:
    """Bring the runs that wait to the server, to the end; return why one of them is not there."""
    try:
        done = deliver(workspace, workspace.store, patience=PATIENCE)
    except StoreUnavailable as error:
        return error.message
    except TimeoutError:  # filelock's is one
        return "another process has been delivering for long"
    local = stores.client(workspace, workspace.embedded_store)
    run = local.get_run(run_id)
    if not differs(run):
        return None
    return done.failed.get(run.info.run_name or run_id, "it has changed meanwhile")


def _elsewhere(local: MlflowClient, here: str) -> int:
    experiments = [e.experiment_id for e in local.search_experiments()]
    if not experiments:
        return 0
    found = local.search_runs(
        experiments, f"tags.`{tags.SYNC_STATE}` = '{WAITING}' and tags.`{tags.SYNC_TO}` != '{here}'"
    )
    return len(found)
