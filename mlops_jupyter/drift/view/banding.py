"""What a heat strip has in its rows, columns and cells, before it is HTML or text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops_jupyter.drift.periods_record import ColumnOverTime, Period, Periods

MOST_BANDS = 60  # more periods are taken together, a cell for several
MOST_CELLS = 600
_LEAST_ROWS = 10
_MONTHS = {
    "01": "Jan",
    "02": "Feb",
    "03": "Mar",
    "04": "Apr",
    "05": "May",
    "06": "Jun",
    "07": "Jul",
    "08": "Aug",
    "09": "Sep",
    "10": "Oct",
    "11": "Nov",
    "12": "Dec",
}

# A gap has no rows; few have some; of unknown there is no verdict.
State = Literal["gap", "unknown", "few", "judged"]


@dataclass(frozen=True)
class Band:
    """Neighbouring periods that share a place in the strip; mostly it is one.

    Attributes
    ----------
    places : range
        Which periods.
    group, short : str
        What stands over it: the year, and the month; the group is empty where there is none.
    label : str
        It in full.
    rows : int
        Rows of all of them.
    """

    places: range
    group: str
    short: str
    label: str
    rows: int


@dataclass(frozen=True)
class Spot:
    """A cell: one column in the periods of a band.

    Attributes
    ----------
    state : str
        What there is to show.
    place : int
        The period in which it is worst; the first one where there is no verdict.
    severity : float
        How far it is towards drift there, which begins at 1.
    notes : list of str
        What is special about it.
    """

    state: State
    place: int
    severity: float
    notes: list[str]


def bands(periods: Periods) -> list[Band]:
    """Return what stands next to each other in the strip, at most `MOST_BANDS`."""
    count = len(periods.periods)
    size = max(-(-count // MOST_BANDS), 1)
    found = []
    for start in range(0, count, size):
        places = range(start, min(start + size, count))
        first, last = periods.periods[places[0]], periods.periods[places[-1]]
        group, short = _parted(first.label, periods.by)
        label = first.label if len(places) == 1 else f"{first.label} to {last.label}"
        rows = sum(periods.periods[place].rows for place in places)
        found.append(Band(places, group, short, label, rows))
    return found


def shown(periods: Periods, many: int) -> list[ColumnOverTime]:
    """Return the columns by how far they ever drifted, as many as there is room for.

    Parameters
    ----------
    periods : Periods
        What is shown.
    many : int
        How many bands each has.
    """
    weights = [0.0 if period.few else 1.0 for period in periods.periods]

    def key(column: ColumnOverTime) -> tuple[float, int]:
        # Periods of few rows come last: what they say is mostly chance.
        there = [
            (severity * weight, severity)
            for severity, weight in zip(column.severities, weights, strict=True)
            if severity is not None
        ]
        worst = max((weighed for weighed, _ in there), default=0.0)
        return -float(f"{worst:.9g}"), -sum(severity >= 1 for _, severity in there)

    room = max(MOST_CELLS // max(many, 1), _LEAST_ROWS)
    return sorted(periods.columns, key=key)[:room]


def spots(column: ColumnOverTime, periods: Sequence[Period], of: Sequence[Band]) -> list[Spot]:
    """Return the cells of a column, one for each band."""
    notes: dict[int, str] = {note.place: note.reason for note in column.notes}
    return [_spot(column, periods, band.places, notes) for band in of]


def _spot(
    column: ColumnOverTime, periods: Sequence[Period], places: range, notes: dict[int, str]
) -> Spot:
    if not any(periods[place].rows for place in places):
        return Spot("gap", places[0], 0.0, [])
    judged = [
        (not periods[place].few, severity, place)
        for place in places
        if (severity := column.severities[place]) is not None
    ]
    told = [notes[place] for place in places if place in notes]
    if not judged:
        return Spot("unknown", places[0], 0.0, told)
    trusted, severity, place = max(judged, key=lambda each: each[:2])
    own = [notes[place]] if place in notes else []
    return Spot("judged" if trusted else "few", place, severity, own)


def _parted(label: str, by: str) -> tuple[str, str]:
    """Return what a period is part of, and its own short name."""
    if by in ("column", "year"):
        return "", label
    if by == "hour":
        return label[:10], label[11:13]
    group, _, short = label.rpartition("-")
    return group, _MONTHS.get(short, short) if by == "month" else short
