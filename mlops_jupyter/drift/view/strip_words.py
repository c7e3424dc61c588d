"""Drift over time in words: what the strips of the notebook and of the terminal both say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.render.text import clean, number, plural, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlops_jupyter.drift.periods_record import ColumnOverTime, Periods
    from mlops_jupyter.drift.view.banding import Band, Spot

# From so many times the threshold on: ground and ink, at least 5 to 1 apart; a terminal's sign.
HEAT = (
    (4.0, "#c41e3a", "#fff", "▓"),
    (2.0, "#f08c32", "#111", "▒"),
    (1.0, "#fad778", "#111", "░"),
)
NAME = 40  # characters of a column
SHARES = "columns that drift"
_NOTED = 6  # notes on cells that are written out, each with so many columns
_NAMED = 4


def title(periods: Periods) -> str:
    """Say what the periods are, and what each is held against."""
    what = shorten(clean(periods.time), 80)
    by = f"each value of {what}" if periods.by == "column" else f"by {periods.by} ({what})"
    if periods.zone:
        by += f" in {clean(periods.zone)}"
    if periods.against == "previous":
        return f"{by}, each against the one before it, the first against the reference"
    return f"{by}, each against the reference"


def of_spot(column: ColumnOverTime, spot: Spot, periods: Periods, *, brief: bool = False) -> str:
    """Say what a cell stands for: of very many no more than the period, the score, and notes."""
    label = clean(periods.periods[spot.place].label)
    where = label if brief else f"{shorten(clean(column.column), NAME)} {label}"
    if spot.state == "unknown":
        return f"{where}: {clean(spot.notes[0]) if spot.notes else 'no verdict'}"
    said = [number(column.scores[spot.place], 3)]
    if not brief:
        said.append("drift" if spot.severity >= 1 else "no drift")
    if spot.state == "few":
        said.append(f"only {plural(periods.periods[spot.place].rows, 'row')}")
    return f"{where}: {', '.join([*said, *map(clean, spot.notes)])}"


def figure(spot: Spot) -> str:
    """Return how many times its threshold a score is; below 1 exactly where there is no drift."""
    if spot.state == "gap":
        return ""
    if spot.state == "unknown":
        return "?"
    value = spot.severity
    if value < 1:
        value = int(value * 10) / 10
    shown = f"{value:.1f}" if value < 9.95 else f"{value:.0f}"
    shown += "*" if spot.notes else ""
    return f"({shown})" if spot.state == "few" else shown


def heat(severity: float) -> tuple[str, str]:
    """Return ground and ink of a cell that drifted."""
    return next((ground, ink) for start, ground, ink, _ in HEAT if severity >= start)


def shares(periods: Periods, across: Sequence[Band]) -> Iterator[tuple[str, bool]]:
    """Yield the greatest share of columns that drift, and whether that is drift of the whole."""
    for band in across:
        there = [
            (period.share, bool(period.drifted))
            for period in (periods.periods[place] for place in band.places)
            if period.share is not None
        ]
        share, drifted = max(there, default=(None, False))
        yield ("" if share is None else f"{share * 100:.0f} %"), drifted


def count(rows: int) -> str:
    """Return a number of rows in at most four signs.

    Examples
    --------
    >>> [count(rows) for rows in (0, 950, 1_234, 27_004, 2_400_000, 31_000_000_000)]
    ['0', '950', '1.2k', '27k', '2.4M', '31G']
    """
    value, unit = float(rows), ""
    for unit_ in ("k", "M", "G", "T"):
        if value < 999.5:
            break
        value, unit = value / 1000, unit_
    return f"{value:.1f}{unit}" if unit and value < 9.95 else f"{value:.0f}{unit}"


def key(rows: Sequence[Sequence[Spot]]) -> Iterator[str]:
    """Yield what signs mean: of those that are there."""
    there = [spot for cells in rows for spot in cells]
    yield "1 is where drift begins"
    states = {spot.state for spot in there}
    if "few" in states:
        yield "(in brackets): few rows, it says little"
    if "gap" in states:
        yield "no number: no rows"
    if "unknown" in states:
        yield "?: no verdict"
    if any(spot.notes for spot in there if spot.state != "unknown"):
        yield "*: judged in another way than most of the row"


def notes(periods: Periods, across: Sequence[Band], columns: Sequence[ColumnOverTime]) -> list[str]:
    """Return what else a reader should know, clean.

    Parameters
    ----------
    periods : Periods
        What is shown.
    across : sequence of Band
        What stands next to each other.
    columns : sequence of ColumnOverTime
        The columns that there is room for.
    """
    found = [*_about(periods, across), *_rest(periods, columns), *_noted(periods, columns)]
    return [clean(line) for line in found]


def _about(periods: Periods, across: Sequence[Band]) -> Iterator[str]:
    size = max((len(band.places) for band in across), default=1)
    if size > 1:
        unit = "periods" if periods.by == "column" else f"{periods.by}s"
        yield f"a cell is the worst of up to {size} {unit}: there are {len(periods.periods):,}"
    if any(column.low_is_drift for column in periods.columns):
        yield "of p-values the logarithms are held against each other"
    if periods.without_time:
        what = "value" if periods.by == "column" else "time"
        yield f"{plural(periods.without_time, 'row')} without a {what}: in no period"
    yield from periods.notes


def _rest(periods: Periods, columns: Sequence[ColumnOverTime]) -> Iterator[str]:
    named = {column.column for column in columns}
    others = [column for column in periods.columns if column.column not in named]
    if not others:
        return
    drifting = sum(any((s or 0) >= 1 for s in column.severities) for column in others)
    what = f"{drifting:,} of them drift in some period" if drifting else "none of them drifts"
    yield f"{plural(len(others), 'column')} less far towards drift not shown: {what}"


def _noted(periods: Periods, columns: Sequence[ColumnOverTime]) -> Iterator[str]:
    """Write out what is special about cells, by what it is."""
    found: dict[str, dict[str, list[int]]] = {}
    for column in columns:
        for note in column.notes:
            reason = note.reason.removeprefix(f"{column.column} ")
            found.setdefault(reason, {}).setdefault(column.column, []).append(note.place)
    for reason, cells in list(found.items())[:_NOTED]:
        named = [
            f"{shorten(name, NAME)} in {periods.periods[places[0]].label}"
            + (f" and {len(places) - 1:,} more" if len(places) > 1 else "")
            for name, places in cells.items()
        ]
        others = len(named) - _NAMED
        more = f", and {plural(others, 'column')} more" if others > 0 else ""
        yield f"{', '.join(named[:_NAMED])}{more}: {reason}"
    if len(found) > _NOTED:
        yield f"{len(found) - _NOTED:,} more such notes"
