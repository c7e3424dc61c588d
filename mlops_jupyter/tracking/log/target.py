"""The run that logged values belong to."""

from __future__ import annotations

import functools
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_jupyter.errors import NotFound, UsageError
from mlops_jupyter.settings import ENV_RUN_ID
from mlops_jupyter.tracking.history import find
from mlops_jupyter.tracking.session import to_log_to
from mlops_jupyter.tracking.store import waiting
from mlops_jupyter.tracking.store.opening import client as open_client
from mlops_jupyter.workspace import Workspace

if TYPE_CHECKING:
    from mlflow import MlflowClient


@dataclass(frozen=True)
class Target:
    """A run to write to.

    Attributes
    ----------
    also : str or None
        The run of the whole notebook, under ``mlops run``: it gets the metrics too.
    """

    workspace: Workspace
    client: MlflowClient
    run_id: str
    name: str
    also: str | None = None


def named(workspace: Workspace | None, reference: str) -> Target:
    """Return the run that a reference means."""
    workspace = workspace or Workspace.find()
    # Where runs are written first: what is on its way to a server is written to here.
    recorded_in = waiting.recording_store(workspace)
    opened = open_client(workspace, recorded_in)
    try:
        found = find.run(opened, reference)
    except NotFound:
        if recorded_in == workspace.store:
            raise
        opened = open_client(workspace)
        found = find.run(opened, reference)
    waiting.reopen(opened, found)
    return Target(workspace, opened, found.info.run_id, found.info.run_name or found.info.run_id)


def of_here(workspace: Workspace | None, *, curve: bool) -> Target:
    """Return the run of here; cheap, since a training loop asks at every step.

    The user's own ``mlflow.start_run()`` wins; then, where tracking is on, the run of this cell
    or the last one that was trained; then the notebook's under ``mlops run``. A `curve`, values
    with a step, is a training of its own.

    Raises
    ------
    UsageError
        There is none.
    """
    session = to_log_to(curve=curve)
    around = os.environ.get(ENV_RUN_ID)
    if (active := _active()) is not None:
        run_id, name, uri = active
        shared = session is not None and session.store.uri == uri
        client = session.client if session and shared else _client(uri)
        place = workspace or workspace_of_here()
        return Target(place, client, run_id, name, around if shared else None)
    if session is not None and not (around and session.leaves_logs_to_the_notebook):
        run_id, name = session.run_to_log(curve=curve)
        return Target(workspace or session.workspace, session.client, run_id, name, around)
    if around:
        return _notebook_run(workspace or workspace_of_here(), around)
    raise UsageError(
        "no run to log to: tracking is off here",
        "switch it on (`%mlops track NAME`), or name a run: --run last",
    )


def workspace_of_here() -> Workspace:
    """Return the session's workspace; else that of the current folder."""
    session = to_log_to()
    return session.workspace if session is not None else _workspace(os.getcwd())


def _active() -> tuple[str, str, str] | None:
    """Return id, name and store of the run that is active in MLflow, for this thread."""
    mlflow = sys.modules.get("mlflow")
    active = mlflow.active_run() if mlflow is not None and hasattr(mlflow, "active_run") else None
    if mlflow is None or active is None:
        return None
    return active.info.run_id, active.info.run_name or "", mlflow.get_tracking_uri()


@functools.lru_cache(maxsize=8)
def _client(uri: str) -> MlflowClient:
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=uri)


@functools.lru_cache(maxsize=8)
def _workspace(_folder: str) -> Workspace:
    return Workspace.find()


@functools.lru_cache(maxsize=8)
def _notebook_run(workspace: Workspace, run_id: str) -> Target:
    return named(workspace, run_id)
