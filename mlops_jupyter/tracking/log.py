"""``mlops log``: write metrics to the run they belong to."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING

from mlops_jupyter.errors import BadInput, UsageError
from mlops_jupyter.settings import ENV_RUN_ID
from mlops_jupyter.tracking.history import find
from mlops_jupyter.tracking.records import Logged
from mlops_jupyter.tracking.session import to_log_to
from mlops_jupyter.tracking.store.opening import client as open_client

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlflow import MlflowClient

    from mlops_jupyter.workspace import Workspace


def log(
    workspace: Workspace,
    metrics: Mapping[str, float | str],
    *,
    run: str | None = None,
    step: int = 0,
) -> Logged:
    """Write metrics to a run.

    To the run that is named; else, where tracking is on, to the run of this cell or the last one
    that was trained; under ``mlops run`` to the notebook's run as well.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    metrics : mapping
        Name -> number, or text that is one.
    run : str, optional
        A run's reference; see `mlops_jupyter.show`.
    step : int
        The step these values belong to.

    Raises
    ------
    BadInput
        A value is not a number, or a name is not one MLflow takes.
    UsageError
        There is no run to write to.

    Examples
    --------
    >>> log(ws, {"test_auc": 0.71}, run="last").metrics
    {'test_auc': 0.71}
    """
    values = {_name(name): _value(name, text) for name, text in metrics.items()}
    if not values:
        raise UsageError("nothing to log", "mlops log test_auc=0.71")
    session = to_log_to()
    if run is None and session is not None:
        opened = session.client
        target_id, name = session.run_to_log()
    else:
        opened = open_client(workspace)
        found = find.run(opened, run or _notebook_run())
        target_id, name = found.info.run_id, found.info.run_name or found.info.run_id
    targets = {target_id, *([os.environ[ENV_RUN_ID]] if _inside(session) and run is None else [])}
    for run_id in targets:
        _write(opened, run_id, values, step)
    return Logged(run_id=target_id, name=name, metrics=dict(values))


def _inside(session: object) -> bool:
    return session is not None and bool(os.environ.get(ENV_RUN_ID))


def _notebook_run() -> str:
    if run_id := os.environ.get(ENV_RUN_ID):
        return run_id
    raise UsageError(
        "no run to log to: tracking is off here",
        "switch it on (`%mlops track NAME`), or name a run: --run last",
    )


def _write(opened: MlflowClient, run_id: str, values: Mapping[str, float], step: int) -> None:
    import time

    from mlflow.entities import Metric

    now = int(time.time() * 1000)
    opened.log_batch(run_id, metrics=[Metric(k, v, now, step) for k, v in values.items()])


def _name(name: str) -> str:
    from mlflow.exceptions import MlflowException
    from mlflow.utils.validation import _validate_metric_name

    try:
        _validate_metric_name(name)
    except MlflowException:
        raise BadInput(
            f"{name!r} is no name for a metric", "use letters, digits, _ - . / and spaces"
        ) from None
    return name


def _value(name: str, value: float | str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise BadInput(
            f"{name}: {value!r} is not a number", "in a notebook {name} stands for its value"
        ) from None
    if math.isnan(number):
        raise BadInput(f"{name} is NaN", "a run cannot be compared by it; find out why it is NaN")
    return number
