"""A side of a column that is compared more than once: what was sorted and counted stays."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from mlops_jupyter.drift.memory.columns import (
    MemoryPair,
    counted,
    of_categories,
    of_numbers,
    statistics_of,
)
from mlops_jupyter.drift.memory.plain import family, plain, storage, without_infinities
from mlops_jupyter.drift.pairs import Both, Frequencies, Statistics

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


class Kept:
    """One side of a column.

    Parameters
    ----------
    series : pandas.Series
        Its values, missing ones included. Not written to.
    """

    def __init__(self, series: pd.Series[Any]) -> None:
        finite, self.infinite = without_infinities(plain(series))
        self.series = finite.dropna() if finite.hasnans else finite
        self.rows, self.count = len(series), len(self.series)
        self.family, self.storage = family(self.series), storage(self.series)

    @cached_property
    def ordered(self) -> NDArray[Any]:
        """Its numbers in their order; the lengths of its texts."""
        import numpy as np

        is_number = self.storage in ("float", "integer")
        return np.sort(np.asarray(self.series if is_number else self.series.str.len()))

    @cached_property
    def statistics(self) -> Statistics:
        """Mean, spread and quantiles of these."""
        return statistics_of(self.ordered)

    @cached_property
    def different(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Its different numbers, and how often each is there."""
        import numpy as np

        return np.unique(self.ordered, return_counts=True)

    @cached_property
    def counts(self) -> dict[Any, int]:
        """How often each of its categories is there."""
        return counted(self.series)


class KeptPair(MemoryPair):
    """A `Pair` of two sides, either of which may be part of other pairs as well.

    Parameters
    ----------
    column : str
        Its name.
    sides : Both of Kept
        The reference and current.

    Examples
    --------
    >>> import pandas as pd
    >>> reference = Kept(pd.Series([0.0, None, 2.0]))
    >>> months = [Kept(pd.Series(values)) for values in ([1.0, 3.0], [0.0, 2.0])]
    >>> [KeptPair("late", Both(reference, month)).area() for month in months]
    [1.0, 0.0]
    """

    def __init__(self, column: str, sides: Both[Kept]) -> None:
        self.column = column
        self.rows = sides.map(lambda side: side.rows)
        self.count = sides.map(lambda side: side.count)
        self.infinite = sides.map(lambda side: side.infinite)
        self.families = sides.map(lambda side: side.family)
        self.storage = sides.map(lambda side: side.storage)
        self._series = sides.map(lambda side: side.series)
        self._sides = sides

    def statistics(self) -> Both[Statistics]:
        """Return mean, spread and quantiles: of numbers, or of the lengths of texts."""
        return self._sides.map(lambda side: side.statistics)

    @property
    def _sorted(self) -> Both[NDArray[Any]]:
        return self._sides.map(lambda side: side.ordered)

    @cached_property
    def _frequencies(self) -> Frequencies:
        if self._is_number:
            return of_numbers(self._sides.map(lambda side: side.different))
        return of_categories(self._sides.map(lambda side: side.counts))
