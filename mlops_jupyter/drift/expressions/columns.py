"""A column on both sides, measured by the database that holds it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from mlops_jupyter.drift.expressions.buckets import chosen, edges_of
from mlops_jupyter.drift.expressions.kinds import family, storage
from mlops_jupyter.drift.expressions.overviews import Overview, measured, present
from mlops_jupyter.drift.expressions.steps import Steps, counted, stacked, steps
from mlops_jupyter.drift.pairs import Both, Frequencies, Statistics, Storage
from mlops_jupyter.errors import BadInput

if TYPE_CHECKING:
    import ibis
    import ibis.expr.types as ir
    import pandas as pd

    from mlops_jupyter.drift.expressions.asking import Database
    from mlops_jupyter.drift.pairs import Counts, Numbers

MOST_VALUES = 1_000_000  # of a side, or different ones: more are not taken out of a database


class ExpressionPair:
    """A `Pair` of two columns of a database's tables.

    Parameters
    ----------
    column : str
        Its name.
    database : Database
        What answers.
    sides : Both of ibis column
        The column.
    rows : Both of int
        Rows of either table.
    seen : Both of Overview
        The first look at them.

    Examples
    --------
    >>> import ibis
    >>> from mlops_jupyter.drift.expressions.tables import ExpressionTables
    >>> june, july = ibis.memtable({"x": [0.0, None, 2.0]}), ibis.memtable({"x": [1.0, 3.0]})
    >>> pair = ExpressionTables(Both(june, july)).pair("x")
    >>> pair.rows, pair.count, pair.area()
    (Both(reference=3, current=2), Both(reference=2, current=2), 1.0)
    """

    def __init__(
        self,
        column: str,
        database: Database,
        sides: Both[ir.Column],
        rows: Both[int],
        seen: Both[Overview],
    ) -> None:
        self.column = column
        self.rows = rows
        self.count = seen.map(lambda side: side.count)
        self.infinite = seen.map(lambda side: side.infinite)
        self.families = sides.map(lambda side: family(side.type()))
        self.storage: Both[Storage] = Both(
            *(
                storage(side.kind, gaps=side.count < n, largest=side.most)
                for side, n in zip(seen, rows, strict=True)
            )
        )
        self._database, self._sides, self._seen = database, sides, seen

    def distinct(self) -> Both[int]:
        """Return the number of different values of either side."""
        return self._steps.distinct if self._is_number else self._different[0]

    def distinct_together(self) -> int:
        """Return the number of different values of both sides taken together."""
        return self._steps.together if self._is_number else self._different[1]

    def frequencies(self) -> Frequencies:
        """Return how often each value is there, zeros included.

        Raises
        ------
        BadInput
            There are too many different values to take out of the database.
        """
        return self._frequencies

    def statistics(self) -> Both[Statistics]:
        """Return mean, spread and quantiles: of numbers, or of the lengths of texts."""
        return self._steps.statistics

    def histogram(self, edges: Numbers) -> Both[Counts]:
        """Count values (lengths of texts) per bin; what lies beyond in the first and the last."""
        import numpy as np

        bins = len(edges) - 1
        inner = [float(edge) for edge in edges[1:-1]]
        both = stacked(self._numbers)
        both = both.mutate(bin=chosen(both["value"].cast("float64"), inner, list(range(bins))))
        found = self._database.rows_of(
            both.group_by("bin").aggregate(
                before=both.count(where=~both["after"]), after=both.count(where=both["after"])
            )
        )
        counts = Both(np.zeros(bins, dtype="int64"), np.zeros(bins, dtype="int64"))
        for row in found:
            counts.reference[row["bin"]] = row["before"]
            counts.current[row["bin"]] = row["after"]
        return counts

    def area(self) -> float:
        """Return the area between both distribution functions."""
        return self._steps.area

    def gap(self) -> float:
        """Return the greatest distance between both distribution functions."""
        return self._steps.gap

    def series(self) -> Both[pd.Series[Any]]:
        """Return the values that are there, for what computes with the values themselves.

        Raises
        ------
        BadInput
            They are too many to take out of the database.
        """
        return self._series

    @property
    def _is_number(self) -> bool:
        return all(held in ("float", "integer") for held in self.storage)

    @cached_property
    def _values(self) -> Both[ibis.Table]:
        """Tables of the one column ``value``, of one type: whole numbers only if both are."""
        exact = all(held == "integer" for held in self.storage)

        def values(column: ir.Column, seen: Overview) -> ibis.Table:
            value = present(column, seen.kind)
            if self._is_number:
                value = value.cast("int64" if exact else "float64")
            return column.as_table().select(value=value)

        return Both(*(values(c, s) for c, s in zip(self._sides, self._seen, strict=True)))

    @cached_property
    def _numbers(self) -> Both[ibis.Table]:
        """The same of what is measured: of texts, their lengths."""
        if self._is_number:
            return self._values
        return Both(
            *(
                column.as_table().select(value=measured(column, seen.kind))
                for column, seen in zip(self._sides, self._seen, strict=True)
            )
        )

    @cached_property
    def _steps(self) -> Steps:
        return steps(
            self._database,
            self._numbers,
            edges_of([side.quantiles for side in self._seen]),
            self.count,
            self._seen.map(lambda side: float(side.total or 0)),
        )

    @cached_property
    def _different(self) -> tuple[Both[int], int]:
        counts = counted(stacked(self._values))
        found = self._database.rows_of(
            counts.aggregate(
                before=counts.count(where=counts["before"] > 0),
                after=counts.count(where=counts["after"] > 0),
                together=counts.count(),
            )
        )[0]
        return Both(found["before"], found["after"]), found["together"]

    @cached_property
    def _frequencies(self) -> Frequencies:
        import numpy as np

        counts = counted(stacked(self._values)).limit(MOST_VALUES + 1)
        rows = self._database.rows_of(counts)
        if len(rows) > MOST_VALUES:
            raise self._too_many(f"more than {MOST_VALUES:,} different values")
        rows.sort(key=lambda row: row["value"])
        return Frequencies(
            [row["value"] for row in rows],
            Both("before", "after").map(
                lambda side: np.array([row[side] for row in rows], dtype="int64")
            ),
        )

    @cached_property
    def _series(self) -> Both[pd.Series[Any]]:
        if max(self.count) > MOST_VALUES:
            raise self._too_many(f"{max(self.count):,} values on one side")
        return Both(
            *(self._taken(t, held) for t, held in zip(self._values, self.storage, strict=True))
        )

    def _taken(self, table: ibis.Table, held: Storage) -> pd.Series[Any]:
        import pandas as pd

        found = self._database.arrow(table.filter(table["value"].notnull()))  # noqa: PD004 - no frame of pandas
        types = {"float": "float64", "integer": "int64", "boolean": "bool", "category": "category"}
        values = found.column("value").to_pandas()
        return pd.Series(values, dtype=types.get(held, values.dtype))

    def _too_many(self, what: str) -> BadInput:
        return BadInput(
            f"{self.column} has {what}: too many to take out of {self._database.name} "
            f"(at most {MOST_VALUES:,})",
            "compare a sample: --sample 100000",
        )
