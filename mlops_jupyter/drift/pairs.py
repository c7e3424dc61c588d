"""What is asked of a column that is on both sides, however its values are held.

Methods, summaries and findings are written once, over `Pair`. What measures is a backend: `memory`
holds the values of a column in NumPy's arrays; another may ask a database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Counts = NDArray[np.int64]

T = TypeVar("T")
U = TypeVar("U")

# How values are held, as far as the choice of a method depends on it.
Storage = Literal["float", "integer", "boolean", "category", "string", "date", "other"]


def text(value: object) -> str:
    """Return a value as text that UTF-8 can hold: file contents may hold half a surrogate pair."""
    return str(value).encode("utf-8", "replace").decode("utf-8")


@dataclass(frozen=True)
class Both(Generic[T]):
    """Something of the reference, and the same of current.

    Examples
    --------
    >>> Both(2, 3).map(lambda count: count * 10)
    Both(reference=20, current=30)
    >>> sum(Both(2, 3))
    5
    """

    reference: T
    current: T

    def __iter__(self) -> Iterator[T]:
        yield self.reference
        yield self.current

    def map(self, change: Callable[[T], U]) -> Both[U]:
        """Return what a function makes of either."""
        return Both(change(self.reference), change(self.current))


def seeds_of(seed: int) -> Both[np.random.SeedSequence]:
    """Return what either side draws by: by the same numbers, both would take the same places.

    Examples
    --------
    >>> len({seed.spawn_key for seed in seeds_of(1)})
    2
    """
    import numpy as np

    return Both(*np.random.SeedSequence(seed).spawn(2))


def drawn_from(sides: Both[pd.Series[Any]], sizes: Both[int], seed: int) -> Both[pd.Series[Any]]:
    """Return some of the values that are in memory, as `Pair.drawn` has it; in their order.

    Examples
    --------
    >>> import pandas as pd
    >>> drawn_from(Both(pd.Series(range(100)), pd.Series(range(10))), Both(20, 10), 1).map(len)
    Both(reference=20, current=10)
    """
    import numpy as np

    def some(series: pd.Series[Any], size: int, own: np.random.SeedSequence) -> pd.Series[Any]:
        if size >= len(series):
            return series
        places = np.random.default_rng(own).choice(len(series), size, replace=False)
        return series.iloc[np.sort(places)]

    return Both(*map(some, sides, sizes, seeds_of(seed)))


@dataclass(frozen=True)
class Statistics:
    """Of the numbers of one side; of the lengths in characters where the column holds text.

    Attributes
    ----------
    mean, std, min, q01, median, q99, max : float
        The standard deviation is the population's (divided by n). Infinite where they overflow.
    """

    mean: float
    std: float
    min: float
    q01: float
    median: float
    q99: float
    max: float


@dataclass(frozen=True)
class Frequencies:
    """How often each value is there.

    Attributes
    ----------
    values : sequence
        Each value of either side once; in their order where they have one.
    counts : Both of numpy.ndarray, shape (values,), int64
        Rows with that value.
    """

    values: Sequence[Any]
    counts: Both[Counts]


class Pair(Protocol):
    """A column on both sides. Missing values and infinities are counted, and left out of the rest.

    Attributes
    ----------
    column : str
        Its name.
    families : Both of str
        What kind of values: ``numbers``, ``text``, ``dates``, ``true or false``, or words for a
        kind that is not compared.
    storage : Both of str
        How they are held.
    rows, count, infinite : Both of int
        All rows; rows with a value (an infinity is none); infinities.
    """

    column: str
    families: Both[str]
    storage: Both[Storage]
    rows: Both[int]
    count: Both[int]
    infinite: Both[int]

    def distinct(self) -> Both[int]:
        """Return the number of different values of either side."""

    def distinct_together(self) -> int:
        """Return the number of different values of both sides taken together."""

    def frequencies(self) -> Frequencies:
        """Return how often each value is there, zeros included."""

    def statistics(self) -> Both[Statistics]:
        """Return mean, spread and quantiles: of numbers, or of the lengths of texts."""

    def histogram(self, edges: Numbers) -> Both[Counts]:
        """Count values (lengths of texts) per bin.

        Parameters
        ----------
        edges : numpy.ndarray, shape (bins + 1,)
            Ascending. A bin holds its lower edge; the last one also its upper. Values beyond the
            edges are counted in the first and the last bin.
        """

    def area(self) -> float:
        """Return the area between both distribution functions: the first Wasserstein distance."""

    def gap(self) -> float:
        """Return the greatest distance of both distribution functions: Kolmogorov-Smirnov's."""

    def series(self) -> Both[pd.Series[Any]]:
        """Return the values that are there, for what computes with the values themselves."""

    def drawn(self, sizes: Both[int], seed: int) -> Both[pd.Series[Any]]:
        """Return some of the values that are there, each as likely as any other.

        Parameters
        ----------
        sizes : Both of int
            How many of either side, without replacement. A side that has no more is left whole.
        seed : int
            Draws the same values again, while they come in the same order.
        """


class Tables(Protocol):
    """Both sides, held by one backend.

    Attributes
    ----------
    names : Both of list of str
        The columns of either side, as text; a name may stand there several times.
    rows : Both of int
        Rows of either side.
    backend : str
        What holds them, in words for the reader of a report.
    """

    @property
    def names(self) -> Both[list[str]]:
        """The columns of either side."""

    @property
    def rows(self) -> Both[int]:
        """Rows of either side."""

    @property
    def backend(self) -> str:
        """What holds them."""

    def pair(self, name: str) -> Pair:
        """Return the column of a name that either side has exactly once."""
