"""Cells that numbers are shared out to, fine where it matters.

A first grid has cells of one width from the least to the greatest value. A finer one cuts some of
its cells again, each from the least to the greatest value found in it. Which cell a number is in
comes from a subtraction, a multiplication and a rounding down: a greater number is never in a
lesser cell, however a database rounds. So a cell holds what lies between its least and greatest
value, and nothing has to be in order: a database counts and sums per cell, Spark wherever its rows
are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_jupyter.drift.expressions.asking import GIVEN
from mlops_jupyter.drift.expressions.buckets import number

if TYPE_CHECKING:
    import ibis
    import numpy as np
    from numpy.typing import NDArray

    from mlops_jupyter.drift.pairs import Counts, Numbers


@dataclass(frozen=True)
class Grid:
    """Ranges of numbers, each cut into cells of one width.

    Numbers are in halves throughout: the width of 1e308 - -1e308 is too much.

    Attributes
    ----------
    lows, extents : numpy.ndarray, shape (ranges,)
        Where a range begins, and how far it goes.
    sizes, starts : numpy.ndarray, shape (ranges,), int64
        Its cells, and the number of its first one.
    cells : numpy.ndarray, shape (ranges,), int64, or None
        The cell of the coarser grid that is the range.
    coarser : Grid or None
        None for the first grid, which has one range.
    """

    lows: Numbers
    extents: Numbers
    sizes: Counts
    cells: Counts | None = None
    coarser: Grid | None = None

    @classmethod
    def first(cls, low: float, high: float, cells: int) -> Grid:
        """Return a grid from the least to the greatest number."""
        import numpy as np

        lows, sizes = np.array([low / 2]), np.array([cells], dtype="int64")
        return cls(lows, np.array([high / 2]) - lows, sizes)

    def finer(self, cells: Counts, low: NDArray[Any], high: NDArray[Any], sizes: Counts) -> Grid:
        """Return a grid of some cells cut again, each between its least and greatest number."""
        return Grid(low / 2, high / 2 - low / 2, sizes, cells, self)

    @property
    def starts(self) -> Counts:
        """The number of the first cell of each range."""
        import numpy as np

        return np.cumsum(self.sizes) - self.sizes

    @property
    def scales(self) -> Numbers:
        """Cells per width; 0 where a range is too narrow to be cut."""
        import numpy as np

        with np.errstate(divide="ignore", over="ignore"):
            scales = self.sizes / self.extents
        return np.where(np.isfinite(scales), scales, 0.0)

    def ranges_of(self, cells: Counts) -> NDArray[np.intp]:
        """Return which range cells are of."""
        import numpy as np

        return np.searchsorted(self.starts, cells, side="right") - 1

    def located(self, table: ibis.Table) -> ibis.Table:
        """Return each ``value`` of the ranges with its ``cell``, and how far in it is.

        Parameters
        ----------
        table : ibis.Table
            Its column ``value`` has numbers, none of them missing.
        """
        import ibis

        if self.coarser is None:
            half = table["value"].cast("float64") * number(0.5)
            start, low, scale = (
                ibis.literal(0, type="int64"),
                number(self.lows[0]),
                number(self.scales[0]),
            )
            last = ibis.literal(int(self.sizes[0]) - 1, type="int64")
        else:
            known = self.coarser.located(table)
            ranges = ibis.memtable(self._as_frame())
            table = known.inner_join(ranges, known["cell"] == ranges[GIVEN])
            half = table["half"]
            start, low, scale, last = (table[name] for name in ("start", "low", "scale", "last"))
        table = table.select(
            value=table["value"], half=half, start=start, last=last, at=(half - low) * scale
        )
        cell = ibis.least(table["at"].floor().cast("int64"), table["last"])
        return table.select(
            value=table["value"],
            half=table["half"],
            cell=table["start"] + cell,
            within=table["at"] - cell.cast("float64"),
        )

    def _as_frame(self) -> Any:
        import pandas as pd

        return pd.DataFrame(
            {
                GIVEN: self.cells,
                "low": self.lows,
                "scale": self.scales,
                "start": self.starts,
                "last": self.sizes - 1,
            }
        )
