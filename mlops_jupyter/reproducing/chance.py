"""What counts as chance: a tolerance that is given, or one that repeats have taught."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from statistics import fmean, stdev
from typing import TYPE_CHECKING

from mlops_jupyter.errors import BadInput, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LEVEL = 0.99


@dataclass(frozen=True)
class Tolerance:
    """How far a metric may be off.

    Attributes
    ----------
    by_name : mapping
        Of single metrics.
    of_all : float, optional
        Of all others.
    """

    by_name: Mapping[str, float] = field(default_factory=dict)
    of_all: float | None = None

    @classmethod
    def read(cls, given: Iterable[str | float]) -> Tolerance:
        """Read ``1e-6`` and ``auc=0.01``.

        Raises
        ------
        UsageError
            It is neither, or below 0.

        Examples
        --------
        >>> Tolerance.read(["1e-6", "auc=0.01"]).of("auc"), Tolerance.read([]).of("auc")
        (0.01, None)
        """
        by_name: dict[str, float] = {}
        of_all: float | None = None
        for each in given:
            name, sign, number = str(each).rpartition("=")
            value = _number(number)
            if value is None or (sign and not name):
                raise UsageError(
                    f"{each!r} is no tolerance", "give a number from 0 on, or METRIC=NUMBER"
                )
            if sign:
                by_name[name] = value
            else:
                of_all = value
        return cls(by_name, of_all)

    def of(self, metric: str) -> float | None:
        """Return what a metric may be off by; None where nothing was given for it."""
        return self.by_name.get(metric, self.of_all)

    def check(self, metrics: Iterable[str]) -> None:
        """Refuse a tolerance for a metric that the run does not have.

        Raises
        ------
        BadInput
            There is none of that name; names those that there are.
        """
        known = sorted(metrics)
        if unknown := sorted(set(self.by_name) - set(known)):
            raise BadInput(
                f"the run has no metric {unknown[0]!r}", f"it has: {', '.join(known) or 'none'}"
            )


def interval(values: Sequence[float], *, at_once: int = 1) -> tuple[float, float]:
    """Return where one more value of the same process would lie, 99 times in 100.

    The prediction interval of one further observation from a normal distribution, by Student's t
    (Hahn and Meeker, *Statistical Intervals*): mean ± t · s · √(1 + 1/n), with n - 1 degrees of
    freedom. For several metrics at once the level is Bonferroni's, so that it holds for all of
    them together.

    Parameters
    ----------
    values : sequence of float
        At least two, finite.
    at_once : int
        How many metrics are judged.

    Examples
    --------
    >>> [round(bound, 2) for bound in interval([1.0, 2.0, 3.0])]
    [-9.46, 13.46]
    >>> interval([0.7, 0.7])
    (0.7, 0.7)
    """
    from scipy.stats import t

    count, middle, spread = len(values), fmean(values), stdev(values)
    if spread == 0:
        return values[0], values[0]
    share = 1 - (1 - LEVEL) / (2 * at_once)
    half = float(t.ppf(share, count - 1)) * spread * math.sqrt(1 + 1 / count)
    return middle - half, middle + half


def rule(repeats: int, at_once: int, tolerance: Tolerance) -> str:
    """Return in words what counted as chance; empty where nothing did."""
    parts = [f"{name} ± {value:g}" for name, value in tolerance.by_name.items()]
    if tolerance.of_all is not None:
        parts.append(f"{'other metrics' if parts else 'each metric'} ± {tolerance.of_all:g}, given")
    elif repeats > 1:
        together = f", for {at_once} metrics together (Bonferroni)" if at_once > 1 else ""
        parts.append(
            f"{LEVEL:.0%} prediction interval of one more run{together}, by Student's t from "
            f"{repeats} repeats: mean ± t · s · √(1 + 1/n)"
        )
    return "; ".join(parts)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None
