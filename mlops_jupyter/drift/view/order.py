"""Which column comes first: what drifted and matters."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops_jupyter.drift.report import ColumnDrift

# A model tells the sides apart: the area under its ROC curve, where half is chance.
BY_MODEL = {"Percentile text content drift": 0.55, "Absolute text content drift": None}
_CHANCE = 0.5
_LEAST = 1e-320  # in place of a p-value of 0, which has no logarithm
MOST = 1000.0  # more severe is nothing: what is far beyond any threshold is alike


def ordered(columns: Sequence[ColumnDrift]) -> list[ColumnDrift]:
    """Return drifted columns first, each by severity times importance.

    What describes a text column follows it; together they stand where the worst of them would.
    """
    known = any(column.importance is not None for column in columns)

    def key(column: ColumnDrift) -> tuple[bool, float, float]:
        # Rounded: Evidently sums over a set, whose order changes the last digits from run to run.
        far = float(f"{severity(column):.9g}")
        return not column.drifted, -far * (_importance(column) if known else 1.0), -far

    best: dict[str, tuple[bool, float, float]] = {}
    for column in columns:
        group = column.of or column.column
        best[group] = min(best.get(group, key(column)), key(column))
    first = {group: place for place, group in enumerate(best)}  # groups that are equal stay whole

    def whole(column: ColumnDrift) -> tuple[object, ...]:
        group = column.of or column.column
        return best[group], first[group], column.of is not None, key(column)

    return sorted(columns, key=whole)


def severity(column: ColumnDrift) -> float:
    """Return how far a score is towards drift, which begins at 1; at most `MOST`.

    A distance against its threshold; of a p-value the logarithms, so that 1e-300 can stand
    beside a distance; of a model's area under the curve what is more than chance.
    """
    score, threshold = column.score, column.threshold
    if score is None:
        return 0.0
    return min(_severity(column, score, threshold), MOST)


def _severity(column: ColumnDrift, score: float, threshold: float) -> float:
    if column.low_is_drift:
        if not 0 < threshold < 1:
            return 0.0
        return abs(math.log(min(max(score, _LEAST), 1.0)) / math.log(threshold))
    if column.method in BY_MODEL:
        score, threshold = score - _CHANCE, (BY_MODEL[column.method] or threshold) - _CHANCE
    if threshold > 0:
        return max(score / threshold, 0.0)
    return math.inf if score > 0 else 0.0


def _importance(column: ColumnDrift) -> float:
    """Target and prediction are what it is all about; what a model does not use is nothing."""
    if column.role:
        return 1.0
    return column.importance or 0.0
