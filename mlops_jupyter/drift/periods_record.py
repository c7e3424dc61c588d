"""Drift over time, as part of a drift report."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mlops_jupyter.results import Record

Against = Literal["reference", "previous"]


class Period(Record):
    """A stretch of time, or one value of a column.

    Attributes
    ----------
    label : str
        ``2013``, ``2013-Q3``, ``2013-07``, ``2013-W27``, ``2013-07-04``, ``2013-07-04 10:00``; or
        the value.
    start, end : str or None
        From when, and until just before when, in ISO 8601 (with the zone's offset where there is a
        zone); None for a value.
    rows : int
        Its rows; 0 for a gap.
    few : bool
        Whether these are so few that its verdicts say little.
    share : float or None
        Share of the columns with a verdict that drifted; None where there is none.
    drifted : bool or None
        Whether that reaches the threshold of the report.
    """

    label: str
    start: str | None = None
    end: str | None = None
    rows: int
    few: bool = False
    share: float | None = None
    drifted: bool | None = None


class CellNote(Record):
    """What is special about one column in one period.

    Attributes
    ----------
    place : int
        Which period, counted from 0.
    reason : str
        Why there is no verdict, or by which other method it was reached.
    """

    place: int
    reason: str


class ColumnOverTime(Record):
    """The verdicts on one column, a place for each period.

    Attributes
    ----------
    column : str
        Its name: not to be trusted as HTML.
    type, method : str
        What the engine took it for, and by which method it was judged, in most periods.
    threshold : float
        Where drift begins, by that method.
    low_is_drift : bool
        True for p-values, where drift is below the threshold.
    scores : list of (float or None)
        What the method gave; None where there is no verdict, or the method has no answer.
    severities : list of (float or None)
        How far a score is towards drift, alike for all methods: from 1 on exactly where the engine
        says drift; for distances score / threshold, for p-values log(score) / log(threshold); at
        most 1000. None where there is no verdict.
    notes : list of CellNote
        Places without a verdict (gaps left out), and those judged by another method.
    """

    column: str
    type: Literal["numeric", "categorical", "text"]
    method: str
    threshold: float
    low_is_drift: bool = False
    scores: list[float | None]
    severities: list[float | None]
    notes: list[CellNote] = Field(default_factory=list)

    def drifted(self, place: int) -> bool | None:
        """Whether it drifted in a period; None where there is no verdict."""
        severity = self.severities[place]
        return None if severity is None else severity >= 1


class Periods(Record):
    """Each period of current, held against the reference.

    Attributes
    ----------
    by : str
        ``hour``, ``day``, ``week``, ``month``, ``quarter``, ``year``; or ``column``.
    time : str
        The column, or columns, that say which period a row is in.
    zone : str or None
        The time zone whose days these are; None where times have none, and for ``column``.
    against : str
        ``reference``, or ``previous`` for the period before (the first one: the reference).
    periods : list of Period
        In order, gaps included.
    columns : list of ColumnOverTime
        In the order of the reference. Columns that no period has a verdict on are not here.
    without_time : int
        Rows that are in no period.
    notes : list of str
        What else a reader should know.
    """

    by: Literal["hour", "day", "week", "month", "quarter", "year", "column"]
    time: str
    zone: str | None = None
    against: Against = "reference"
    periods: list[Period]
    columns: list[ColumnOverTime]
    without_time: int = 0
    notes: list[str] = Field(default_factory=list)
