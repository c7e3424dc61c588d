"""Both distribution functions of a column, known piece by piece.

A piece is what lies between two values: how many rows of either side, and the area under each
side's steps. Where one function stays above the other within a piece, no more has to be known for
the area between them. Where it may not, the piece is open, and is cut into smaller ones; a piece of
one single value never is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mlops_jupyter.drift.expressions.grids import Grid
    from mlops_jupyter.drift.expressions.held import Cut
    from mlops_jupyter.drift.pairs import Both, Counts, Numbers

SHARES = (0.01, 0.5, 0.99)  # the quantiles
_ROUNDING = 2.0**-53
_AS_GOOD_AS = 1e-11  # of the area: what all rounding together may come to


@dataclass(frozen=True)
class Pieces:
    """Pieces in their order, none of them empty.

    Attributes
    ----------
    low, high : numpy.ndarray, shape (pieces,)
        The least and the greatest value.
    rows : numpy.ndarray, shape (2, pieces), int64
        Of reference and current.
    under : numpy.ndarray, shape (2, pieces)
        The sum of the distances of values from `high`, halved.
    extents : numpy.ndarray, shape (pieces,)
        How far the range goes, halved, in which the distances were measured.
    cells : numpy.ndarray, shape (pieces,), int64
        Their cell in the finest grid; -1 in none.
    """

    low: NDArray[Any]
    high: NDArray[Any]
    rows: Counts
    under: Numbers
    extents: Numbers
    cells: Counts

    @classmethod
    def of_cuts(cls, grid: Grid, cuts: Both[Cut]) -> Pieces:
        """Return the cells of a grid, as both sides have them."""
        import numpy as np

        cells = np.union1d(cuts.reference.cells, cuts.current.cells)
        kind = cuts.reference.low.dtype
        low, high = np.empty(len(cells), kind), np.empty(len(cells), kind)
        rows, within = np.zeros((2, len(cells)), "int64"), np.zeros((2, len(cells)))
        filled = np.zeros(len(cells), "bool")
        for side, cut in enumerate(cuts):
            at = np.searchsorted(cells, cut.cells)
            low[at] = np.where(filled[at], np.minimum(low[at], cut.low), cut.low)
            high[at] = np.where(filled[at], np.maximum(high[at], cut.high), cut.high)
            rows[side, at], within[side, at], filled[at] = cut.rows, cut.within, True
        ranges = grid.ranges_of(cells)
        scales = grid.scales[ranges]
        top = (high / 2 - grid.lows[ranges]) * scales - (cells - grid.starts[ranges])
        under = np.maximum(rows * top - within, 0) / np.where(scales, scales, 1)
        return cls(low, high, rows, np.where(low == high, 0, under), grid.extents[ranges], cells)

    @classmethod
    def of_values(cls, values: Both[NDArray[Any]], rows: Both[Counts] | None = None) -> Pieces:
        """Return single values.

        Parameters
        ----------
        values : Both of numpy.ndarray
            Those of either side, in order.
        rows : Both of numpy.ndarray, optional
            How often each is there; without, the number of times it stands in `values`.
        """
        import numpy as np

        all_ = np.concatenate([*values])
        all_.sort(kind="stable")  # merges two runs that are in order
        ends = np.flatnonzero(np.append(all_[1:] != all_[:-1], np.ones(len(all_[:1]), "bool")))
        total, all_ = np.diff(ends, prepend=-1), all_[ends]
        both = np.zeros((2, len(all_)), "int64")
        if rows is None:
            both[0] = np.diff(np.searchsorted(values.reference, all_, side="right"), prepend=0)
            both[1] = total - both[0]
        else:
            for side, (found, counts) in enumerate(zip(values, rows, strict=True)):
                both[side, np.searchsorted(all_, found)] = counts
        nothing = np.zeros(len(all_))
        cells = np.full(len(all_), -1, "int64")
        return cls(all_, all_, both, np.zeros(both.shape), nothing, cells)

    def taken(self, which: NDArray[np.bool_]) -> Pieces:
        """Return some of the pieces."""
        return Pieces(*(getattr(self, name)[..., which] for name in _FIELDS))

    def joined(self, others: Pieces) -> Pieces:
        """Return these and others, in order."""
        import numpy as np

        order = np.argsort(np.concatenate([self.low, others.low]), kind="stable")
        return Pieces(
            *(
                np.concatenate([getattr(self, name), getattr(others, name)], axis=-1)[..., order]
                for name in _FIELDS
            )
        )

    def area(self) -> float:
        """Return the area between both functions, as far as pieces are not open."""
        import numpy as np

        n, m = self._totals
        with np.errstate(over="ignore", invalid="ignore"):
            between = np.abs(self._above[1:-1]) * (self.low[1:] / 2 - self.high[:-1] / 2)
            within = np.abs(
                self._above[:-1] * (self.high / 2 - self.low / 2)
                + self.under[0] / n
                - self.under[1] / m
            )
            return float(between.sum() + within.sum()) * 2

    def gap(self) -> float:
        """Return the greatest distance of both functions at the end of a piece."""
        import numpy as np

        return float(np.abs(self._above).max())

    def quantile(self, side: int, share: float) -> float:
        """Return a quantile of one side, as NumPy's default method has it."""
        place, low, high = self._places(side, share)
        part = share * (int(self._totals[side]) - 1) - place
        return float(self.low[low]) * (1 - part) + float(self.low[high]) * part

    def histogram(self, edges: Numbers) -> Counts:
        """Count the rows of either side per bin, where pieces are single values."""
        import numpy as np

        inner = np.searchsorted(self.low, edges[1:-1], side="left")
        places = np.concatenate([[0], inner, [len(self.low)]])
        return np.diff(self._seen[:, places], axis=1)

    def squares(self, side: int, mean: float) -> float:
        """Return the sum of squared distances from a number, where pieces are single values."""
        import numpy as np

        with np.errstate(over="ignore"):
            distances = (self.low.astype("float64") - mean) ** 2
            return float(np.sum(distances * self.rows[side]))

    @cached_property
    def open(self) -> NDArray[np.bool_]:
        """The pieces of which more has to be known."""
        import numpy as np

        n, m = self._totals
        before, after = self._seen[:, :-1], self._seen[:, 1:]
        lowest = before[0] / n - after[1] / m
        highest = after[0] / n - before[1] / m
        wanted: NDArray[np.bool_] = ((lowest < 0) & (highest > 0)) | (
            np.maximum(highest, -lowest) > self.gap()
        )
        wanted |= self._rough()
        for side in (0, 1):
            for share in SHARES:
                wanted[list(self._places(side, share)[1:])] = True
        wanted &= self.low != self.high
        return wanted

    def _rough(self) -> NDArray[np.bool_]:
        """Where distances were measured from so far away that rounding would be seen.

        Errors are independent of each other: their squares add up.
        """
        import numpy as np

        n, m = (float(total) for total in self._totals)
        # All in widths of the column: squares of 1e300 are too much, those of 1e-300 nothing.
        width = float(self.high[-1] / 2 - self.low[0] / 2) or 1.0
        errors = (self.rows[0] / n**2 + self.rows[1] / m**2) * (
            _ROUNDING * self.extents / width
        ) ** 2
        errors = np.where(self.low == self.high, 0, errors)
        allowed = (_AS_GOOD_AS * (self.area() / 2 / width)) ** 2
        if errors.sum() <= allowed:
            return np.zeros(len(errors), "bool")
        return errors > allowed / len(errors)

    def _places(self, side: int, share: float) -> tuple[int, int, int]:
        """Return the place of a quantile among the values, and the pieces it lies between."""
        import numpy as np

        rows = int(self._totals[side])
        place = int(share * (rows - 1))
        both = [place, min(place + 1, rows - 1)]
        low, high = np.searchsorted(self._seen[side, 1:], both, side="right")
        return place, int(low), int(high)

    @cached_property
    def _seen(self) -> Counts:
        """Rows of either side before each piece, and in the end."""
        import numpy as np

        return np.concatenate([np.zeros((2, 1), "int64"), np.cumsum(self.rows, axis=1)], axis=1)

    @property
    def _totals(self) -> Counts:
        return self._seen[:, -1]

    @cached_property
    def _above(self) -> Numbers:
        """How far the reference's function is above: before each piece, and in the end."""
        n, m = self._totals
        above: Numbers = self._seen[0] / n - self._seen[1] / m
        return above


_FIELDS = ("low", "high", "rows", "under", "extents", "cells")
