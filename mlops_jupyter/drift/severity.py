"""How far a score is towards drift: what makes verdicts by different methods comparable."""

from __future__ import annotations

import math
from typing import Protocol

FEW_ROWS = 30  # with fewer on a side, or with fewer labels, a verdict says little
# A model tells the sides apart: the area under its ROC curve, where half is chance.
BY_MODEL = {"Percentile text content drift": 0.55, "Absolute text content drift": None}
MOST = 1000.0  # more severe is nothing: what is far beyond any threshold is alike
_CHANCE = 0.5
_LEAST = 1e-320  # in place of a p-value of 0, which has no logarithm


class Scored(Protocol):
    """What has a score: a column's verdict, in a report or as an engine gives it.

    Attributes
    ----------
    method : str
        The engine's name of the method.
    score : float or None
        What it gave; None where it has no answer.
    threshold : float
        Where drift begins, by that method.
    low_is_drift : bool
        True for p-values, where drift is below the threshold.
    """

    @property
    def method(self) -> str:
        """The engine's name of the method."""

    @property
    def score(self) -> float | None:
        """What it gave; None where it has no answer."""

    @property
    def threshold(self) -> float:
        """Where drift begins, by that method."""

    @property
    def low_is_drift(self) -> bool:
        """Whether drift is below the threshold."""


def severity(scored: Scored) -> float:
    """Return how far a score is towards drift, which begins at 1; at most `MOST`.

    A distance against its threshold; of a p-value the logarithms, so that 1e-300 can stand
    beside a distance; of a model's area under the curve what is more than chance.
    """
    score, threshold = scored.score, scored.threshold
    if score is None:
        return 0.0
    return min(_severity(scored, score, threshold), MOST)


def _severity(scored: Scored, score: float, threshold: float) -> float:
    if scored.low_is_drift:
        if not 0 < threshold < 1:
            return 0.0
        return abs(math.log(min(max(score, _LEAST), 1.0)) / math.log(threshold))
    if scored.method in BY_MODEL:
        score, threshold = score - _CHANCE, (BY_MODEL[scored.method] or threshold) - _CHANCE
    if threshold > 0:
        return max(score / threshold, 0.0)
    return math.inf if score > 0 else 0.0
