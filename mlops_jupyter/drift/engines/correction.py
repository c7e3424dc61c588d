"""Correcting p-values for how many columns are looked at.

Of a hundred columns that did not change, five are below 0.05 by chance. Distances are no
probabilities: they are left as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mlops_jupyter.errors import BadInput

if TYPE_CHECKING:
    from mlops_jupyter.drift.engines.verdicts import Verdict


def corrected(verdicts: Sequence[Verdict], name: str) -> list[Verdict]:
    """Return the verdicts, p-values among them corrected for their number.

    The score becomes the adjusted p-value, which is held to the column's own threshold.

    Parameters
    ----------
    verdicts : sequence of Verdict
        All of one report, in any order.
    name : {"holm", "bonferroni", "benjamini-hochberg", "benjamini-yekutieli"}
        The first two bound the chance that any column is called drifted by chance, the others
        the share of such columns among those called drifted.

    Raises
    ------
    BadInput
        There is no correction of this name.

    References
    ----------
    Dunn, O. J. (1961): Multiple comparisons among means. JASA 56, 52-64 (Bonferroni).
    Holm, S. (1979): A simple sequentially rejective multiple test procedure. Scand. J. Stat. 6,
    65-70.
    Benjamini, Y., Hochberg, Y. (1995): Controlling the false discovery rate. JRSS B 57, 289-300.
    Benjamini, Y., Yekutieli, D. (2001): The control of the false discovery rate in multiple
    testing under dependency. Ann. Stat. 29, 1165-1188.

    Examples
    --------
    >>> from mlops_jupyter.drift.engines.verdicts import Verdict
    >>> tests = [Verdict(c, "numeric", "K-S p_value", p, 0.05, True, True)
    ...          for c, p in (("a", 0.01), ("b", 0.04))]
    >>> [(v.score, v.drifted) for v in corrected(tests, "bonferroni")]
    [(0.02, True), (0.08, False)]
    """
    if name not in CORRECTIONS:
        raise BadInput(f"no correction {name!r}", f"there are {', '.join(CORRECTIONS)}")
    places = [
        place
        for place, verdict in enumerate(verdicts)
        if verdict.low_is_drift and verdict.score is not None
    ]
    found = list(verdicts)
    if len(places) < 2:
        return found
    adjusted = adjust([verdicts[place].score or 0.0 for place in places], name)
    for place, score in zip(places, adjusted, strict=True):
        verdict = verdicts[place]
        found[place] = replace(verdict, score=score, drifted=score <= verdict.threshold)
    return found


def adjust(values: Sequence[float], name: str) -> list[float]:
    """Return p-values adjusted for their number, in the same order.

    Examples
    --------
    >>> adjust([0.01, 0.04, 0.03], "holm")
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(values)), key=lambda place: values[place])
    ascending = CORRECTIONS[name]([values[place] for place in order])
    found = [0.0] * len(values)
    for place, value in zip(order, ascending, strict=True):
        found[place] = min(value, 1.0)
    return found


def _bonferroni(ascending: list[float]) -> list[float]:
    return [len(ascending) * value for value in ascending]


def _holm(ascending: list[float]) -> list[float]:
    """Step down: each by how many are left, and never less than the one before."""
    found, most = [], 0.0
    for rank, value in enumerate(ascending):
        most = max(most, (len(ascending) - rank) * value)
        found.append(most)
    return found


def _benjamini_hochberg(ascending: list[float]) -> list[float]:
    """Step up: each by its rank, and never more than the one after."""
    count = len(ascending)
    found, least = [0.0] * count, 1.0
    for rank in range(count, 0, -1):
        least = min(least, ascending[rank - 1] * count / rank)
        found[rank - 1] = least
    return found


def _benjamini_yekutieli(ascending: list[float]) -> list[float]:
    """Step up under any dependence: by the harmonic sum as well."""
    harmonic = sum(1 / rank for rank in range(1, len(ascending) + 1))
    return [harmonic * value for value in _benjamini_hochberg(ascending)]


CORRECTIONS: dict[str, Callable[[list[float]], list[float]]] = {
    "holm": _holm,
    "bonferroni": _bonferroni,
    "benjamini-hochberg": _benjamini_hochberg,
    "benjamini-yekutieli": _benjamini_yekutieli,
}
