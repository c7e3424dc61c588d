"""The runs around a run: attempts of the same cell, its parent, its children."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.history import foreign
from mlops_jupyter.tracking.history.directions import better
from mlops_jupyter.tracking.history.pushdown import like
from mlops_jupyter.tracking.history.summaries import main_metric, summary
from mlops_jupyter.tracking.records import RunSummary
from mlops_jupyter.tracking.run_record import Relative

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun

MAX_RELATIVES = 300
_NEWEST = ["attributes.start_time DESC"]


@dataclass(frozen=True)
class Family:
    """What `around` found; `child_runs` in full, for a chart of what they differ in."""

    attempts: list[Relative] = field(default_factory=list)
    parent: Relative | None = None
    children: list[Relative] = field(default_factory=list)
    best_child: str | None = None
    child_runs: list[RunSummary] = field(default_factory=list)
    metric: str | None = None
    missing: list[str] = field(default_factory=list)


def around(opened: MlflowClient, run: MlflowRun) -> Family:
    """Find the runs around a run, in its experiment."""
    known = run.data.tags
    here = main_metric(dict(run.data.metrics), known.get(tags.MAIN_METRIC))
    missing: list[str] = []
    attempts: list[MlflowRun] = []
    cell = known.get(tags.CELL)
    if cell and known.get(tags.ATTEMPT):
        # Several fits of a cell are one attempt; its first level stands for it.
        attempts = [
            each
            for each in _tagged(opened, run, tags.CELL, cell, missing)
            if each.data.tags.get(tags.ATTEMPT)
        ]
    below = _tagged(opened, run, tags.PARENT, run.info.run_id, missing)
    child_runs = [summary(each, {}) for each in reversed(below)]
    metric = here if any(here in each.metrics for each in child_runs) else None
    if metric is None and child_runs:
        shared = [name for each in child_runs for name in each.metrics]
        metric = main_metric(dict.fromkeys(shared, 0.0), known.get(tags.MAIN_METRIC))
    return Family(
        attempts=_in_order(attempts, here) if len(attempts) > 1 else [],
        parent=_parent(opened, known.get(tags.PARENT)),
        children=[_relative(each, metric) for each in reversed(below)],
        best_child=best(child_runs, metric),
        child_runs=child_runs,
        metric=metric,
        missing=missing,
    )


def best(runs: Sequence[RunSummary], metric: str | None) -> str | None:
    """Return the id of the run with the best value; None where the metric's name says no way.

    Examples
    --------
    >>> best([], "auc") is None
    True
    """
    way = better(metric) if metric else None
    if metric is None or way is None:
        return None
    values = {r.run_id: v for r in runs if (v := r.metrics.get(metric)) is not None}
    there = {run_id: v for run_id, v in values.items() if math.isfinite(v)}
    if not there:
        return None
    return (max if way == "higher" else min)(there, key=lambda run_id: there[run_id])


def _tagged(
    opened: MlflowClient, run: MlflowRun, tag: str, value: str, missing: list[str]
) -> list[MlflowRun]:
    """Return runs of the same experiment with a tag's value, newest first."""
    page = opened.search_runs(
        [run.info.experiment_id],
        f"tags.`{tag}` LIKE {like(value)}",
        max_results=MAX_RELATIVES,
        order_by=_NEWEST,
    )
    if page.token:
        what = "attempts" if tag == tags.CELL else "child runs"
        missing.append(f"{what}: there are more than the {MAX_RELATIVES} newest")
    return [each for each in page if each.data.tags.get(tag) == value]


def _parent(opened: MlflowClient, run_id: str | None) -> Relative | None:
    from mlflow.exceptions import MlflowException

    if not run_id:
        return None
    try:
        return _relative(opened.get_run(run_id), None)
    except MlflowException:  # deleted for good, or left behind in another store
        return None


def _in_order(attempts: list[MlflowRun], metric: str | None) -> list[Relative]:
    """Return attempts, the last first; those of several kernels may have one number."""
    found = [_relative(each, metric) for each in attempts]
    return sorted(found, key=lambda each: (each.attempt or 0, each.started), reverse=True)


def _relative(run: MlflowRun, metric: str | None) -> Relative:
    row = summary(run, {})
    shown = metric if metric in row.metrics else row.main_metric
    return Relative(
        run_id=row.run_id,
        name=row.name,
        status=row.status,
        started=row.started,
        attempt=foreign.whole(run.data.tags.get(tags.ATTEMPT)),
        metric=shown,
        value=row.metrics.get(shown) if shown else None,
    )
