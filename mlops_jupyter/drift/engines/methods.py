"""The methods, as Evidently has them, over what a `Pair` can count and sum.

Each names the module of ``evidently.legacy.calculations.stattests`` that it gives the numbers of.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_jupyter.data.comparing.distances import jensen_shannon

if TYPE_CHECKING:
    from mlops_jupyter.drift.pairs import Both, Numbers, Pair
    from mlops_jupyter.drift.report import ColumnType

_LEAST_NORM = 0.001  # a column that hardly varies would make any change look large
_EXACT = 10_000  # rows of a side up to which SciPy gives the exact p-value of Kolmogorov-Smirnov
_BINNED = 20  # numbers with more different values in the reference are binned


@dataclass(frozen=True)
class Method:
    """A method: how far two distributions are apart.

    Attributes
    ----------
    title : str
        Evidently's display name.
    types : frozenset of str
        The types of column it may be chosen for by name.
    score : callable
        Takes the pair and its type.
    threshold : float
        Evidently's default.
    low_is_drift : bool
        True for p-values.
    at_threshold : bool
        Whether a score that equals the threshold is drift.
    """

    title: str
    types: frozenset[ColumnType]
    score: Callable[[Pair, ColumnType], float]
    threshold: float
    low_is_drift: bool = False
    at_threshold: bool = True

    def drifted(self, score: float, threshold: float) -> bool:
        """Whether a score is drift."""
        if score == threshold:
            return self.at_threshold
        return score < threshold if self.low_is_drift else score > threshold


def _wasserstein(pair: Pair, _: ColumnType) -> float:
    """The first Wasserstein distance, in deviations: `wasserstein_distance_norm`."""
    deviation = pair.statistics().reference.std
    if not math.isfinite(deviation):  # values beyond 1e154: Evidently divides by infinity
        return math.nan
    return pair.area() / max(deviation, _LEAST_NORM)


def _jensen_shannon(pair: Pair, type_: ColumnType) -> float:
    """The Jensen-Shannon distance: `jensenshannon`."""
    return jensen_shannon(*_shares(pair, type_))


def _psi(pair: Pair, type_: ColumnType) -> float:
    """The population stability index: `psi`."""
    import numpy as np

    before, after = (_without_zeros(side) for side in _shares(pair, type_))
    return float(np.sum((before - after) * np.log(before / after)))


def _kullback_leibler(pair: Pair, type_: ColumnType) -> float:
    """The Kullback-Leibler divergence of the reference from current: `kl_div`."""
    import numpy as np

    before, after = (_without_zeros(side) for side in _shares(pair, type_))
    before, after = before / before.sum(), after / after.sum()
    return float(np.sum(before * np.log(before / after)))


def _kolmogorov_smirnov(pair: Pair, _: ColumnType) -> float:
    """The p-value of the two-sample Kolmogorov-Smirnov test: `ks_stattest`."""
    import numpy as np
    from scipy.stats import ks_2samp, kstwo

    n, m = (float(count) for count in pair.count)
    gap = pair.gap()
    if max(n, m) > _EXACT:
        return float(np.clip(kstwo.sf(gap, np.round(n * m / (n + m))), 0, 1))
    # Nothing but the gap and the sizes matters: any samples that have them are asked about.
    low = np.arange(n + 1)
    others = np.clip(np.round((low / n - gap) * m), 0, m)
    best = int(np.abs(low / n - others / m - gap).argmin())
    lows = ((best, n), (int(others[best]), m))
    samples = [np.repeat([0, 1], [low, int(count) - low]) for low, count in lows]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says when it had to take the formula for many rows
        return float(ks_2samp(*samples).pvalue)


def _chi_square(pair: Pair, _: ColumnType) -> float:
    """The p-value of the chi-square test of the reference's shares: `chisquare_stattest`."""
    import numpy as np
    from scipy.special import chdtrc  # SciPy's statistics take seconds to import

    before, after = pair.frequencies().counts
    expected = before * (pair.count.current / pair.count.reference)
    with np.errstate(divide="ignore"):  # values that the reference lacks
        statistic = np.sum((after - expected) ** 2 / expected)
    return float(chdtrc(len(after) - 1, statistic))


def _z(pair: Pair, _: ColumnType) -> float:
    """The p-value of the Z-test of the share of all values but the first: `z_stattest`."""
    import numpy as np
    from scipy.special import ndtr

    counts = pair.frequencies().counts
    if len(counts.reference) == 1:
        return 1.0
    n, m = pair.count
    first, second = (n - int(counts.reference[0])) / n, (m - int(counts.current[0])) / m
    pooled = (first * n + second * m) / (n + m)
    z = (first - second) / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return float(2 * (1 - ndtr(abs(z))))


def _shares(pair: Pair, type_: ColumnType) -> Both[Numbers]:
    """Return the share of each value, or of each bin of both sides: `utils.get_binned_data`."""
    binned = type_ == "numeric" and pair.distinct().reference > _BINNED
    counts = pair.histogram(_sturges(pair)) if binned else pair.frequencies().counts
    return counts.map(lambda side: side / side.sum())


def _sturges(pair: Pair) -> Numbers:
    """Return the bins of NumPy's rule ``"sturges"`` for the values of both sides."""
    import numpy as np

    sides = pair.statistics()
    low, high = min(side.min for side in sides), max(side.max for side in sides)
    scale = 1.0 if math.isfinite(high - low) else 2.0  # the width of 1e308 - -1e308 is too much
    low, high = low / scale, high / scale
    width = (high - low) / (math.log2(sum(pair.count)) + 1)
    if all(held == "integer" for held in pair.storage):
        width = max(width, 1.0)  # narrower bins of whole numbers would be empty
    bins = math.ceil((high - low) / width) if width else 1
    return np.linspace(low, high, bins + 1) * scale


def _without_zeros(shares: Numbers) -> Numbers:
    """Return shares with a little in place of none, as logarithms need it."""
    import numpy as np

    least = float(shares[shares > 0].min())
    return np.where(shares == 0, least / 10**6 if least <= 0.0001 else 0.0001, shares)


_NUMBERS: frozenset[ColumnType] = frozenset({"numeric"})
_CATEGORIES: frozenset[ColumnType] = frozenset({"categorical"})
_ANY = _NUMBERS | _CATEGORIES

# By Evidently's short names.
METHODS = {
    "wasserstein": Method("Wasserstein distance (normed)", _NUMBERS, _wasserstein, 0.1),
    "jensenshannon": Method("Jensen-Shannon distance", _ANY, _jensen_shannon, 0.1),
    "psi": Method("PSI", _ANY, _psi, 0.1),
    "kl_div": Method("Kullback-Leibler divergence", _ANY, _kullback_leibler, 0.1),
    "ks": Method("K-S p_value", _NUMBERS, _kolmogorov_smirnov, 0.05, low_is_drift=True),
    # By default also for numbers of few different values; by name for categories alone.
    "chisquare": Method(
        "chi-square p_value",
        _CATEGORIES,
        _chi_square,
        0.05,
        low_is_drift=True,
        at_threshold=False,
    ),
    "z": Method("Z-test p_value", _CATEGORIES, _z, 0.05, low_is_drift=True, at_threshold=False),
}
