"""Whether runs can be written, asked when tracking is switched on: later nobody would see it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mlops_jupyter.errors import Conflict
from mlops_jupyter.tracking.store import soundness
from mlops_jupyter.tracking.store.locking import state_folder

if TYPE_CHECKING:
    from mlops_jupyter.workspace import Store, Workspace


def check(workspace: Workspace, store: Store, experiment: str) -> None:
    """Say at once that runs could not be written; MLflow, which takes seconds, is not asked.

    Raises
    ------
    StoreUnavailable
        The store is broken, or there is no place for one.
    Conflict
        The experiment was deleted.
    """
    path = store.sqlite_path
    if path is None:
        return
    if store.embedded and not os.path.lexists(path):
        state_folder(workspace)
        return
    soundness.schema_revision(store)
    if (deleted := soundness.deleted_experiment(store, experiment)) is not None:
        raise was_deleted(store, experiment, deleted)


def was_deleted(store: Store, experiment: str, experiment_id: str) -> Conflict:
    """Return the error that says so, with the command that brings the experiment back."""
    return Conflict(
        f"experiment {experiment!r} was deleted",
        f"restore it with `MLFLOW_TRACKING_URI={store.shown} mlflow experiments restore "
        f"-x {experiment_id}`, or choose another name",
    )
