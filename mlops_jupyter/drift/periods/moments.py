"""When a row is: columns of times, of their parts, or of text, read as times of one zone."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_jupyter.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

    from mlops_jupyter.drift.periods.choosing import Cut

_PARTS = ("year", "month", "day", "hour")
_OFFSET = r"(?:[zZ]|[+-]\d{2}:?\d{2})$"


@dataclass(frozen=True)
class Moments:
    """When each row is.

    Attributes
    ----------
    local : pandas.Series of datetime64
        What clocks of the zone show; missing where a row says nothing that is a time.
    zone : str or None
        The zone; None where times have none, and are taken as they are written.
    notes : list of str
        What was decided.
    """

    local: pd.Series[Any]
    zone: str | None
    notes: list[str]


def moments(frame: pd.DataFrame, cut: Cut) -> Moments:
    """Read when rows are.

    Parameters
    ----------
    frame : pandas.DataFrame
        The columns that the cut names.
    cut : Cut
        Which they are, and the unit.

    Raises
    ------
    BadInput
        The column has no times.

    Examples
    --------
    >>> import pandas as pd
    >>> from mlops_jupyter.drift.periods.choosing import Cut
    >>> frame = pd.DataFrame({"at": ["2013-07-01T01:00:00+02:00", "2013-07-01T01:00:00Z"]})
    >>> found = moments(frame, Cut("day", ("at",)))
    >>> found.zone, found.local.dt.day.tolist()
    ('UTC', [30, 1])
    """
    if len(cut.columns) > 1 or _is_year(frame[cut.columns[0]], cut):
        return _of_parts(frame, cut)
    name = cut.columns[0]
    values = frame[name]
    if isinstance(values.dtype, _categorical()):
        values = values.astype(values.dtype.categories.dtype)
    read = _as_times(values, name)
    if read.local.dt.tz is None:
        return read
    if cut.unit == "hour" and str(read.local.dt.tz) != "UTC":
        note = f"{name}: hours are those of UTC, as others are there twice when clocks go back"
        return _in_zone(Moments(read.local.dt.tz_convert("UTC"), None, [*read.notes, note]))
    return _in_zone(read)


def _categorical() -> type[pd.CategoricalDtype]:
    import pandas as pd

    return pd.CategoricalDtype


def _is_year(values: pd.Series[Any], cut: Cut) -> bool:
    """Whether a column alone, such as 2013, says the year."""
    import pandas as pd

    return cut.unit == "year" and bool(pd.api.types.is_numeric_dtype(values.dtype))


def _in_zone(read: Moments) -> Moments:
    zone = str(read.local.dt.tz)
    return Moments(read.local.dt.tz_localize(None), zone, read.notes)


def _of_parts(frame: pd.DataFrame, cut: Cut) -> Moments:
    import pandas as pd

    given = dict(zip(_PARTS, cut.columns, strict=False))
    parts: dict[str, Any] = {"month": 1, "day": 1}
    parts |= {part: _numbers(frame[name]) for part, name in given.items()}
    return Moments(pd.to_datetime(pd.DataFrame(parts), errors="coerce"), None, [])


def _numbers(values: pd.Series[Any]) -> pd.Series[Any]:
    import pandas as pd

    numbers = pd.to_numeric(values.astype(object), errors="coerce").astype("float64")
    return numbers.where(numbers % 1 == 0)


def _as_times(values: pd.Series[Any], name: str) -> Moments:
    import pandas as pd

    dtype = values.dtype
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return Moments(_plain(values), None, [])
    there = values.dropna()
    if there.empty:
        raise BadInput(f"no row says when: {name} has no value")
    inferred = pd.api.types.infer_dtype(there, skipna=True)
    if inferred in ("datetime", "datetime64", "date"):
        return _of_objects(values, there)
    if inferred == "string" or isinstance(dtype, pd.StringDtype):
        return _of_text(values, name)
    if inferred == "period":
        return Moments(
            pd.PeriodIndex(values).to_timestamp().to_series(index=values.index), None, []
        )
    raise BadInput(
        f"{name} holds {inferred.replace('-', ' ')}: no times",
        f"name a column of times, or cut by its values: column:{name}",
    )


def _plain(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return times as NumPy's, whatever holds them."""
    import pandas as pd

    if hasattr(values.dtype, "pyarrow_dtype"):
        held = values.array._pa_array.to_pandas()  # noqa: SLF001 - dates alone have no .dt
        return pd.Series(pd.to_datetime(held).array, index=values.index)
    return values


def _of_objects(values: pd.Series[Any], there: pd.Series[Any]) -> Moments:
    """Read Python's dates, which may each be of another zone."""
    import pandas as pd

    zones = {
        str(value.tzinfo) if value.tzinfo else None
        for value in there
        if isinstance(value, dt.datetime)
    } or {None}
    if zones == {None}:
        return Moments(pd.to_datetime(values, errors="coerce"), None, [])
    read = pd.to_datetime(values, errors="coerce", utc=True)
    if len(zones) > 1:
        return Moments(read, None, [_mixed(str(values.name), none=None in zones)])
    zone = next(value.tzinfo for value in there)
    return Moments(read.dt.tz_convert(zone), None, [])


def _of_text(values: pd.Series[Any], name: str) -> Moments:
    import pandas as pd

    stripped = values.astype("string").str.strip()
    offsets = stripped.str.extract(f"T?\\d{{2}}:?\\d{{2}}.*?({_OFFSET})", expand=False)
    # A date alone ends like an offset: 2013-07-01.
    of_times = offsets.where(stripped.str.len() > len("2013-07-01"))
    written = {o.upper().replace(":", "").replace("Z", "+0000") for o in of_times.dropna().unique()}
    read = pd.to_datetime(stripped, format="ISO8601", errors="coerce", utc=True)
    if not read.notna().any():
        raise BadInput(
            f"{name} has no text that reads as a time, such as 2013-07-01 or 2013-07-01T10:00Z",
            f"turn it into times first, or cut by its values: column:{name}",
        )
    if not written:
        return Moments(read.dt.tz_localize(None), None, [])
    without = bool((of_times.isna() & read.notna()).any())
    if len(written) > 1 or without:
        return Moments(read, None, [_mixed(name, none=without)])
    offset = written.pop()
    return Moments(read if offset == "+0000" else read.dt.tz_convert(_zone(offset)), None, [])


def _zone(offset: str) -> dt.timezone:
    span = dt.timedelta(hours=int(offset[1:3]), minutes=int(offset[3:5]))
    return dt.timezone(-span if offset[0] == "-" else span)


def _mixed(name: str, *, none: bool) -> str:
    what = "times with and without a zone" if none else "times of several zones"
    return f"{name} has {what}: days are those of UTC"
