"""A column on both sides, its values in memory."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from mlops_jupyter.drift.memory import ordered
from mlops_jupyter.drift.memory.aside import at_once
from mlops_jupyter.drift.memory.kept import Kept
from mlops_jupyter.drift.pairs import Both, Frequencies, Statistics, drawn_from

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from mlops_jupyter.drift.pairs import Counts, Numbers


class MemoryPair:
    """A `Pair` of two series, which are not written to.

    Parameters
    ----------
    column : str
        Its name.
    reference, current : pandas.Series or Kept
        The values of either side, missing ones included; or a side that is part of other pairs as
        well, and is measured once for all.

    Examples
    --------
    >>> import pandas as pd
    >>> pair = MemoryPair("late", pd.Series([0.0, None, 2.0]), pd.Series([1.0, 3.0]))
    >>> pair.rows, pair.count, pair.area()
    (Both(reference=3, current=2), Both(reference=2, current=2), 1.0)
    >>> year = Kept(pd.Series([0.0, None, 2.0]))
    >>> months = [pd.Series([1.0, 3.0]), pd.Series([0.0, 2.0])]
    >>> [MemoryPair("late", year, month).area() for month in months]
    [1.0, 0.0]
    """

    def __init__(
        self, column: str, reference: pd.Series[Any] | Kept, current: pd.Series[Any] | Kept
    ) -> None:
        self.column = column
        self._sides = _alike(at_once(_kept, Both[Any](reference, current), _length))
        self.rows = self._sides.map(lambda side: side.rows)
        self.count = self._sides.map(lambda side: side.count)
        self.infinite = self._sides.map(lambda side: side.infinite)
        self.families = self._sides.map(lambda side: side.family)
        self.storage = self._sides.map(lambda side: side.storage)

    def series(self) -> Both[pd.Series[Any]]:
        """Return the values that are there."""
        return self._sides.map(lambda side: side.series)

    def drawn(self, sizes: Both[int], seed: int) -> Both[pd.Series[Any]]:
        """Return some of the values that are there, in their order."""
        return drawn_from(self.series(), sizes, seed)

    def distinct(self) -> Both[int]:
        """Return the number of different values of either side."""
        if self._is_number:
            self._sort()
        return self._sides.map(lambda side: side.distinct)

    def distinct_together(self) -> int:
        """Return the number of different values of both sides taken together."""
        return len(self.frequencies().values)

    def frequencies(self) -> Frequencies:
        """Return how often each value is there, zeros included."""
        return self._frequencies

    def statistics(self) -> Both[Statistics]:
        """Return mean, spread and quantiles: of numbers, or of the lengths of texts."""
        self._sort()
        return self._sides.map(lambda side: side.statistics)

    def histogram(self, edges: Numbers) -> Both[Counts]:
        """Count values (lengths of texts) per bin; what lies beyond in the first and the last."""
        return self._sort().map(lambda values: ordered.histogram(values, edges))

    def area(self) -> float:
        """Return the area between both distribution functions."""
        return ordered.area(*self._sort())

    def gap(self) -> float:
        """Return the greatest distance between both distribution functions."""
        return ordered.gap(*self._sort())

    @property
    def _is_number(self) -> bool:
        return all(side.is_number for side in self._sides)

    def _sort(self) -> Both[NDArray[Any]]:
        """Return the numbers of either side in their order; the lengths of texts."""
        return at_once(lambda side: side.ordered, self._sides, _length)

    @cached_property
    def _frequencies(self) -> Frequencies:
        if self._is_number:
            self._sort()
            return _of_numbers(self._sides.map(lambda side: side.runs))
        return _of_categories(self._sides.map(lambda side: side.counts))


def _kept(side: pd.Series[Any] | Kept) -> Kept:
    return side if isinstance(side, Kept) else Kept(side)


def _length(side: pd.Series[Any] | Kept) -> int:
    """Return how much work a side still is."""
    if isinstance(side, Kept):
        return 0 if side.is_ordered else side.count
    return len(side)


def _alike(sides: Both[Kept]) -> Both[Kept]:
    """Take numbers out of categories where the other side has them as they are."""
    if any(side.family != "numbers" for side in sides) or not any(s.is_number for s in sides):
        return sides
    return sides.map(lambda side: side if side.is_number else side.as_numbers())


def _of_numbers(both: Both[tuple[NDArray[Any], Counts]]) -> Frequencies:
    """Join how often each number is there."""
    import numpy as np

    values = np.union1d(*both.map(lambda side: side[0]))

    def spread(side: tuple[NDArray[Any], Counts]) -> Counts:
        counts = np.zeros(len(values), dtype="int64")
        # Two whole numbers may be one here, where the other side has numbers in 64 bits.
        np.add.at(counts, np.searchsorted(values, side[0].astype(values.dtype)), side[1])
        return counts

    return Frequencies(values.tolist(), both.map(spread))


def _of_categories(both: Both[dict[Any, int]]) -> Frequencies:
    """Join how often each category is there."""
    import numpy as np

    values = list(dict.fromkeys([*both.reference, *both.current]))
    try:
        values.sort()
    except TypeError:  # categories of several types
        values.sort(key=lambda value: (type(value).__name__, str(value)))
    return Frequencies(
        values,
        both.map(lambda side: np.array([side.get(value, 0) for value in values], dtype="int64")),
    )
