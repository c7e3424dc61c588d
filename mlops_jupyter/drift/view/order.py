"""Which column comes first: what drifted and matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.drift.severity import severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops_jupyter.drift.report import ColumnDrift


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


def _importance(column: ColumnDrift) -> float:
    """Target and prediction are what it is all about; what a model does not use is nothing."""
    if column.role:
        return 1.0
    return column.importance or 0.0
