"""Which period each row is in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from mlops_jupyter.drift.memory.plain import family
from mlops_jupyter.drift.pairs import text
from mlops_jupyter.drift.periods.moments import Moments, moments
from mlops_jupyter.errors import BadInput

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from mlops_jupyter.drift.periods.choosing import Cut, Unit

MOST = 400  # periods: a year of days, and some more
_LABEL = 60  # characters kept of a value
_FREQUENCIES: dict[Unit, str] = {
    "hour": "h",
    "day": "D",
    "week": "W-SUN",  # from Monday to Sunday, as ISO 8601 has it
    "month": "M",
    "quarter": "Q",
    "year": "Y",
}
_COARSER: dict[Unit, Unit] = {
    "hour": "day",
    "day": "week",
    "week": "month",
    "month": "quarter",
    "quarter": "year",
}


@dataclass(frozen=True)
class Slices:
    """Rows, cut into periods.

    Attributes
    ----------
    labels : list of str
        The periods in order, gaps included.
    spans : list of (str, str) or of None
        Start and end of each, in ISO 8601.
    codes : numpy.ndarray, shape (rows,), int16
        The place of each row's period; -1 for rows that are in none.
    zone : str or None
        The time zone whose days these are.
    notes : list of str
        What a reader should know.
    """

    labels: list[str]
    spans: list[tuple[str, str] | None]
    codes: NDArray[np.int16]
    zone: str | None
    notes: list[str]

    @cached_property
    def rows(self) -> list[int]:
        """The rows of each period."""
        import numpy as np

        there = self.codes[self.codes >= 0]
        counts: list[int] = np.bincount(there, minlength=len(self.labels)).tolist()
        return counts


def cut_up(frame: pd.DataFrame, cut: Cut) -> Slices:
    """Say for each row which period it is in.

    Parameters
    ----------
    frame : pandas.DataFrame
        The columns that the cut names.
    cut : Cut
        How rows are cut.

    Raises
    ------
    BadInput
        No row says when, or there would be more than `MOST` periods.

    Examples
    --------
    >>> import pandas as pd
    >>> from mlops_jupyter.drift.periods.choosing import Cut
    >>> days = pd.DataFrame({"at": ["2013-07-01", "2013-09-30", None]})
    >>> slices = cut_up(days, Cut("month", ("at",)))
    >>> slices.labels, slices.codes.tolist()
    (['2013-07', '2013-08', '2013-09'], [0, 2, -1])
    """
    if cut.unit is None:
        return _by_value(frame[cut.columns[0]], cut)
    return _by_time(moments(frame, cut), cut.unit, cut)


def _by_time(found: Moments, unit: Unit, cut: Cut) -> Slices:
    import numpy as np
    import pandas as pd

    periods = found.local.dt.to_period(_FREQUENCIES[unit])
    there = periods.notna().to_numpy()
    if not there.any():
        raise BadInput(f"no row says when: {', '.join(cut.columns)} has no value that is a time")
    numbers = periods.array.asi8
    low, high = int(numbers[there].min()), int(numbers[there].max())
    all_periods = high - low + 1
    if all_periods > MOST:
        first, last = periods.min(), periods.max()
        raise BadInput(
            f"from {_label(first, unit)} to {_label(last, unit)} there are {all_periods:,} "
            f"{unit}s: at most {MOST} are compared",
            _cut_coarser(unit),
        )
    # A number per period, counted from 1970: where it is in the row of all of them.
    codes = np.where(there, numbers - low, -1).astype("int16")
    row = pd.period_range(periods.min(), periods.max(), freq=_FREQUENCIES[unit])
    return Slices(
        [_label(period, unit) for period in row],
        [_span(period, found.zone) for period in row],
        codes,
        found.zone,
        [*cut.notes, *found.notes],
    )


def _cut_coarser(unit: Unit) -> str:
    doubt = "or look at the first and the last time: is one a stand-in for 'not known'?"
    coarser = _COARSER.get(unit)
    return f"cut by {coarser}, {doubt}" if coarser else f"take fewer rows, {doubt}"


def _label(period: pd.Period, unit: Unit) -> str:
    if unit == "hour":
        return f"{period.year:04}-{period.month:02}-{period.day:02} {period.hour:02}:00"
    if unit == "week":
        year, week, _ = period.start_time.isocalendar()
        return f"{year:04}-W{week:02}"
    return str(period)[:4] + f"-Q{period.quarter}" if unit == "quarter" else str(period)


def _span(period: pd.Period, zone: str | None) -> tuple[str, str]:
    ends = (period.start_time, (period + 1).start_time)
    if zone is not None:
        # A day may begin at an hour that the clocks leave out, or have twice.
        ends = cast(
            "Any",
            [end.tz_localize(zone, ambiguous=True, nonexistent="shift_forward") for end in ends],
        )
    start, end = (moment.isoformat() for moment in ends)
    return start, end


def _by_value(values: pd.Series[Any], cut: Cut) -> Slices:
    import numpy as np

    name = cut.columns[0]
    distinct = list(values.dropna().unique())
    if not distinct:
        raise BadInput(f"{name} has no value: no row is in a period")
    if len(distinct) > MOST:
        dates = family(values) == "dates"
        raise BadInput(
            f"{name} has {len(distinct):,} different values: at most {MOST} periods are compared",
            "cut by a unit of time, such as month" if dates else "cut by a column with fewer",
        )
    order = _ordered(values, distinct)
    places = {value: place for place, value in enumerate(order)}
    codes = values.map(places).astype("float64").fillna(-1).to_numpy().astype("int16")
    whole = all(isinstance(value, float | np.floating) and value.is_integer() for value in order)
    labels = [text(int(value) if whole else value)[:_LABEL] for value in order]
    return Slices(labels, [None] * len(labels), codes, None, list(cut.notes))


def _ordered(values: pd.Series[Any], distinct: list[Any]) -> list[Any]:
    import pandas as pd

    if isinstance(values.dtype, pd.CategoricalDtype) and values.dtype.ordered:
        there = set(distinct)
        return [value for value in values.dtype.categories if value in there]
    if all(isinstance(value, str) for value in distinct):
        return sorted(distinct, key=_natural)
    try:
        return sorted(distinct)
    except TypeError:  # values of several types
        return sorted(distinct, key=lambda value: (type(value).__name__, str(value)))


def _natural(value: str) -> list[tuple[int, int, str]]:
    """Sort key of text by which ``v10`` comes after ``v9``."""
    import re

    parts = re.findall(r"[0-9]+|[^0-9]+", value)
    return [(0, int(part), "") if part[0] in "0123456789" else (1, 0, part) for part in parts]
