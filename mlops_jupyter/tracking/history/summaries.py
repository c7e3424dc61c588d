"""One row about one run, out of what the store holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, get_args

from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.history import foreign
from mlops_jupyter.tracking.history.stored import StoredRun, of_mlflow
from mlops_jupyter.tracking.records import RunSummary, Status
from mlops_jupyter.tracking.run_parts import Staleness

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlflow.entities import Run as MlflowRun

# Says whether a run's model is stale.
Judging = Callable[[StoredRun], Staleness | None]

# A run's main metric, where nobody named one: the first of these it has, test before training.
_MAIN_METRICS = (
    "test_auc", "test_roc_auc", "val_auc", "auc", "roc_auc", "test_f1", "f1", "f1_score",
    "test_accuracy", "val_accuracy", "accuracy", "test_r2", "r2", "test_rmse", "rmse", "mae",
    "mean_test_score", "best_cv_score", "val_loss", "loss", "score",
)  # fmt: skip
# Metrics that say nothing of how good a model is.
_ASIDE = ("system/", "drift/")


def summary(
    run: MlflowRun, experiments: Mapping[str, str], judge: Judging | None = None
) -> RunSummary:
    """Summarise a run of MLflow's; see `summarise`."""
    return summarise(of_mlflow(run), experiments, judge)


def summarise(
    run: StoredRun, experiments: Mapping[str, str], judge: Judging | None = None
) -> RunSummary:
    """Summarise a run; what others wrote into the store is taken as it is, or left out.

    Parameters
    ----------
    run : StoredRun
        The run.
    experiments : mapping
        Names by id.
    judge : callable, optional
        Says whether its model is stale.
    """
    known = run.tags
    started, ended = moment(run.start), moment(run.end)
    metrics = dict(run.metrics)
    return RunSummary(
        run_id=run.run_id,
        uid=known.get(tags.UID),
        name=run.name or run.run_id[:8],
        experiment=experiments.get(run.experiment_id, run.experiment_id),
        status=_status(run),
        started=started or datetime.fromtimestamp(0, UTC),
        ended=ended,
        duration_s=(ended - started).total_seconds() if ended and started else None,
        params=dict(run.params),
        metrics=metrics,
        main_metric=main_metric(metrics, known.get(tags.MAIN_METRIC)),
        data=data_of(known),
        model=model_of(known),
        notebook=known.get(tags.NOTEBOOK),
        parent_run_id=known.get(tags.PARENT),
        stale=judge(run) if judge is not None else None,
    )


def data_of(known: Mapping[str, str]) -> list[str]:
    """Return the data versions that a run read."""
    return json_list(known.get(tags.DATA))


def model_of(known: Mapping[str, str]) -> str | None:
    """Return the class of the model that a run trained."""
    return known.get(tags.MODEL) or known.get("estimator_name")


def _status(run: StoredRun) -> Status:
    """Return the status; others may have written none."""
    known = get_args(Status)
    if run.status in known:
        return run.status  # type: ignore[return-value]  # it is one of them
    return "FINISHED" if run.end else "RUNNING"


def main_metric(metrics: Mapping[str, float], named: str | None = None) -> str | None:
    """Return the metric to show where there is room for one.

    What the user logged comes before what was computed on the training data.

    Examples
    --------
    >>> main_metric({"training_score": 0.99, "test_auc": 0.7})
    'test_auc'
    """
    if named in metrics:
        return named
    for name in _MAIN_METRICS:
        if name in metrics:
            return name
    own = [name for name in metrics if not name.startswith(("training_", *_ASIDE))]
    if own:
        return own[0]
    for name in ("training_roc_auc", "training_score"):
        if name in metrics:
            return name
    return next((name for name in metrics if not name.startswith(_ASIDE)), None)


def moment(milliseconds: int | None) -> datetime | None:
    """Return a moment in UTC; None where there is none, or none that can be."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None
    except (OverflowError, ValueError, OSError):  # others write to the store as well
        return None


def json_tag(known: Mapping[str, str], name: str) -> dict[str, Any]:
    """Return a tag that holds a JSON object."""
    return parsed(known.get(name))


def json_list(text: str | None) -> list[str]:
    """Return a tag that holds a JSON list, as text."""
    try:
        value = json.loads(text or "[]")
    except (ValueError, RecursionError):
        return []
    return foreign.texts(value)


def parsed(text: str | None) -> dict[str, Any]:
    """Read JSON that others may have written: anything but an object counts as empty."""
    try:
        value = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
