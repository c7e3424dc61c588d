"""Times of several zones, in one side or between both: the same clock is another moment."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from mlops_jupyter.drift.memory.tables import FrameColumns
from mlops_jupyter.drift.pairs import text
from mlops_jupyter.drift.report import Finding
from mlops_jupyter.drift.sides.parts import ArrowColumns
from mlops_jupyter.drift.sides.sources import is_expression

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

    from mlops_jupyter.drift.sides.sources import Source

_LOOKED_AT = 100_000  # values of a column of objects in which zones are looked for

Zones = frozenset[str | None]


def zones_differ(name: str, label: str, zones: Iterable[str | None]) -> Finding:
    """Return the finding about times of several zones in one side."""
    told = ", ".join(sorted(zone or "no zone" for zone in zones))
    message = f"{label}: {name} has times of {told}; those without a zone are taken as UTC"
    return Finding(kind="mixed_time_zones", column=name, message=message)


def in_frame(frame: pd.DataFrame, label: str) -> Iterator[Finding]:
    """Find columns of a frame with times of several zones: pandas holds them as objects."""
    for place, name in enumerate(frame.columns):
        zones = _of_series(frame.iloc[:, place])
        if len(zones) > 1:
            yield zones_differ(text(name), label, zones)


def between(before: Source, after: Source) -> list[Finding]:
    """Return a finding for each column whose times are of other zones on the other side.

    Parameters
    ----------
    before, after : Source
        The reference and current.

    Examples
    --------
    >>> import pandas as pd
    >>> berlin = pd.DataFrame({"at": pd.to_datetime(["2024-07-01"]).tz_localize("Europe/Berlin")})
    >>> utc = berlin.assign(at=berlin["at"].dt.tz_convert("UTC"))
    >>> sides = [drift.sides.read(ws, frame, "current") for frame in (berlin, utc)]
    >>> between(*sides)[0].message
    'at has times of Europe/Berlin in the reference, of UTC in current: ...'
    """
    reference, current = _of_side(before), _of_side(after)
    found = []
    for name, zones in reference.items():
        others = current.get(name, frozenset())
        if not zones or not others or zones == others:
            continue
        message = (
            f"{name} has times of {_told(zones)} in the reference, of {_told(others)} in current: "
            + (
                "those without a zone are taken as UTC"
                if None in zones | others
                else "the moments are compared, not the clocks"
            )
        )
        found.append(Finding(kind="mixed_time_zones", column=name, message=message))
    return found


def _told(zones: Zones) -> str:
    return " and ".join(sorted(zone or "no zone" for zone in zones))


def _of_side(side: Source) -> dict[str, Zones]:
    """Return the zones of each column with times."""
    table: Any = side.table
    if is_expression(table):
        schema = table.schema()
        return {
            text(name): frozenset({type_.timezone})
            for name, type_ in schema.items()
            if type_.is_timestamp()
        }
    if isinstance(table, ArrowColumns):
        return _of_arrow(table)
    if isinstance(table, FrameColumns):
        return {
            text(name): _of_series(table.frame.iloc[:, place])
            for place, name in enumerate(table.frame.columns)
        }
    return {}  # several files of text: nothing in them is read as times


def _of_arrow(columns: ArrowColumns) -> dict[str, Zones]:
    import pyarrow as pa

    return {
        name: frozenset(
            type_.tz for _, type_ in columns.types(place) if pa.types.is_timestamp(type_)
        )
        for place, name in enumerate(columns.names)
    }


def _of_series(series: pd.Series[Any]) -> Zones:
    import pandas as pd

    if isinstance(series.dtype, pd.DatetimeTZDtype):
        return frozenset({str(series.dtype.tz)})
    if pd.api.types.is_datetime64_dtype(series.dtype):
        return frozenset({None})
    if series.dtype != object:
        return frozenset()
    some = series.iloc[:_LOOKED_AT].dropna()
    if some.empty or not isinstance(some.iloc[0], dt.datetime):
        return frozenset()
    times = (value for value in some if isinstance(value, dt.datetime))
    return frozenset(None if time.tzinfo is None else str(time.tzinfo) for time in times)
