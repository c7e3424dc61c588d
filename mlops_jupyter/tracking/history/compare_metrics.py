"""How the metrics of runs differ, and which way is better."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from mlops_jupyter.tracking.history.compare_records import MetricDifference
from mlops_jupyter.tracking.history.directions import Direction, better

if TYPE_CHECKING:
    from mlops_jupyter.tracking.history.stored import Point
    from mlops_jupyter.tracking.records import RunSummary


def differences(
    rows: Sequence[RunSummary],
    curves: Mapping[str, Sequence[Sequence[Point]]],
    *,
    everything: bool,
) -> list[MetricDifference]:
    """Compare the last value of each metric, and the best of those with several."""
    first = {name: None for row in rows for name in (row.main_metric,) if name}
    names = dict.fromkeys([*first, *sorted({name for row in rows for name in row.metrics})])
    found: list[MetricDifference] = []
    for name in names:
        found.append(_difference(name, "last", [row.metrics.get(name) for row in rows]))
        way = better(name)
        if name in curves and way is not None:
            found.append(_difference(name, "best", [_best(each, way) for each in curves[name]]))
    return found if everything else unequal(found)


def unequal(found: Iterable[MetricDifference]) -> list[MetricDifference]:
    """Return those that differ; NaN equals itself here.

    Examples
    --------
    >>> unequal([_difference("auc", "last", [0.7, 0.7]), _difference("f1", "last", [None, 1.0])])
    ... # doctest: +ELLIPSIS
    [MetricDifference(metric='f1', ...)]
    """
    return [each for each in found if len({_comparable(value) for value in each.values}) > 1]


def _difference(
    metric: str, of: Literal["last", "best"], values: Sequence[float | None]
) -> MetricDifference:
    way = better(metric)
    deltas = [_delta(values[0], value) for value in values]
    return MetricDifference(
        metric=metric,
        of=of,
        values=list(values),
        deltas=deltas,
        verdicts=[_verdict(delta, way) for delta in deltas],
        direction=way,
    )


def _delta(first: float | None, value: float | None) -> float | None:
    if first is None or value is None:
        return None
    delta = value - first
    return delta if math.isfinite(delta) else None


def _verdict(delta: float | None, way: Direction | None) -> Literal["better", "worse"] | None:
    if not delta or way is None:
        return None
    return "better" if (delta > 0) is (way == "higher") else "worse"


def _best(points: Sequence[Point], way: Direction) -> float | None:
    values = [point.value for point in points if not math.isnan(point.value)]
    return (max if way == "higher" else min)(values, default=None)


def _comparable(value: float | None) -> float | str | None:
    return "nan" if value is not None and math.isnan(value) else value
