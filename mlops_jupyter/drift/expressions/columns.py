"""A column on both sides, measured by the databases that hold it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mlops_jupyter.drift.expressions.asking import SAMPLE_THERE
from mlops_jupyter.drift.expressions.drawing import can_draw, drawn
from mlops_jupyter.drift.expressions.held import Counted, Held
from mlops_jupyter.drift.expressions.kinds import family, storage
from mlops_jupyter.drift.expressions.overviews import measured, present
from mlops_jupyter.drift.expressions.pieces import SHARES, Pieces
from mlops_jupyter.drift.expressions.resolving import Limits, is_few, resolved, values_of
from mlops_jupyter.drift.pairs import (
    Both,
    Frequencies,
    Statistics,
    Storage,
    drawn_from,
    seeds_of,
)
from mlops_jupyter.errors import BadInput

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd
    import pyarrow as pa

    from mlops_jupyter.drift.expressions.asking import Database
    from mlops_jupyter.drift.expressions.overviews import Overview
    from mlops_jupyter.drift.pairs import Counts, Numbers

_MANY = 1000  # different texts or categories: these are counted in the database
_HELD = {"float": "float64", "integer": "int64", "boolean": "bool", "category": "category"}


@dataclass(frozen=True)
class Side:
    """A column of one side.

    Attributes
    ----------
    database : Database
        What answers.
    column : ibis column
        The column.
    rows : int
        Rows of the table.
    seen : Overview
        The first look at it.
    """

    database: Database
    column: ir.Column
    rows: int
    seen: Overview

    @property
    def storage(self) -> Storage:
        """How memory would hold it."""
        gaps = self.seen.count < self.rows
        return storage(self.seen.kind, gaps=gaps, largest=self.seen.most)

    def held(self, value: Any) -> Held:
        """Return values made of the column, without the ones that are missing."""
        table = self.column.as_table().select(value=value)
        return Held(self.database, table.filter(table["value"].notnull()))  # noqa: PD004 - Ibis


class ExpressionPair:
    """A `Pair` of two columns of tables in a database, or in two.

    Parameters
    ----------
    column : str
        Its name.
    sides : Both of Side
        The column on either side.
    limits : Limits
        What leaves a database at most.

    Examples
    --------
    >>> import ibis
    >>> from mlops_jupyter.drift.expressions.tables import ExpressionTables
    >>> june, july = ibis.memtable({"x": [0.0, None, 2.0]}), ibis.memtable({"x": [1.0, 3.0]})
    >>> pair = ExpressionTables(Both(june, july)).pair("x")
    >>> pair.rows, pair.count, pair.area()
    (Both(reference=3, current=2), Both(reference=2, current=2), 1.0)
    """

    def __init__(self, column: str, sides: Both[Side], limits: Limits) -> None:
        self.column = column
        self.rows = sides.map(lambda side: side.rows)
        self.count = sides.map(lambda side: side.seen.count)
        self.infinite = sides.map(lambda side: side.seen.infinite)
        self.families = sides.map(lambda side: family(side.column.type()))
        self.storage: Both[Storage] = sides.map(lambda side: side.storage)
        self._sides, self._limits = sides, limits
        self._drawn: dict[tuple[Both[int], int], Both[pd.Series[Any]]] = {}

    def distinct(self) -> Both[int]:
        """Return the number of different values of either side."""
        return self._distinct

    def distinct_together(self) -> int:
        """Return the number of different values of both sides taken together."""
        return len(self._pieces.low) if self._is_known else len(self.frequencies().values)

    def frequencies(self) -> Frequencies:
        """Return how often each value is there, zeros included. All of them leave the database."""
        return self._frequencies

    def statistics(self) -> Both[Statistics]:
        """Return mean, spread and quantiles: of numbers, or of the lengths of texts."""
        return self._statistics

    def histogram(self, edges: Numbers) -> Both[Counts]:
        """Count values (lengths of texts) per bin; what lies beyond in the first and the last."""
        if self._is_known or not self._is_number:
            rows = self._pieces.histogram(edges)
            return Both(rows[0], rows[1])
        return self._numbers.map(lambda side: side.binned(edges))

    def area(self) -> float:
        """Return the area between both distribution functions."""
        return self._pieces.area()

    def gap(self) -> float:
        """Return the greatest distance between both distribution functions."""
        return self._pieces.gap()

    def series(self) -> Both[pd.Series[Any]]:
        """Return the values that are there. All of them leave the database.

        Raises
        ------
        BadInput
            They are more than should.
        """
        if max(self.count) > self._limits.rows:
            raise BadInput(
                f"this takes all values of {self.column} out of {self._whose}: "
                f"{max(self.count):,} of a side, where {self._limits.rows:,} are the most; "
                "draw a sample there first",
                f"compare a query or a table with fewer rows: {SAMPLE_THERE}",
            )
        return self._series

    def drawn(self, sizes: Both[int], seed: int) -> Both[pd.Series[Any]]:
        """Return some of the values that are there, drawn where they are.

        Only those leave the database. By the same seed they are the same again while it gives rows
        in the same order: of a file, and of a table that nobody writes to. What a query joins or
        groups may come in another order, or on Spark in other partitions.

        Raises
        ------
        BadInput
            They are more than should leave it; or all would have to, as the database is not known
            to draw, and these are too many.
        """
        if not all(can_draw(side.database) for side in self._sides):
            return drawn_from(self.series(), sizes, seed)
        if max(sizes) > self._limits.rows:
            raise BadInput(
                f"a sample of {max(sizes):,} values is more than leaves {self._whose}: "
                f"{self._limits.rows:,} are the most",
                f"draw fewer: --sample {self._limits.rows}",
            )
        if (sizes, seed) not in self._drawn:
            self._drawn[sizes, seed] = self._some(sizes, seed)
        return self._drawn[sizes, seed]

    @property
    def _whose(self) -> str:
        return " and ".join(dict.fromkeys(side.database.name for side in self._sides))

    @property
    def _is_number(self) -> bool:
        return all(held in ("float", "integer") for held in self.storage)

    @property
    def _seen(self) -> Both[Overview]:
        return self._sides.map(lambda side: side.seen)

    @property
    def _is_known(self) -> bool:
        """Whether the values leave the database anyway, at least each of them once."""
        return self._is_number and (
            is_few(self._seen, self._limits) or max(self.count) <= self._limits.rows
        )

    @cached_property
    def _values(self) -> Both[Held]:
        """The values, in one type: whole numbers only if both sides have such."""
        exact = all(held == "integer" for held in self.storage)

        def held(side: Side) -> Held:
            value = present(side.column, side.seen.kind)
            if self._is_number:
                value = value.cast("int64" if exact else "float64")
            return side.held(value)

        return self._sides.map(held)

    @cached_property
    def _numbers(self) -> Both[Held]:
        """The same of what is measured: of texts, their lengths."""
        if self._is_number:
            return self._values
        return self._sides.map(lambda side: side.held(measured(side.column, side.seen.kind)))

    @cached_property
    def _pieces(self) -> Pieces:
        if self._is_number:
            return resolved(self._numbers, self._seen, self._limits)
        return values_of(self._numbers.map(Held.counted))  # lengths are few

    @cached_property
    def _statistics(self) -> Both[Statistics]:
        return Both(self._statistics_of(0), self._statistics_of(1))

    def _statistics_of(self, side: int) -> Statistics:
        seen, pieces = [*self._sides][side].seen, self._pieces
        mean = float(seen.total or 0) / seen.count
        if not math.isfinite(mean):
            std = math.inf
        elif self._is_known or not self._is_number:
            std = math.sqrt(pieces.squares(side, mean) / seen.count)
        else:
            std = math.sqrt([*self._numbers][side].squares(mean) / seen.count)
        q01, median, q99 = (pieces.quantile(side, share) for share in SHARES)
        least, most = float(seen.least or 0), float(seen.most or 0)
        return Statistics(mean, std, least, q01, median, q99, most)

    @cached_property
    def _distinct(self) -> Both[int]:
        different = [_MANY if side.different is None else side.different for side in self._seen]
        few = max(different) < _MANY or "boolean" in self.storage
        if self._is_known:
            return Both(*(int(found) for found in (self._pieces.rows > 0).sum(axis=1)))
        if few or "_frequencies" in vars(self):
            return self.frequencies().counts.map(lambda counts: int((counts > 0).sum()))
        return self._values.map(Held.distinct)

    @cached_property
    def _frequencies(self) -> Frequencies:
        if self._is_number:
            known = self._pieces if self._is_known else values_of(self._values.map(Held.counted))
            return Frequencies(known.low.tolist(), Both(known.rows[0], known.rows[1]))
        return _of_others(self._values.map(Held.counted))

    @cached_property
    def _series(self) -> Both[pd.Series[Any]]:
        return Both(*map(_as_held, self._values.map(_all), self.storage))

    def _some(self, sizes: Both[int], seed: int) -> Both[pd.Series[Any]]:
        sides = zip(self._values, self.count, sizes, seeds_of(seed), strict=True)
        taken = [
            _all(held) if size >= count else drawn(held, count, size, own)
            for held, count, size, own in sides
        ]
        return Both(*map(_as_held, taken, self.storage))


def _all(held: Held) -> pa.ChunkedArray:
    return held.database.arrow(held.table).column("value")


def _as_held(values: pa.ChunkedArray, storage_: Storage) -> pd.Series[Any]:
    """Return values as memory would hold the whole column: of some, it might be another type."""
    import pandas as pd

    found = values.to_pandas()
    series: pd.Series[Any] = pd.Series(found, dtype=_HELD.get(storage_, found.dtype))
    return series


def _of_others(both: Both[Counted]) -> Frequencies:
    import numpy as np

    rows = both.map(lambda side: dict(zip(side.each.to_pylist(), side.rows, strict=True)))
    values = sorted({*rows.reference, *rows.current})
    return Frequencies(
        values,
        rows.map(lambda side: np.array([side.get(value, 0) for value in values], "int64")),
    )
