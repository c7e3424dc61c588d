"""Verdicts on columns in periods, as the record of drift over time has them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from mlops_jupyter.drift.engines.verdicts import SHARE_THRESHOLD, Verdict
from mlops_jupyter.drift.periods_record import CellNote, ColumnOverTime, Period
from mlops_jupyter.drift.severity import FEW_ROWS, MOST, severity

if TYPE_CHECKING:
    from mlops_jupyter.drift.periods.slicing import Sliced

_REASON = 200  # characters kept of why there is no verdict
_NAMED = 5

# Of a column: a verdict for each period, why there is none, or None for a gap.
Cells = Sequence[Verdict | str | None]


def over_periods(name: str, cells: Cells) -> ColumnOverTime | None:
    """Return what is said of a column; None where no period has a verdict."""
    verdicts = [cell for cell in cells if isinstance(cell, Verdict)]
    if not verdicts:
        return None
    usual = Counter(map(_way, verdicts)).most_common(1)[0][0]
    of_usual = next(verdict for verdict in verdicts if _way(verdict) == usual)
    return ColumnOverTime(
        column=name,
        type=of_usual.type,
        method=of_usual.method,
        threshold=of_usual.threshold,
        low_is_drift=of_usual.low_is_drift,
        scores=[cell.score if isinstance(cell, Verdict) else None for cell in cells],
        severities=[_severity(cell) if isinstance(cell, Verdict) else None for cell in cells],
        notes=[
            CellNote(place=place, reason=reason[:_REASON])
            for place, cell in enumerate(cells)
            if (reason := _about(cell, usual))
        ],
    )


def _way(verdict: Verdict) -> tuple[str, str, float]:
    return verdict.type, verdict.method, verdict.threshold


def _about(cell: Verdict | str | None, usual: tuple[str, str, float]) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    said = []
    if _way(cell) != usual:
        said.append(f"as {cell.type}, by {cell.method}, threshold {cell.threshold:g}")
    if cell.score is None:
        said.append(f"{cell.method} has no answer for these values")
    return "; ".join(said)


def _severity(verdict: Verdict) -> float:
    """Return how far a score is towards drift: from 1 on exactly where the engine says drift."""
    found = severity(verdict)
    if verdict.drifted:
        return min(max(found, 1.0), MOST)
    return min(found, math.nextafter(1.0, 0.0))


def periods_of(sliced: Sliced, judged: Collection[Cells]) -> list[Period]:
    """Return what is said of each period: its rows, and how many columns drifted."""
    found = []
    for place, label in enumerate(sliced.slices.labels):
        span = sliced.slices.spans[place]
        drifted = [cell.drifted for cells in judged if isinstance(cell := cells[place], Verdict)]
        share = sum(drifted) / len(drifted) if drifted else None
        found.append(
            Period(
                label=label,
                start=None if span is None else span[0],
                end=None if span is None else span[1],
                rows=sliced.rows[place],
                few=0 < sliced.rows[place] < FEW_ROWS,
                share=share,
                drifted=None if share is None else share >= SHARE_THRESHOLD,
            )
        )
    return found


def without_verdict(judged: Collection[Cells]) -> list[str]:
    """Name the columns on which no period has a verdict, each with the reason."""
    found = [
        f"in {'each period' if len(set(reasons)) == 1 else 'most periods'}: {_usual(reasons)}"
        for cells in judged
        if not any(isinstance(cell, Verdict) for cell in cells)
        and (reasons := [cell for cell in cells if isinstance(cell, str)])
    ]
    more = len(found) - _NAMED
    return found[:_NAMED] + ([f"{more:,} more columns without a verdict"] if more > 0 else [])


def _usual(reasons: Sequence[str]) -> str:
    return Counter(reasons).most_common(1)[0][0]
