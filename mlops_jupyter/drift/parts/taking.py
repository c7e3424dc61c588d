"""A side with only some of its rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any, cast

from mlops_jupyter.drift.expressions.buckets import number
from mlops_jupyter.drift.expressions.overviews import is_finite
from mlops_jupyter.drift.memory.plain import plain, without_infinities
from mlops_jupyter.drift.sides.sources import is_expression
from mlops_jupyter.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from mlops_jupyter.drift.memory.tables import Columns
    from mlops_jupyter.drift.parts.listing import Part
    from mlops_jupyter.drift.sides import Source


@dataclass(frozen=True)
class ChosenRows:
    """Columns of which only some rows are seen."""

    columns: Columns
    kept: NDArray[np.bool_]

    @property
    def names(self) -> list[str]:
        """Its columns, as text."""
        return self.columns.names

    @property
    def rows(self) -> int:
        """Its rows."""
        return int(self.kept.sum())

    def series(self, place: int) -> pd.Series[Any]:
        """Return the column at a place.

        Raises
        ------
        Conflict
            There are more or fewer rows than when it was said which ones are meant.
        """
        series = self.columns.series(place)
        if len(series) != len(self.kept):
            raise Conflict(
                f"the data has changed: it had {len(self.kept):,} rows, "
                f"and has {len(series):,} now",
                "begin anew with what is there now",
            )
        return series[self.kept]


def only(source: Source, parts: Sequence[Part]) -> Source:
    """Return a side with the rows that are in all of some parts.

    Parameters
    ----------
    source : Source
        A side.
    parts : sequence of Part
        What rows have to be in; all rows where there is none.

    Examples
    --------
    >>> from mlops_jupyter.drift.parts.listing import parts_of
    >>> side = drift.sides.read(ws, "data/june.csv", "reference")
    >>> (jetblue, *_) = parts_of(side, side, "carrier").listed
    >>> only(side, [jetblue]).rows == jetblue.rows.reference
    True
    """
    if not parts:
        return source
    if is_expression(source.table):
        table = source.table
        kept = table.filter([_holds(source, table, part) for part in parts])
        return replace(source, table=kept, stored=None)
    columns = cast("Columns", source.table)
    masks = [_mask(columns.series(source.names.index(part.column)), part) for part in parts]
    return _with(source, reduce(and_, masks))


def at(source: Source, kept: NDArray[np.bool_]) -> Source:
    """Return a side with some of its rows, by their places; of a side in memory.

    Parameters
    ----------
    source : Source
        A side that is no table of a database: that has no places.
    kept : numpy.ndarray of bool, shape (rows,)
        Which rows.

    Examples
    --------
    >>> side = drift.sides.read(ws, june, "reference")
    >>> at(side, (june.temp > 80).to_numpy()).rows < side.rows
    True
    """
    return _with(source, kept)


def _with(source: Source, kept: NDArray[np.bool_]) -> Source:
    """Return a side with some of its rows; its files, which hold the others too, are forgotten."""
    return replace(source, table=ChosenRows(cast("Columns", source.table), kept), stored=None)


def _mask(series: pd.Series[Any], part: Part) -> NDArray[np.bool_]:
    import numpy as np

    values, _ = without_infinities(plain(series))
    if part.missing:
        return np.asarray(values.isna())
    if part.value is not None:
        found = values == part.value
    else:
        found = values.notna()
        if part.low is not None:
            found &= values >= part.low
        if part.high is not None:
            found &= values < part.high
    return np.asarray(found.fillna(value=False), dtype=bool)


def _holds(source: Source, table: ibis.Table, part: Part) -> Any:
    column: Any = table[table.columns[source.names.index(part.column)]]
    there = column.notnull()  # noqa: PD004 - Ibis has no notna
    if column.type().is_floating():
        there &= is_finite(column)  # no answer for a missing value, but that is out already
    if part.missing:
        return ~there
    if part.value is not None:
        value = number(part.value) if isinstance(part.value, float) else part.value
        return there & (column == value)
    if part.low is not None:
        there &= column >= number(part.low)
    if part.high is not None:
        there &= column < number(part.high)
    return there
