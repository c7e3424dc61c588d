"""Whether a mean moved: tests that need no more than counts, means and variances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mlops_jupyter.drift.pairs import Both, Numbers


LEVEL = 0.05  # of the tests, and what intervals leave out
LEAST = 0.1  # a smaller share of the reference's mean is no move, however certain
WELCH = "Welch's t-test (Welch 1947)"
AGRESTI_CAFFO = "two proportions, adjusted (Agresti and Caffo 2000)"


@dataclass(frozen=True)
class Moments:
    """Of the losses of groups of rows: arrays with an entry per group.

    Attributes
    ----------
    count, mean, variance : numpy.ndarray, shape (groups,)
        The variance is the sample's (divided by n - 1).
    """

    count: Numbers
    mean: Numbers
    variance: Numbers

    @classmethod
    def of(cls, losses: Numbers, groups: NDArray[np.int64], size: int) -> Moments:
        """Return the moments of each group of rows.

        Parameters
        ----------
        losses : numpy.ndarray, shape (rows,)
            A loss per row.
        groups : numpy.ndarray, shape (rows,)
            The group of each row, from 0 to `size` - 1.
        size : int
            The number of groups.
        """
        import numpy as np

        count = np.bincount(groups, minlength=size).astype("float64")
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            mean = np.bincount(groups, losses, size) / count
            # From the mean, not from sums of squares: those cancel.
            squares = np.bincount(groups, (losses - mean[groups]) ** 2, size)
            return cls(count, mean, squares / (count - 1))


@dataclass(frozen=True)
class Moved:
    """The difference of two means per group, its 95 % interval and p-value."""

    difference: Numbers
    low: Numbers
    high: Numbers
    p_value: Numbers


def compared(moments: Both[Moments], *, shares: bool) -> Moved:
    """Test whether the means of both sides differ.

    Means of numbers by Welch's t-test, which takes neither equal variances nor, with many rows,
    a normal distribution for granted. Shares by the difference of proportions with one success and
    one failure added to either side, which also holds where there are none.

    Parameters
    ----------
    moments : Both of Moments
        Of either side.
    shares : bool
        Whether losses are 0 or 1.

    References
    ----------
    B. L. Welch (1947): The generalization of "Student's" problem when several different population
    variances are involved. Biometrika 34.
    A. Agresti, B. Caffo (2000): Simple and effective confidence intervals for proportions and
    differences of proportions. The American Statistician 54.
    """
    return _proportions(moments) if shares else _welch(moments)


def _welch(moments: Both[Moments]) -> Moved:
    import numpy as np
    from scipy.special import stdtr, stdtrit

    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        before, after = moments.map(lambda side: side.variance / side.count)
        squared = before + after
        freedom = squared**2 / (
            before**2 / (moments.reference.count - 1) + after**2 / (moments.current.count - 1)
        )
        difference = moments.current.mean - moments.reference.mean
        error = np.sqrt(squared)
        p_value = 2 * stdtr(freedom, -np.abs(difference / error))
        room = stdtrit(freedom, 1 - LEVEL / 2) * error
    still = squared == 0  # all rows of either side alike
    p_value = np.where(still, (difference == 0).astype("float64"), p_value)
    room = np.where(still, 0.0, room)
    return Moved(difference, difference - room, difference + room, p_value)


def _proportions(moments: Both[Moments]) -> Moved:
    import numpy as np
    from scipy.special import ndtr, ndtri

    added = moments.map(lambda side: side.count + 2)
    shares = moments.map(lambda side: (side.mean * side.count + 1) / (side.count + 2))
    squared = sum(share * (1 - share) / count for share, count in zip(shares, added, strict=True))
    error = np.sqrt(squared)
    centre = shares.current - shares.reference
    room = ndtri(1 - LEVEL / 2) * error
    difference = moments.current.mean - moments.reference.mean
    return Moved(difference, centre - room, centre + room, 2 * ndtr(-np.abs(centre / error)))


def moved(moments: Both[Moments], difference: Numbers, p_values: Numbers) -> NDArray[np.bool_]:
    """Say where a mean moved: certainly, and by enough to matter."""
    import numpy as np

    return (p_values < LEVEL) & (np.abs(difference) >= LEAST * moments.reference.mean)
