"""Columns, one after the other, each in its periods."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from mlops_jupyter.drift.columns import check_wanted
from mlops_jupyter.drift.memory.kept import Kept
from mlops_jupyter.drift.periods.cutting import cut_up
from mlops_jupyter.drift.sides.fetching import fetched
from mlops_jupyter.drift.sides.sources import is_expression
from mlops_jupyter.errors import BadInput, Conflict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from mlops_jupyter.drift.memory.tables import Columns
    from mlops_jupyter.drift.periods.choosing import Cut
    from mlops_jupyter.drift.sides import Source

MOST_ROWS = 100_000_000  # of a side that are taken out of a database
_AT_ONCE = 20_000_000  # values that are taken out of a database by one query


@dataclass(frozen=True)
class SlicedColumn:
    """A column of both sides.

    Attributes
    ----------
    name : str
        Its name.
    reference : Kept
        The whole reference.
    periods : list of (Kept or None)
        Current, period by period; None for a gap.
    """

    name: str
    reference: Kept
    periods: list[Kept | None]


class Sliced:
    """Both sides, current cut into periods: what cannot be cut is refused at once.

    Parameters
    ----------
    before, after : Source
        The reference, which is taken whole, and current, which is cut up.
    cut : Cut
        How current is cut.
    wanted : sequence of str, optional
        The columns to compare; by default all that both sides have, but not those that say which
        period a row is in: each period has values of its own there.

    Raises
    ------
    NotFound
        A wanted column is on neither side.
    BadInput
        No row says when, there are too many periods or rows, or no column to compare.

    Examples
    --------
    >>> from mlops_jupyter.drift.periods.choosing import Cut
    >>> sides = [drift.sides.read(ws, f"data/{month}.csv", month) for month in ("june", "july")]
    >>> sliced = Sliced(*sides, Cut(None, ("carrier",)))
    >>> sliced.slices.labels, sliced.rows, sliced.without
    (['B6', 'EV', 'UA'], [66, 71, 63], 0)
    >>> column = next(sliced.columns())
    >>> column.name, [period.count for period in column.periods]
    ('distance', [66, 71, 63])
    """

    def __init__(
        self, before: Source, after: Source, cut: Cut, wanted: Sequence[str] | None = None
    ) -> None:
        self.before, self.after, self.cut, self.wanted = before, after, cut, wanted
        self.names = _compared(before, after, cut, wanted)
        for side in (before, after):
            if is_expression(side.table) and side.rows > MOST_ROWS:
                raise BadInput(
                    f"the {side.side}, {side.label}, has {side.rows:,} rows: at most "
                    f"{MOST_ROWS:,} are taken out of a database to be cut into periods",
                    "select some of them, or the columns that matter aggregated, by SQL",
                )
        self.slices = cut_up(after.frame(cut.columns), cut)

    @property
    def from_database(self) -> list[str]:
        """The sides whose values are taken out of a database."""
        return [side.side for side in (self.before, self.after) if is_expression(side.table)]

    @property
    def rows(self) -> list[int]:
        """The rows of each period."""
        return self.slices.rows

    @property
    def without(self) -> int:
        """Rows that are in no period."""
        return len(self.slices.codes) - sum(self.rows)

    def columns(self) -> Iterator[SlicedColumn]:
        """Yield the columns that are compared; no more of a side is held than a few of them.

        Raises
        ------
        Conflict
            A table of a database has changed in between.
        """
        for block in self._blocks(self.names):
            references = self._references(block)
            for name, series, order in self._currents(block):
                yield SlicedColumn(name, Kept(references.pop(name)), self._periods(series, order))

    def _blocks(self, names: Sequence[str]) -> Iterator[Sequence[str]]:
        """Yield names of columns that are read together: of files and frames one by one."""
        rows = max((s.rows for s in (self.before, self.after) if is_expression(s.table)), default=0)
        width = max(_AT_ONCE // rows, 1) if rows else 1
        for start in range(0, len(names), width):
            yield names[start : start + width]

    def _references(self, names: Sequence[str]) -> dict[str, pd.Series[Any]]:
        source = self.before
        places = [source.names.index(name) for name in names]
        if is_expression(source.table):
            frame = fetched(source.table, places, None, list(names))
            return {name: frame[name] for name in names}
        table = cast("Columns", source.table)
        return {name: table.series(place) for name, place in zip(names, places, strict=True)}

    def _currents(
        self, names: Sequence[str]
    ) -> Iterator[tuple[str, pd.Series[Any], NDArray[np.int64] | None]]:
        """Yield columns of current, with what brings their rows into the order of periods."""
        source = self.after
        places = [source.names.index(name) for name in names]
        if not is_expression(source.table):
            table = cast("Columns", source.table)
            for name, place in zip(names, places, strict=True):
                yield name, table.series(place), self._order
            return
        # A database need not give its rows in the same order twice: when they are comes along.
        when = [source.names.index(name) for name in self.cut.columns]
        called = [f"c{number}" for number in range(len(when) + len(places))]
        frame = fetched(source.table, [*when, *places], None, called)
        times = frame[called[: len(when)]].set_axis(list(self.cut.columns), axis=1)
        again = cut_up(times, self.cut)
        if again.labels != self.slices.labels or again.rows != self.rows:
            raise Conflict(
                f"the {source.side}, {source.label}, has changed while it was read",
                "compare a copy of it, or a query that gives the same rows each time",
            )
        order = _ordering(again.codes)
        for name, short in zip(names, called[len(when) :], strict=True):
            yield name, frame[short], order

    def _periods(
        self, series: pd.Series[Any], order: NDArray[np.int64] | None
    ) -> list[Kept | None]:
        if order is not None:
            series = series.iloc[order]
        end, periods = self.without, []
        for rows in self.rows:
            start, end = end, end + rows
            periods.append(Kept(series.iloc[start:end]) if rows else None)
        return periods

    @cached_property
    def _order(self) -> NDArray[np.int64] | None:
        return _ordering(self.slices.codes)


def _ordering(codes: NDArray[np.int16]) -> NDArray[np.int64] | None:
    """Return what brings rows into the order of their periods, each period's as they were."""
    import numpy as np

    if bool((codes[1:] >= codes[:-1]).all()):
        return None
    return np.argsort(codes, kind="stable")


def _compared(before: Source, after: Source, cut: Cut, wanted: Sequence[str] | None) -> list[str]:
    if wanted is not None:
        check_wanted(wanted, list(dict.fromkeys([*before.names, *after.names])))
    once = [side.count for side in (before.names, after.names)]
    names = [
        name
        for name in before.names
        if all(count(name) == 1 for count in once)
        and (name not in cut.columns if wanted is None else name in wanted)
    ]
    if not names:
        raise BadInput(
            f"there is no column to compare over time beside {', '.join(cut.columns)}",
            f"the reference has {', '.join(before.names[:20])}",
        )
    return names
