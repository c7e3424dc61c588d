"""Which run is active in MLflow's fluent state, for its autologging to write to.

``mlflow.start_run(run_id=...)`` reads the run twice and writes it once, and ``mlflow.end_run`` ends
it in the store a second time: 30 ms of each fit. Where a later MLflow has no such stack, its own
functions are called.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from mlops_jupyter.tracking.store.opening import quiet_links

if TYPE_CHECKING:
    from mlflow.entities import Run


def activate(run: Run) -> None:
    """Make a run that is open in the store the active one of this thread."""
    import mlflow

    stack = _stack()
    if stack is None:
        mlflow.start_run(run_id=run.info.run_id)
    else:
        stack.append(mlflow.ActiveRun(run))


def deactivate(run_id: str, status: str) -> None:
    """Let go of a run that has ended in the store, where it is this thread's active one."""
    import mlflow

    active = mlflow.active_run()
    if active is None or active.info.run_id != run_id:
        return
    stack = _stack()
    if stack is None:
        with quiet_links():
            mlflow.end_run(status)
    else:
        stack.pop()
        with contextlib.suppress(AttributeError):
            from mlflow.tracking import fluent

            fluent._last_active_run_id.set(run_id)  # noqa: SLF001 - as mlflow.end_run does


def _stack() -> list[Any] | None:
    from mlflow.tracking import fluent

    held: Any = getattr(fluent, "_active_run_stack", None)
    stack = held.get() if hasattr(held, "get") else None
    return stack if isinstance(stack, list) else None
