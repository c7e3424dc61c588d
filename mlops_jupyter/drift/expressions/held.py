"""The values of a column on one side, and what its database is asked about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_jupyter.drift.expressions.asking import GIVEN, Database
from mlops_jupyter.drift.expressions.buckets import bin_of, number

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa
    from numpy.typing import NDArray

    from mlops_jupyter.drift.expressions.grids import Grid
    from mlops_jupyter.drift.pairs import Counts, Numbers


@dataclass(frozen=True)
class Cut:
    """What is in the cells of a grid that are not empty, in their order.

    Attributes
    ----------
    cells, rows : numpy.ndarray, int64
        Which cells, and how many values each has.
    low, high : numpy.ndarray
        The least and greatest value.
    within : numpy.ndarray
        The sum of how far values are above the beginning of the cell, in widths of a cell.
    """

    cells: Counts
    rows: Counts
    low: NDArray[Any]
    high: NDArray[Any]
    within: Numbers


@dataclass(frozen=True)
class Counted:
    """Values, each once, in any order.

    Attributes
    ----------
    each : pyarrow.ChunkedArray
        The values.
    rows : numpy.ndarray, int64
        How many have it.
    """

    each: pa.ChunkedArray
    rows: Counts


@dataclass(frozen=True)
class Held:
    """Values of one side.

    Parameters
    ----------
    database : Database
        What holds them.
    table : ibis.Table
        Its only column is ``value``; none is missing.

    Examples
    --------
    >>> import ibis
    >>> table = ibis.memtable({"value": [2.0, 1.0, 2.0]})
    >>> held = Held(Database(ibis.duckdb.connect()), table)
    >>> held.distinct(), held.taken().tolist()
    (2, [1.0, 2.0, 2.0])
    """

    database: Database
    table: ibis.Table

    def counted(self) -> Counted:
        """Return each value once, with how often it is there, as the database counts them."""
        table = self.table
        found = self.database.arrow(table.group_by("value").aggregate(rows=table.count()))
        return Counted(found.column("value"), found.column("rows").to_numpy())

    def taken(self, grid: Grid | None = None, cells: Counts | None = None) -> NDArray[Any]:
        """Return all numbers, in order.

        Parameters
        ----------
        grid, cells : optional
            Only those in these cells.
        """
        import ibis
        import numpy as np
        import pandas as pd

        table = self.table
        if grid is not None:
            table = grid.located(table)
            chosen = ibis.memtable(pd.DataFrame({GIVEN: cells}))
            table = table.semi_join(chosen, table["cell"] == chosen[GIVEN])
        found = self.database.arrow(table.select("value")).column("value")
        return np.sort(found.to_numpy())

    def distinct(self) -> int:
        """Return the number of different values."""
        table = self.table
        return int(self.database.row(table.aggregate(n=table["value"].nunique()))["n"])

    def squares(self, mean: float) -> float:
        """Return the sum of squared distances from a number."""
        table = self.table
        distance = table["value"].cast("float64") - number(mean)
        return float(self.database.row(table.aggregate(n=(distance * distance).sum()))["n"])

    def binned(self, edges: Numbers) -> Counts:
        """Count values per bin; what lies beyond in the first and the last."""
        import numpy as np

        value = self.table["value"].cast("float64")
        table = self.table.select(bin=bin_of(value, edges[1:-1].tolist()))
        found = self.database.arrow(table.group_by("bin").aggregate(rows=table.count()))
        counts = np.zeros(len(edges) - 1, dtype="int64")
        counts[found.column("bin").to_numpy()] = found.column("rows").to_numpy()
        return counts

    def cut(self, grid: Grid) -> Cut:
        """Share the values out to the cells of a grid."""
        found = self.database.arrow(cut(self.table, grid)).sort_by("cell")
        return Cut(*(found.column(name).to_numpy() for name in found.column_names))


def cut(table: ibis.Table, grid: Grid) -> ibis.Table:
    """Return what `Cut` holds, as an expression over a table of ``value``."""
    located = grid.located(table)
    return located.group_by("cell").aggregate(
        rows=located.count(),
        low=located["value"].min(),
        high=located["value"].max(),
        within=located["within"].sum(),
    )
