"""Which charts a run has: its curves, its attempts, and its children side by side."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from mlops_jupyter.tracking.history.charts import Curve, bars, curves
from mlops_jupyter.tracking.history.parallel import Line, parallel

if TYPE_CHECKING:
    from mlops_jupyter.results import Chart
    from mlops_jupyter.tracking.history.family import Family
    from mlops_jupyter.tracking.history.stored import Source
    from mlops_jupyter.tracking.records import RunSummary
    from mlops_jupyter.tracking.run_record import Relative

MAX_CHARTS = 8
# Each costs one question to the store.
_MAX_METRICS = 60
SYSTEM = "system/"
# train_loss and val/loss are one thing, measured on different data.
_SPLIT = re.compile(r"^(train(ing)?|val(id(ation)?)?|test|eval)[_/. -]+", re.IGNORECASE)


def charts_of(source: Source, run: RunSummary, family: Family) -> tuple[list[Chart], list[str]]:
    """Return a run's charts, what matters most first, and what was left out."""
    found = _curves(source, run, [name for name in run.metrics if not name.startswith(SYSTEM)])
    if family.children and family.metric:
        found += _of_children(family, family.metric)
    if family.attempts and run.main_metric:
        found += _of_attempts(family.attempts, run.main_metric, run.run_id)
    found += _curves(source, run, [name for name in run.metrics if name.startswith(SYSTEM)])
    if len(found) > MAX_CHARTS:
        left = ", ".join(chart.title for chart in found[MAX_CHARTS:][:20])
        return found[:MAX_CHARTS], [f"charts: {len(found) - MAX_CHARTS} more ({left})"]
    return found, []


def _curves(source: Source, run: RunSummary, names: list[str]) -> list[Chart]:
    """Draw metrics that have more than one value; those of one kind together."""
    ordered = sorted(names, key=lambda name: (name != run.main_metric, name))
    groups: dict[str, list[Curve]] = {}
    for name in ordered[:_MAX_METRICS]:
        points = list(source.points(run.run_id, name))
        if sum(math.isfinite(point.value) for point in points) > 1:
            groups.setdefault(_kind(name), []).append(Curve(name, points))
    # A step says when a model was measured, not when the machine was.
    return [
        curves(kind, group, over="time" if kind.startswith(SYSTEM) else "step")
        for kind, group in groups.items()
    ]


def _of_children(family: Family, metric: str) -> list[Chart]:
    runs = [run for run in family.child_runs if run.metrics.get(metric) is not None]
    names = sorted({name for run in runs for name in run.params})
    varying = [n for n in names if len({run.params.get(n) for run in runs}) > 1]
    if len(runs) < 3:
        return []
    if not varying:
        values = [(run.name, run.metrics[metric]) for run in runs]
        marked = next((r.name for r in runs if r.run_id == family.best_child), None)
        return [bars(f"{metric} of child runs", values, marked=marked)]
    lines = [Line(run.name, {**run.params, metric: run.metrics[metric]}) for run in runs]
    return [parallel(f"{metric} of child runs", lines, varying, metric=metric)]


def _of_attempts(attempts: list[Relative], metric: str, run_id: str) -> list[Chart]:
    rows = [each for each in reversed(attempts) if each.metric == metric]
    if len(rows) < 2:
        return []
    labels = {each.run_id: f"{each.attempt or '?'} · {each.name}" for each in rows}
    values = [(labels[each.run_id], each.value) for each in rows]
    return [bars(f"{metric} of attempts", values, marked=labels.get(run_id))]


def _kind(name: str) -> str:
    """Return what a metric measures, without what it was measured on.

    Examples
    --------
    >>> _kind("train_loss"), _kind("val/loss"), _kind("test"), _kind("system/cpu")
    ('loss', 'loss', 'test', 'system/cpu')
    """
    return _SPLIT.sub("", name) or name
