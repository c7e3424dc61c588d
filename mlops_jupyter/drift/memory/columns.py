"""A column on both sides, its values in memory."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from mlops_jupyter.drift.memory.plain import family, plain, storage, without_infinities
from mlops_jupyter.drift.pairs import Both, Frequencies, Statistics, Storage

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
    reference, current : pandas.Series
        The values of either side, missing ones included.

    Examples
    --------
    >>> import pandas as pd
    >>> pair = MemoryPair("late", pd.Series([0.0, None, 2.0]), pd.Series([1.0, 3.0]))
    >>> pair.rows, pair.count, pair.area()
    (Both(reference=3, current=2), Both(reference=2, current=2), 1.0)
    """

    def __init__(self, column: str, reference: pd.Series[Any], current: pd.Series[Any]) -> None:
        self.column = column
        self.rows = Both(len(reference), len(current))
        finite = Both(reference, current).map(lambda side: without_infinities(plain(side)))
        self.infinite = finite.map(lambda side: side[1])
        self._series = finite.map(lambda side: side[0].dropna() if side[0].hasnans else side[0])
        self.count = self._series.map(len)
        self.families: Both[str] = self._series.map(family)
        self.storage: Both[Storage] = self._series.map(storage)

    def series(self) -> Both[pd.Series[Any]]:
        """Return the values that are there."""
        return self._series

    def distinct(self) -> Both[int]:
        """Return the number of different values of either side."""
        if self._is_number:
            return self._sorted.map(_distinct)
        return self.frequencies().counts.map(lambda counts: int((counts > 0).sum()))

    def distinct_together(self) -> int:
        """Return the number of different values of both sides taken together."""
        return len(self.frequencies().values)

    def frequencies(self) -> Frequencies:
        """Return how often each value is there, zeros included."""
        return self._frequencies

    def statistics(self) -> Both[Statistics]:
        """Return mean, spread and quantiles: of numbers, or of the lengths of texts."""
        return self._sorted.map(statistics_of)

    def histogram(self, edges: Numbers) -> Both[Counts]:
        """Count values (lengths of texts) per bin; what lies beyond in the first and the last."""
        return self._sorted.map(lambda values: _histogram(values, edges))

    def area(self) -> float:
        """Return the area between both distribution functions."""
        import numpy as np

        values, above = self._steps
        # Halves: the width of 1e308 - -1e308 is too much.
        widths = np.diff(values / 2)
        with np.errstate(over="ignore", invalid="ignore"):
            return float(np.dot(np.abs(above[:-1]), widths)) * 2

    def gap(self) -> float:
        """Return the greatest distance between both distribution functions."""
        import numpy as np

        values, above = self._steps
        last_of_ties = np.append(values[1:] != values[:-1], True)
        return float(np.abs(above[last_of_ties]).max())

    @property
    def _is_number(self) -> bool:
        return all(held in ("float", "integer") for held in self.storage)

    @cached_property
    def _sorted(self) -> Both[NDArray[Any]]:
        """The numbers of either side in their order; the lengths of texts."""
        import numpy as np

        def ordered(side: pd.Series[Any]) -> NDArray[Any]:
            values = side if self._is_number else side.str.len()
            return np.sort(np.asarray(values))

        return self._series.map(ordered)

    @cached_property
    def _steps(self) -> tuple[NDArray[Any], Numbers]:
        """All values in order, and how far the reference's distribution function is above.

        Between equal values the second is of no meaning: they have no width.
        """
        import numpy as np

        before, after = self._sorted
        both = np.concatenate([before, after])
        order = np.argsort(both, kind="stable")  # merges two runs that are in order
        from_reference = order < len(before)
        seen = np.cumsum(from_reference)
        total = np.arange(1, len(both) + 1)
        return both[order], seen / len(before) - (total - seen) / len(after)

    @cached_property
    def _frequencies(self) -> Frequencies:
        import numpy as np

        if self._is_number:
            return of_numbers(self._sorted.map(lambda side: np.unique(side, return_counts=True)))
        return of_categories(self._series.map(counted))


def of_numbers(both: Both[tuple[NDArray[Any], NDArray[Any]]]) -> Frequencies:
    """Return how often each number of either side is there, out of those of either alone."""
    import numpy as np

    values = np.union1d(both.reference[0], both.current[0])
    counts = [np.zeros(len(values), dtype="int64") for _ in range(2)]
    for found, side in zip(both, counts, strict=True):
        side[np.searchsorted(values, found[0])] = found[1]
    return Frequencies(values.tolist(), Both(*counts))


def counted(side: pd.Series[Any]) -> dict[Any, int]:
    """Return how often each category is there."""
    # A category type also counts the categories that no row has.
    return {value: int(n) for value, n in side.value_counts().items() if n}


def of_categories(both: Both[dict[Any, int]]) -> Frequencies:
    """Return how often each category of either side is there, zeros included."""
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


def _distinct(values: NDArray[Any]) -> int:
    return int((values[1:] != values[:-1]).sum()) + 1 if len(values) else 0


def statistics_of(values: NDArray[Any]) -> Statistics:
    """Return mean, spread and quantiles of numbers that are in order."""
    import numpy as np

    with np.errstate(over="ignore", invalid="ignore"):  # 1e308 squared
        mean, std = float(np.mean(values)), float(np.std(values))
        least, q01, median, q99, most = (
            float(_quantile(values, q)) for q in (0, 0.01, 0.5, 0.99, 1)
        )
    return Statistics(mean, std, least, q01, median, q99, most)


def _quantile(values: NDArray[Any], q: float) -> float:
    """Return a quantile of sorted values, as NumPy's default method has it."""
    place = q * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    share = place - low
    # Both parts small: the difference of 1.7e308 and -1.7e308 is too much.
    return float(values[low]) * (1 - share) + float(values[high]) * share


def _histogram(values: NDArray[Any], edges: Numbers) -> Counts:
    import numpy as np

    inner = np.searchsorted(values, edges[1:-1], side="left")
    return np.diff(np.concatenate([[0], inner, [len(values)]]))
