"""The methods, as Evidently has them, over what a `Pair` can count and sum.

Each names the module of ``evidently.legacy.calculations.stattests`` that it gives the numbers of.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_jupyter.data.comparing.distances import jensen_shannon

if TYPE_CHECKING:
    from mlops_jupyter.drift.pairs import Both, Numbers, Pair
    from mlops_jupyter.drift.report import ColumnType

_LEAST_NORM = 0.001  # a column that hardly varies would make any change look large
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
    return pair.area() / max(pair.statistics().reference.std, _LEAST_NORM)


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
    from scipy.stats import ks_2samp

    return float(ks_2samp(*pair.series())[1])


def _chi_square(pair: Pair, _: ColumnType) -> float:
    """The p-value of the chi-square test of the reference's shares: `chisquare_stattest`."""
    from scipy.stats import chisquare

    before, after = pair.frequencies().counts
    return float(chisquare(after, before * (pair.count.current / pair.count.reference))[1])


def _z(pair: Pair, _: ColumnType) -> float:
    """The p-value of the Z-test of two shares: `z_stattest`."""
    import numpy as np
    from scipy.stats import norm

    counts = pair.frequencies().counts
    if len(counts.reference) == 1:
        return 1.0
    n, m = pair.count
    first, second = 1 - counts.reference[0] / n, 1 - counts.current[0] / m
    pooled = (first * n + second * m) / (n + m)
    z = (first - second) / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return float(2 * (1 - norm.cdf(abs(z))))


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
    width = (high - low) / (np.log2(sum(pair.count)) + 1)
    if width and all(held == "integer" for held in pair.storage):
        width = max(width, 1.0)  # narrower bins of whole numbers would be empty
    bins = max(int(np.ceil((high - low) / width)), 1) if width else 1
    if low == high:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, bins + 1)


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
