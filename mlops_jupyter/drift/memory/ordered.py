"""What is measured of numbers that are in order: no values are merged, few are copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops_jupyter.drift.pairs import Statistics

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops_jupyter.drift.pairs import Counts, Numbers

    Ordered = NDArray[Any]

_PIECE = 1 << 14  # values at a time: what is computed of them stays in the processor's cache


def in_order(values: Ordered) -> Ordered:
    """Return numbers in their order: counted where they are whole and lie close, else sorted.

    Examples
    --------
    >>> import numpy as np
    >>> in_order(np.array([3.0, 1.0, 3.0])), in_order(np.array([2.5, 1.0]))
    (array([1., 3., 3.]), array([1. , 2.5]))
    """
    import numpy as np

    if len(values) and _is_whole(values):
        least = int(values.min())
        width = int(values.max()) - least
        if width <= len(values) and abs(least) < 2**62:
            counts = np.bincount(values.astype("int64", copy=False) - least)
            return np.repeat((np.arange(width + 1) + least).astype(values.dtype), counts)
    return np.sort(values)


def _is_whole(values: Ordered) -> bool:
    import numpy as np

    if values.dtype.kind in "iu":
        return True
    # A look at some spares one at all of them, mostly.
    some = all(float(value).is_integer() for value in values[:100])
    return some and bool((values == np.rint(values)).all())


def area(before: Ordered, after: Ordered) -> float:
    r"""Return the area between both distribution functions: :math:`\int |F - G|`.

    That is :math:`\int_0^1 |F^{-1} - G^{-1}|`, the mean distance of values of the same rank.

    Examples
    --------
    >>> import numpy as np
    >>> area(np.array([0.0, 2.0]), np.array([1.0, 3.0, 3.0, 3.0]))
    1.5
    """
    import numpy as np

    many, few = (before, after) if len(before) >= len(after) else (after, before)
    n, m = len(many), len(few)
    found = 0.0
    for first in range(0, n, _PIECE):
        # In units of 1/(n·m): value i of `many` holds from i·m to (i+1)·m, value j of `few` from
        # j·n to (j+1)·n. With m <= n at most one change of the latter falls into the former.
        start = np.arange(first, min(first + _PIECE, n)) * m
        left, right = start // n, (start + (m - 1)) // n
        change = np.maximum(right * n, start)
        values = many[first : first + _PIECE].astype("float64", copy=False)
        with np.errstate(over="ignore", invalid="ignore"):  # 1e308 - -1e308
            # No np.dot: its threads cost more than they gain on so few values.
            found += float((np.abs(values - few[left]) * ((change - start) / n)).sum())
            found += float((np.abs(values - few[right]) * ((start + m - change) / n)).sum())
    return found / m


def gap(before: Ordered, after: Ordered) -> float:
    """Return the greatest distance between both distribution functions.

    Examples
    --------
    >>> import numpy as np
    >>> gap(np.array([0.0, 2.0]), np.array([1.0, 3.0, 3.0, 3.0]))
    0.75
    """
    import numpy as np

    def most_at(values: Ordered) -> float:
        share = before.searchsorted(values, "right") / len(before)
        other = after.searchsorted(values, "right") / len(after)
        return float(np.abs(share - other).max())

    return max(most_at(before), most_at(after))


def distinct(values: Ordered) -> int:
    """Return the number of different values."""
    import numpy as np

    return int(np.count_nonzero(values[1:] != values[:-1])) + 1 if len(values) else 0


def runs(values: Ordered) -> tuple[Ordered, Counts]:
    """Return each different value, and how often it is there.

    Examples
    --------
    >>> import numpy as np
    >>> runs(np.array([1, 1, 5]))
    (array([1, 5]), array([2, 1]))
    """
    import numpy as np

    starts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    return values[starts], np.diff(np.append(starts, len(values)))


def statistics(values: Ordered) -> Statistics:
    """Return mean, spread and quantiles."""
    import numpy as np

    with np.errstate(over="ignore", invalid="ignore"):  # 1e308 squared
        mean, std = float(np.mean(values)), float(np.std(values))
        least, q01, median, q99, most = (
            float(_quantile(values, q)) for q in (0, 0.01, 0.5, 0.99, 1)
        )
    return Statistics(mean, std, least, q01, median, q99, most)


def histogram(values: Ordered, edges: Numbers) -> Counts:
    """Count values per bin; what lies beyond is counted in the first and the last."""
    import numpy as np

    inner = np.searchsorted(values, edges[1:-1], side="left")
    return np.diff(np.concatenate([[0], inner, [len(values)]]))


def _quantile(values: Ordered, q: float) -> float:
    """Return a quantile, as NumPy's default method has it."""
    place = q * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    share = place - low
    # Both parts small: the difference of 1.7e308 and -1.7e308 is too much.
    return float(values[low]) * (1 - share) + float(values[high]) * share
