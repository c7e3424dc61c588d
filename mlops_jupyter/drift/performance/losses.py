"""What each row costs, and the metrics of a side, as scikit-learn has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops_jupyter.drift.pairs import Both
from mlops_jupyter.drift.performance_record import Metric

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    from mlops_jupyter.drift.pairs import Numbers
    from mlops_jupyter.drift.performance.rows import Problem, Rows

    Better = Literal["lower", "higher", "zero"]
    # A metric of the labelled rows of one side; None where it is not defined.
    Measure = Callable[[Problem, Rows], float | None]

ABSOLUTE_ERROR, ERROR_RATE, BRIER = "absolute error", "error rate", "Brier score"


def loss_of(problem: Problem) -> str:
    """Return which loss is judged by.

    The absolute error, which single rows do not rule as they do the squared one. Of classes the
    error rate; where probabilities are known the Brier score: it notices a model that no longer
    knows anything of a rare class, though it says the frequent one of nearly all rows before and
    after, and no single row can rule it as it can the logarithm.
    """
    if problem.task == "regression":
        return ABSOLUTE_ERROR
    return ERROR_RATE if problem.rows.reference.probabilities is None else BRIER


def losses(problem: Problem, rows: Rows) -> Numbers:
    """Return the loss of each labelled row of a side."""
    import numpy as np

    name = loss_of(problem)
    if name == ABSOLUTE_ERROR:
        with np.errstate(over="ignore"):
            return np.abs(rows.predicted - rows.truth)
    return wrong(rows) if name == ERROR_RATE else brier(problem, rows)


def metrics_of(problem: Problem) -> list[Metric]:
    """Return the metrics of both sides: of labelled rows alone."""
    sides = problem.rows.map(lambda rows: rows.with_labels)
    measures = _REGRESSION if problem.task == "regression" else _CLASSES
    if problem.task != "regression" and sides.reference.probabilities is not None:
        measures = {**measures, **_CHANCES}
    return [
        Metric(name=name, better=better, **_both(problem, sides, measure))
        for name, (better, measure) in measures.items()
    ]


def wrong(rows: Rows) -> Numbers:
    """Return 1 for each row whose prediction is not the label, else 0."""
    differs: Numbers = (rows.predicted != rows.truth).astype("float64")
    return differs


def scale(problem: Problem) -> float:
    """Return what Brier's sum over classes is multiplied by: of two classes one is enough."""
    return 0.5 if problem.known == 2 else 1.0


def brier(problem: Problem, rows: Rows) -> Numbers:
    """Return the squared distance of probabilities from what was true (Brier 1950)."""
    import numpy as np

    chances = rows.chances
    known = rows.truth < problem.known
    apart: Numbers = (chances**2).sum(axis=1) + 1
    apart[known] -= 2 * chances[np.flatnonzero(known), rows.truth[known]]
    return apart * scale(problem)


def logarithmic(chances: Numbers) -> Numbers:
    """Return what it costs to have said a probability of what was true; clipped as sklearn does."""
    import numpy as np

    least = np.finfo(chances.dtype).eps
    costs: Numbers = -np.log(np.clip(chances, least, 1 - least))
    return costs


def area_under(chances: Numbers, positive: Numbers, negative: Numbers) -> float | None:
    """Return the area under the ROC curve, rows counted as positive and negative by weights.

    Parameters
    ----------
    chances : numpy.ndarray, shape (rows,)
        What orders the rows.
    positive, negative : numpy.ndarray, shape (rows,)
        How much of a row is of either kind.
    """
    import numpy as np

    if not len(chances) or not positive.sum() or not negative.sum():
        return None
    order = np.argsort(chances, kind="stable")
    starts = np.flatnonzero(np.append(True, np.diff(chances[order]) != 0))
    risen, fallen = (np.add.reduceat(side[order], starts) for side in (positive, negative))
    # Ties count half: the Mann-Whitney statistic.
    below = np.cumsum(fallen) - fallen / 2
    return float((risen * below).sum() / positive.sum() / negative.sum())


def _both(problem: Problem, sides: Both[Rows], measure: Measure) -> dict[str, Any]:
    import numpy as np

    with np.errstate(over="ignore", invalid="ignore"):
        values = sides.map(lambda rows: measure(problem, rows) if len(rows.truth) else None)
    finite = values.map(lambda value: None if value is None or not np.isfinite(value) else value)
    return {"reference": finite.reference, "current": finite.current}


def _mean_absolute(_: Problem, rows: Rows) -> float:
    import numpy as np

    return float(np.abs(rows.predicted - rows.truth).mean())


def _root_mean_square(_: Problem, rows: Rows) -> float:
    import numpy as np

    return float(np.sqrt(((rows.predicted - rows.truth) ** 2).mean()))


def _bias(_: Problem, rows: Rows) -> float:
    return float((rows.predicted - rows.truth).mean())


def _determination(_: Problem, rows: Rows) -> float | None:
    spread = ((rows.truth - rows.truth.mean()) ** 2).sum()
    return float(1 - ((rows.predicted - rows.truth) ** 2).sum() / spread) if spread else None


def _accuracy(_: Problem, rows: Rows) -> float:
    return float(1 - wrong(rows).mean())


def _f1(problem: Problem, rows: Rows) -> float:
    """The mean over all classes that were true or predicted, as in scikit-learn's macro."""
    import numpy as np

    size = len(problem.classes)
    hits = np.bincount(rows.truth[rows.truth == rows.predicted], minlength=size)
    met = np.bincount(rows.truth, minlength=size) + np.bincount(rows.predicted, minlength=size)
    return float((2 * hits[met > 0] / met[met > 0]).mean())


def _log_loss(problem: Problem, rows: Rows) -> float:
    import numpy as np

    said = np.zeros(len(rows.truth))
    known = rows.truth < problem.known
    said[known] = rows.chances[np.flatnonzero(known), rows.truth[known]]
    return float(logarithmic(said).mean())


def _brier(problem: Problem, rows: Rows) -> float:
    return float(brier(problem, rows).mean())


def _area(problem: Problem, rows: Rows) -> float | None:
    """Of the second of two classes; of several the mean over each against the rest."""
    shown = [1] if problem.known == 2 else range(problem.known)
    areas = [
        area_under(
            rows.chances[:, code],
            (rows.truth == code).astype("float64"),
            (rows.truth != code).astype("float64"),
        )
        for code in shown
    ]
    there = [area for area in areas if area is not None]
    return sum(there) / len(there) if there else None


_REGRESSION: dict[str, tuple[Better, Measure]] = {
    "MAE": ("lower", _mean_absolute),
    "RMSE": ("lower", _root_mean_square),
    "ME (bias)": ("zero", _bias),
    "R²": ("higher", _determination),
}
_CLASSES: dict[str, tuple[Better, Measure]] = {
    "accuracy": ("higher", _accuracy),
    "F1 (macro)": ("higher", _f1),
}
_CHANCES: dict[str, tuple[Better, Measure]] = {
    "Brier score": ("lower", _brier),
    "log-loss": ("lower", _log_loss),
    "ROC AUC": ("higher", _area),
}
