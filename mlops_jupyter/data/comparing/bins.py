"""Bins that two distributions share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

BINS = 20
WHOLE_BINS = 32  # a bin each for so many whole numbers: days, hours
BARS = 8


@dataclass(frozen=True)
class Binned:
    """Two distributions in the same bins.

    Attributes
    ----------
    edges : list of float
        One more than there are bins.
    old, new : list of float
        Shares.
    below, above : bool
        The first, the last bin also holds a far tail.
    """

    edges: list[float]
    old: list[float]
    new: list[float]
    below: bool
    above: bool


def binned(old: Numbers, new: Numbers, *, whole: bool) -> Binned:
    """Bin both sides alike; far tails are gathered in the end bins, so that the rest is seen.

    Examples
    --------
    >>> import numpy as np
    >>> binned(np.array([0.0, 1.0]), np.array([1.0, 1.0]), whole=True).new
    [0.0, 1.0]
    """
    import numpy as np

    both = np.concatenate([old, new])
    low, q01, q99, high = (float(q) for q in np.quantile(both, [0, 0.01, 0.99, 1]))
    below = q99 > q01 and q01 - low > (q99 - q01) / 2
    above = q99 > q01 and high - q99 > (q99 - q01) / 2
    edges = edges_between(q01 if below else low, q99 if above else high, whole=whole)
    shares = [
        np.histogram(np.clip(side, edges[0], edges[-1]), edges)[0] / len(side)
        for side in (old, new)
    ]
    return Binned(
        edges=[float(f"{edge:.6g}") for edge in edges],
        old=[round(float(share), 4) for share in shares[0]],
        new=[round(float(share), 4) for share in shares[1]],
        below=below,
        above=above,
    )


def edges_between(low: float, high: float, *, whole: bool) -> Numbers:
    """Return bin edges; whole numbers get bins of equal whole width, or a comb would show.

    Examples
    --------
    >>> edges_between(1, 3, whole=True)
    array([1., 2., 3., 4.])
    """
    import numpy as np

    if whole and high - low < 2**50:
        low = math.floor(low)
        values = math.floor(high) - low + 1
        width = 1 if values <= WHOLE_BINS else math.ceil(values / BINS)
        return low + width * np.arange(math.ceil(values / width) + 1, dtype="float64")
    if low == high:
        margin = max(abs(low), 1.0) / 2
        low, high = low - margin, high + margin
    return np.linspace(low / 2, high / 2, BINS + 1) * 2  # halves: 1e308 - -1e308 is too much
