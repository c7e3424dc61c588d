"""One side of a column, measured once: it may be compared with several others."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from mlops_jupyter.drift.memory import ordered
from mlops_jupyter.drift.memory.plain import family, plain, storage, without_infinities

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from mlops_jupyter.drift.pairs import Counts, Statistics, Storage


class Kept:
    """One side of a column.

    Parameters
    ----------
    series : pandas.Series
        Its values, missing ones included. Not written to.

    Examples
    --------
    >>> import pandas as pd
    >>> side = Kept(pd.Series([2.0, None, 0.0, 2.0]))
    >>> side.rows, side.count, side.ordered, side.distinct
    (4, 3, array([0., 2., 2.]), 2)
    """

    def __init__(self, series: pd.Series[Any]) -> None:
        finite, self.infinite = without_infinities(plain(series))
        self.rows = len(series)
        self._hold(_present(finite))

    def _hold(self, series: pd.Series[Any]) -> None:
        self.series, self.count = series, len(series)
        self.family = family(series)
        self.storage: Storage = storage(series)
        self._ordered: NDArray[Any] | None = None

    def as_numbers(self) -> Kept:
        """Return a side whose numbers are held as categories with its numbers as they are."""
        found = object.__new__(Kept)
        found.rows, found.infinite = self.rows, self.infinite
        found._hold(plain(self.series.astype(self.series.cat.categories.dtype)))
        return found

    @property
    def is_number(self) -> bool:
        """Whether it holds plain numbers."""
        return self.storage in ("float", "integer")

    @property
    def is_ordered(self) -> bool:
        """Whether its values were sorted already."""
        return self._ordered is not None

    @property
    def ordered(self) -> NDArray[Any]:
        """Its numbers in their order; the lengths of its texts."""
        # No cached_property: up to Python 3.11 its lock is one for all sides.
        if self._ordered is None:
            values = self.series if self.is_number else self.series.str.len()
            self._ordered = ordered.in_order(values.to_numpy())
        return self._ordered

    @cached_property
    def statistics(self) -> Statistics:
        """Mean, spread and quantiles of these."""
        return ordered.statistics(self.ordered)

    @cached_property
    def distinct(self) -> int:
        """The number of its different values."""
        if self.is_number:
            return ordered.distinct(self.ordered)
        return int(self.series.nunique())

    @cached_property
    def runs(self) -> tuple[NDArray[Any], Counts]:
        """Its different numbers, and how often each is there."""
        return ordered.runs(self.ordered)

    @cached_property
    def counts(self) -> dict[Any, int]:
        """How often each of its categories is there."""
        # A category type also counts the categories that no row has.
        found = self.series.value_counts()
        return {value: int(n) for value, n in cast("Any", found.items()) if n}


def _present(series: pd.Series[Any]) -> pd.Series[Any]:
    """Return the values that are there; numbered anew, as an index of those left is as large."""
    if not series.hasnans:
        return series
    import pandas as pd

    return pd.Series(series.array[series.notna().to_numpy()])
