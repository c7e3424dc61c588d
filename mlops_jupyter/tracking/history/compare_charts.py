"""Pictures of several runs at once: their curves overlaid, and what they differ in."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mlops_jupyter.tracking.history.charts import Curve, bars, curves
from mlops_jupyter.tracking.history.family import best
from mlops_jupyter.tracking.history.parallel import Line, parallel
from mlops_jupyter.tracking.history.run_charts import SYSTEM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlops_jupyter.results import Chart
    from mlops_jupyter.tracking.history.stored import Point, Source
    from mlops_jupyter.tracking.records import RunSummary

MAX_CHARTS = 8
_FEW = 6
MANY = 3  # from so many runs on, lines across what they differ in
# Each point of a curve is one row of a store; each curve one question to it.
_MAX_QUESTIONS = 600

Curves = dict[str, list[list["Point"]]]


def histories(
    source: Source, runs: Sequence[RunSummary], main_metric: str | None
) -> tuple[Curves, list[str]]:
    """Return metrics that have several values in a run, and which were not looked at.

    Returns
    -------
    dict
        Name of a metric to the points of each run, in their order.
    list of str
        Metrics that were too many to ask for.
    """
    counted: dict[str, int] = {}
    for run in runs:
        for name in run.metrics:
            if name.startswith(SYSTEM) and len(runs) > _FEW:
                continue  # of many runs nobody looks at the machine's
            counted[name] = counted.get(name, 0) + 1
    ordered = sorted(counted, key=lambda name: (name != main_metric, name.startswith(SYSTEM), name))
    found: Curves = {}
    asked, left = 0, []
    for name in ordered:
        asked += counted[name]
        if asked > _MAX_QUESTIONS and name != main_metric:
            left.append(name)
            continue
        points = [
            list(source.points(run.run_id, name)) if name in run.metrics else [] for run in runs
        ]
        if any(len(each) > 1 for each in points):
            found[name] = points
    return found, left


def charts_of(
    runs: Sequence[RunSummary],
    labels: Sequence[str],
    found: Mapping[str, Sequence[Sequence[Point]]],
    varying: Sequence[str],
    metric: str | None,
) -> tuple[list[Chart], list[str]]:
    """Return the pictures, what matters most first, and the titles of those left out."""
    drawn = _across(runs, labels, varying, metric)
    for name, each in found.items():
        shown = [
            Curve(label, points)
            for label, points in zip(labels, each, strict=True)
            if any(math.isfinite(point.value) for point in points)
        ]
        if shown:
            over = "time" if name.startswith(SYSTEM) else "step"
            drawn.append(curves(name, shown, over="time" if over == "time" else "step"))
    return drawn[:MAX_CHARTS], [chart.title for chart in drawn[MAX_CHARTS:]]


def _across(
    runs: Sequence[RunSummary], labels: Sequence[str], varying: Sequence[str], metric: str | None
) -> list[Chart]:
    measured = [
        (label, run)
        for label, run in zip(labels, runs, strict=True)
        if metric is not None and run.metrics.get(metric) is not None
    ]
    if metric is None or len(measured) < MANY:
        return []
    if varying:
        lines = [
            Line(label, {**run.params, metric: run.metrics[metric]}) for label, run in measured
        ]
        return [parallel(f"{metric} by parameters", lines, varying, metric=metric)]
    marked = best([run for _, run in measured], metric)
    name = next((label for label, run in measured if run.run_id == marked), None)
    return [bars(metric, [(label, run.metrics[metric]) for label, run in measured], marked=name)]
