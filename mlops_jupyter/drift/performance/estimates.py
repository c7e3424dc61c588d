"""What metrics are to be expected of rows without labels, as long as nothing but the mix changed.

The model says a probability for each row. How often it was right with such a probability is known
from the reference (isotonic regression); the mean of that over the rows at hand is the metric.
This is NannyML's confidence-based performance estimation (CBPE). For the accuracy it is the
average confidence, which Kivimäki and others, some of NannyML, show to be unbiased where
probabilities are calibrated. Losses of single rows are averaged alike, and the area under the ROC
curve is that of rows which count as either class in part.

References
----------
J. Kivimäki, J. Białek, J. K. Nurminen, W. Kuberski (2025): Confidence-based estimators for
predictive performance in model monitoring. Journal of Artificial Intelligence Research 82
(arXiv:2407.08649).
B. Zadrozny, C. Elkan (2002): Transforming classifier scores into accurate multiclass probability
estimates. KDD.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_jupyter.drift.performance import losses
from mlops_jupyter.drift.performance_record import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops_jupyter.drift.pairs import Numbers
    from mlops_jupyter.drift.performance.rows import Problem, Rows


LEAST_ROWS = 500  # labelled rows of the reference: isotonic regression overfits on few
MOST_CLASSES = 50
_BINS = 10
_ROUNDING = 1e-9
METHOD = (
    "confidence-based performance estimation (CBPE), its probabilities calibrated on the reference "
    "by isotonic regression"
)
SOURCE = (
    "Kivimäki, Białek, Nurminen and Kuberski (2025), Confidence-based estimators for predictive "
    "performance in model monitoring, JAIR 82"
)
ASSUMPTION = (
    "no concept drift (P(y|x) is unchanged, a probability means what it meant on the reference) "
    "and the reference has rows like current's"
)


@dataclass(frozen=True)
class Expected:
    """A metric to be expected, with its standard error where that is known."""

    value: float
    error: float | None = None


@dataclass(frozen=True)
class _Steps:
    """How often a class was true, by its probability: steps that rise.

    Attributes
    ----------
    starts : numpy.ndarray, shape (steps,)
        Where each begins.
    shares, counts : numpy.ndarray, shape (steps,)
        The share of the class among the rows of the reference in it, and their number.
    """

    starts: Numbers
    shares: Numbers
    counts: Numbers

    @classmethod
    def fitted(cls, chances: Numbers, true: Numbers) -> _Steps:
        """Fit steps to whether rows were of the class.

        Each has at least the root of all rows: isotonic regression of single rows takes the few
        at either end for surer than they are, and metrics would be expected too good.
        """
        import numpy as np
        from sklearn.isotonic import IsotonicRegression

        order = np.argsort(chances, kind="stable")
        chances, true = chances[order], true[order]
        size = int(np.sqrt(len(chances)))
        starts = np.arange(0, len(chances) - size + 1, size)
        starts = np.unique(np.searchsorted(chances, chances[starts]))  # no step within a tie
        counts = np.diff(np.append(starts, len(chances)))
        shares = np.add.reduceat(true, starts) / counts
        isotonic = IsotonicRegression(y_min=0, y_max=1)
        risen = isotonic.fit_transform(np.arange(len(starts)), shares, sample_weight=counts)
        first = starts[np.append(True, np.diff(risen) > _ROUNDING)]
        counts = np.diff(np.append(first, len(chances))).astype("float64")
        # Between two steps the boundary is halfway.
        between = (chances[first[1:] - 1] + chances[first[1:]]) / 2
        return cls(np.append(-np.inf, between), np.add.reduceat(true, first) / counts, counts)

    def places(self, chances: Numbers) -> NDArray[Any]:
        import numpy as np

        return np.searchsorted(self.starts, chances, side="right") - 1

    @property
    def variances(self) -> Numbers:
        """How uncertain the shares are; one row of either kind is added, as none proves little."""
        shares = (self.shares * self.counts + 1) / (self.counts + 2)
        return shares * (1 - shares) / (self.counts + 2)


class Calibration:
    """What the probabilities of a model meant on the reference.

    Parameters
    ----------
    problem : Problem
        With probabilities, and at least `LEAST_ROWS` labelled rows in the reference.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        rows = problem.rows.reference.with_labels
        # Of two classes one follows from the other.
        self._fitted = [1] if problem.known == 2 else list(range(problem.known))
        self._steps = [
            _Steps.fitted(rows.chances[:, code], (rows.truth == code).astype("float64"))
            for code in self._fitted
        ]
        self.record = Estimate(
            method=METHOD,
            source=SOURCE,
            assumption=ASSUMPTION,
            calibration_error=calibration_error(problem, rows),
        )

    def expected(self, rows: Rows) -> dict[str, Expected]:
        """Return the metrics to be expected of rows, by the names that metrics have."""
        import numpy as np

        chances = rows.chances
        places = [
            step.places(chances[:, code])
            for step, code in zip(self._steps, self._fitted, strict=True)
        ]
        true = self._true(places)
        right = np.zeros(true.shape)
        known = rows.predicted < self._problem.known
        right[np.flatnonzero(known), rows.predicted[known]] = 1
        scale = losses.scale(self._problem)
        apart = scale * ((chances**2).sum(axis=1)[:, None] + 1 - 2 * chances)
        found = {
            "accuracy": self._mean(right, true, places),
            losses.BRIER: self._mean(apart, true, places),
            "log-loss": self._mean(losses.logarithmic(chances), true, places),
        }
        found[losses.ERROR_RATE] = Expected(1 - found["accuracy"].value, found["accuracy"].error)
        areas = [losses.area_under(chances[:, c], true[:, c], 1 - true[:, c]) for c in self._fitted]
        there = [area for area in areas if area is not None]
        if there:
            found["ROC AUC"] = Expected(sum(there) / len(there))
        return found

    def _true(self, places: list[NDArray[Any]]) -> Numbers:
        """Return the calibrated probability of each class per row."""
        import numpy as np

        shares = [step.shares[place] for step, place in zip(self._steps, places, strict=True)]
        if self._problem.known == 2:
            return np.column_stack([1 - shares[0], shares[0]])
        matrix = np.column_stack(shares)
        sums = matrix.sum(axis=1, keepdims=True)
        alike = np.full_like(matrix, 1 / matrix.shape[1])
        scaled: Numbers = np.divide(matrix, sums, out=alike, where=sums > 0)
        return scaled

    def _mean(self, values: Numbers, true: Numbers, places: list[NDArray[Any]]) -> Expected:
        """Return the mean of what each class would give a row, and its standard error.

        The labels of these rows are drawn by chance, and the steps are known from as many rows of
        the reference as they have: both count.
        """
        import numpy as np

        size = len(values)
        means = (true * values).sum(axis=1)
        drawn = ((true * values**2).sum(axis=1) - means**2).sum() / size**2
        known = 0.0
        for step, place, code in zip(self._steps, places, self._fitted, strict=True):
            slope = values[:, code] - (values[:, 0] if self._problem.known == 2 else 0)
            weights = np.bincount(place, slope, len(step.counts)) / size
            known += float((weights**2 * step.variances).sum())
        return Expected(float(means.mean()), float(np.sqrt(max(drawn, 0) + known)))


def calibration_error(problem: Problem, rows: Rows) -> float:
    """Return how far the confidence of predictions is from how often they are right.

    References
    ----------
    M. P. Naeini, G. Cooper, M. Hauskrecht (2015): Obtaining well calibrated probabilities using
    Bayesian binning. AAAI.
    """
    import numpy as np

    chances = rows.chances
    known = rows.predicted < problem.known
    sure = np.zeros(len(chances))
    sure[known] = chances[np.flatnonzero(known), rows.predicted[known]]
    bins = np.minimum((sure * _BINS).astype("int64"), _BINS - 1)
    apart = np.bincount(bins, 1 - losses.wrong(rows) - sure, _BINS)
    return float(np.abs(apart).sum() / len(sure))
