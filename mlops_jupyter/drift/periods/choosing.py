"""Which periods are meant, and which columns say what period a row is in."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from mlops_jupyter.drift.sides.parts import ArrowColumns
from mlops_jupyter.drift.sides.sources import is_expression
from mlops_jupyter.errors import BadInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from mlops_jupyter.drift.memory.tables import Columns
    from mlops_jupyter.drift.sides import Source

Unit = Literal["hour", "day", "week", "month", "quarter", "year"]
UNITS: tuple[Unit, ...] = get_args(Unit)
_COLUMN = "column:"
_PARTS = ("year", "month", "day", "hour")
# How many of these a unit needs.
_NEEDED = {"year": 1, "month": 2, "quarter": 2, "week": 3, "day": 3, "hour": 4}
_ISO = re.compile(r"\d{4}-\d{2}(-\d{2}([T ]\d{2}:?\d{2}.*)?)?")
_LOOKED_AT = 200  # rows by which a column of text is taken for one of times


@dataclass(frozen=True)
class Cut:
    """How rows are cut into periods.

    Attributes
    ----------
    unit : str or None
        A unit of time; None where each value of a column is a period.
    columns : tuple of str
        The column that says when, or the one whose values are the periods; or a year, a month, a
        day and an hour, as many of them as the unit needs.
    notes : tuple of str
        What was decided.
    """

    unit: Unit | None
    columns: tuple[str, ...]
    notes: tuple[str, ...] = ()


def chosen(source: Source, by: str, time: str | None = None) -> Cut:
    """Return what periods are meant.

    Parameters
    ----------
    source : Source
        What is cut into periods.
    by : str
        A unit of time, or a column. ``month`` is the unit where there is a time to cut, also
        beside a column of that name; ``column:month`` is always the column.
    time : str, optional
        The column of time, or columns with year, month … separated by commas; found where it is
        the only one.

    Raises
    ------
    NotFound
        No such unit or column.
    BadInput
        No column, or several, could be the time.

    Examples
    --------
    >>> flights = drift.sides.read(ws, june.assign(year=2013, month=6, day=1), "current")
    >>> chosen(flights, "month").columns, chosen(flights, "carrier").columns
    (('year', 'month'), ('carrier',))
    """
    names = source.names
    if by.startswith(_COLUMN):
        return Cut(None, (_named(names, by.removeprefix(_COLUMN), source),))
    unit = next((unit for unit in UNITS if unit == by.lower()), None)
    if unit is None:
        if by not in names:
            raise NotFound(
                f"cannot cut by {by!r}: neither a unit of time nor a column of {source.label}",
                _close(by, [*UNITS, *names]),
            )
        if time is not None:
            raise BadInput(
                f"the values of {by} are the periods: the time {time!r} says nothing",
                f"cut by {', '.join(UNITS)} of it, or leave it out",
            )
        return Cut(None, (by,))
    if time is not None:
        return Cut(unit, _given(names, time, unit, source))
    found = _found(source, unit)
    if len(found) == 1:
        return Cut(unit, found[0], _said(found[0], by, names))
    if not found and by in names:
        note = f"no column says when: each value of the column {by} is a period"
        return Cut(None, (by,), (note,))
    raise _unclear(source, unit, found, by)


def _named(names: Sequence[str], name: str, source: Source) -> str:
    if name not in names:
        raise NotFound(
            f"the {source.side}, {source.label}, has no column {name!r}", _close(name, names)
        )
    if names.count(name) > 1:
        raise BadInput(
            f"{name} is the name of several columns of {source.label}", "name each column once"
        )
    return name


def _close(name: str, names: Sequence[str]) -> str:
    if close := difflib.get_close_matches(name, names, n=1):
        return f"did you mean {close[0]!r}?"
    return f"there are: {', '.join(names[:20])}"


def _given(names: Sequence[str], time: str, unit: Unit, source: Source) -> tuple[str, ...]:
    if time in names:
        return (_named(names, time, source),)
    given = tuple(_named(names, name.strip(), source) for name in time.split(","))
    if len(given) == 1:
        return given
    if len(given) < _NEEDED[unit]:
        raise BadInput(
            f"{time} says too little to cut by {unit}",
            f"name the columns with {', '.join(_PARTS[: _NEEDED[unit]])}, in this order",
        )
    return given[: _NEEDED[unit]]


def _found(source: Source, unit: Unit) -> list[tuple[str, ...]]:
    """Return what could be the time: dates before their parts, and these before text."""
    texts: list[tuple[str, ...]] = []
    dates: list[tuple[str, ...]] = []
    for name, values in _looks(source):
        if _is_date(values):
            dates.append((name,))
        elif _is_iso(values):
            texts.append((name,))
    if dates:
        return dates
    by_name = {name.lower(): name for name in reversed(source.names)}
    needed = _PARTS[: _NEEDED[unit]]
    if all(part in by_name for part in needed):
        return [tuple(by_name[part] for part in needed)]
    return texts


def _looks(source: Source) -> Iterator[tuple[str, pd.Series[Any]]]:
    """Yield some values of each column that has a name of its own."""
    names = source.names
    once = [name for name in names if names.count(name) == 1]
    if is_expression(source.table):
        first = replace(source, table=source.table.limit(_LOOKED_AT), stored=None).frame(once)
        yield from ((name, first[name]) for name in once)
        return
    for name in once:
        place = names.index(name)
        if _may_say_when(source.table, place):
            series = source.table.series(place)
            yield name, series if _is_date(series.iloc[:0]) else _some(series)


def _may_say_when(table: Columns, place: int) -> bool:
    """Whether a column is worth reading: of files the type is known before."""
    if not isinstance(table, ArrowColumns):
        return True
    import pyarrow as pa

    numbers = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean)
    return not all(any(is_(type_) for is_ in numbers) for _, type_ in table.types(place))


def _some(series: pd.Series[Any]) -> pd.Series[Any]:
    """Return the first values that there are."""
    first = series.iloc[: 100 * _LOOKED_AT].dropna()
    return (series.dropna() if first.empty else first).iloc[:_LOOKED_AT]


def _is_date(values: pd.Series[Any]) -> bool:
    from mlops_jupyter.drift.memory.plain import family

    return family(values) == "dates"


def _is_iso(values: pd.Series[Any]) -> bool:
    from mlops_jupyter.drift.memory.plain import family

    there = values.dropna()
    return (
        bool(len(there))
        and family(there) == "text"
        and all(_ISO.fullmatch(str(value).strip()) for value in there.unique())
    )


def _said(columns: tuple[str, ...], by: str, names: Sequence[str]) -> tuple[str, ...]:
    if by not in names or columns == (by,):
        return ()
    return (f"by the unit {by} of {', '.join(columns)}; {_COLUMN}{by} takes the column's values",)


def _unclear(source: Source, unit: Unit, found: list[tuple[str, ...]], by: str) -> BadInput:
    column = f"; or by a column's values: {_COLUMN}{by}" if by in source.names else ""
    if found:
        choices = ", ".join(columns[0] for columns in found)
        return BadInput(
            f"several columns of the {source.side}, {source.label}, could be the time: {choices}",
            f"name the one to cut by{column}",
        )
    parts = ", ".join(_PARTS[: _NEEDED[unit]])
    return BadInput(
        f"no column of the {source.side}, {source.label}, says when: no dates, no ISO dates as "
        f"text, no {parts}",
        "name the column of time, or cut by a column whose values are the periods",
    )
