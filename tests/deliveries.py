"""Deliveries in processes of their own, which can be killed in the middle."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

from mlops_jupyter.tracking.transfer.delivery import deliver
from mlops_jupyter.tracking.transfer.steps import Step
from mlops_jupyter.workspace import Store, Workspace

# Children are forked from a process that has imported MLflow, and opened no store.
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(
    ["mlflow", "mlflow.store.tracking.sqlalchemy_store", "mlops_jupyter.tracking.transfer.delivery"]
)


def start(root: Path, uri: str, *, die_after: Step | None = None):
    """Start a delivery; it kills itself right after a step."""
    process = _processes.Process(target=_deliver, args=(root, uri, die_after))
    process.start()
    return process


def _deliver(root: Path, uri: str, die_after: Step | None) -> None:
    def died(step: Step) -> None:
        if step is die_after:
            os.kill(os.getpid(), signal.SIGKILL)

    deliver(Workspace.find(root), Store(uri, "test"), everything=True, steps=died)
