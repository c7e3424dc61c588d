"""Best, last, lowest, highest: of one run's values, and of many runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_jupyter.tracking.history.summaries import moment
from mlops_jupyter.tracking.records import MetricStats, RunGroup

if TYPE_CHECKING:
    from mlops_jupyter.tracking.history.directions import Direction
    from mlops_jupyter.tracking.history.stored import Point, StoredRun


def stats(points: Iterable[Point], metric: str, direction: Direction | None) -> MetricStats:
    """Return a run's values of a metric in short; they are read one by one.

    Examples
    --------
    >>> from mlops_jupyter.tracking.history.stored import Point
    >>> found = stats([Point(0, 0, 0.9), Point(1, 0, 0.4), Point(2, 0, 0.5)], "loss", "lower")
    >>> found.best, found.best_step, found.last, found.max
    (0.4, 1, 0.5, 0.9)
    """
    count = 0
    last = lowest = highest = None
    for point in points:
        if math.isnan(point.value):
            continue
        count += 1
        last = point if last is None or point > last else last
        # Of equal values the earliest step is the one that reached it.
        if lowest is None or (point.value, point.step) < (lowest.value, lowest.step):
            lowest = point
        if highest is None or (-point.value, point.step) < (-highest.value, highest.step):
            highest = point
    if last is None or lowest is None or highest is None:
        return MetricStats(metric=metric)
    best = {"higher": highest, "lower": lowest}.get(direction or "")
    return MetricStats(
        metric=metric,
        count=count,
        last=last.value,
        last_step=last.step,
        best=best.value if best else None,
        best_step=best.step if best else None,
        min=lowest.value,
        min_step=lowest.step,
        max=highest.value,
        max_step=highest.step,
    )


def groups(
    runs: Iterable[StoredRun],
    key: Callable[[StoredRun], object],
    metric: str | None,
    direction: Direction | None,
) -> list[RunGroup]:
    """Return runs by what they have in common, the best first; newest runs come first."""
    tallies: dict[str | None, _Tally] = {}
    for run in runs:
        found = key(run)
        value = ", ".join(map(str, found)) if isinstance(found, list) else found
        name = None if value is None else str(value)
        tallies.setdefault(name, _Tally()).add(run, metric, direction)
    made = [tally.group(value) for value, tally in tallies.items()]
    sign = -1 if direction == "higher" else 1
    return sorted(
        made,
        key=lambda group: (
            group.best is None,
            sign * (group.best or 0.0),
            group.value is None,
            _natural(group.value or ""),
        ),
    )


@dataclass
class _Tally:
    runs: int = 0
    failed: int = 0
    measured: int = 0
    total: float = 0.0
    last: float | None = None
    min: float = math.inf
    max: float = -math.inf
    best: float | None = None
    best_run: StoredRun | None = None
    newest: int | None = None

    def add(self, run: StoredRun, metric: str | None, direction: Direction | None) -> None:
        self.runs += 1
        self.failed += run.status == "FAILED"
        if self.newest is None:
            self.newest = run.start
        value = run.metrics.get(metric or "")
        if value is None or math.isnan(value):
            return
        self.measured += 1
        self.total += value
        self.last = value if self.last is None else self.last
        self.min, self.max = min(self.min, value), max(self.max, value)
        if direction and (self.best is None or is_better(value, self.best, direction)):
            self.best, self.best_run = value, run

    def group(self, value: str | None) -> RunGroup:
        best = self.best_run
        return RunGroup(
            value=value,
            runs=self.runs,
            failed=self.failed,
            measured=self.measured,
            best=self.best,
            last=self.last,
            min=self.min if self.measured else None,
            max=self.max if self.measured else None,
            mean=self.total / self.measured if self.measured else None,
            best_run_id=best.run_id if best else None,
            best_run=(best.name or best.run_id[:8]) if best else None,
            newest=moment(self.newest),
        )


def is_better(value: float, than: float, direction: Direction) -> bool:
    """Whether a value is better than another one.

    Examples
    --------
    >>> is_better(0.8, 0.7, "higher"), is_better(0.8, 0.7, "lower")
    (True, False)
    """
    return value > than if direction == "higher" else value < than


def _natural(text: str) -> tuple[int, float, str]:
    try:
        number = float(text)
    except ValueError:
        return (1, 0.0, text)
    return (1, 0.0, text) if math.isnan(number) else (0, number, text)
