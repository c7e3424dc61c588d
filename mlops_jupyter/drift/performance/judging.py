"""The verdict on a model: how its error moved from the reference to current."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops_jupyter.drift.pairs import Both
from mlops_jupyter.drift.performance import estimates, significance
from mlops_jupyter.drift.performance.findings import about_labels, about_rows
from mlops_jupyter.drift.performance.losses import ERROR_RATE, loss_of, losses, metrics_of
from mlops_jupyter.drift.performance.problems import read
from mlops_jupyter.drift.performance.rows import Probabilities, Problem, Rows, Wanted
from mlops_jupyter.drift.performance.segments import usable, worst
from mlops_jupyter.drift.performance_record import ErrorChange, Metric, Movement, Performance
from mlops_jupyter.drift.report import Finding
from mlops_jupyter.drift.severity import FEW_ROWS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from mlops_jupyter.drift.performance_record import Task

    Numbers = NDArray[np.float64]

ROWS = 1_000_000  # of either side; of more a sample is drawn, and said


def judged(
    reference: pd.DataFrame,
    current: pd.DataFrame,
    *,
    target: str | None,
    prediction: str | None = None,
    probabilities: Probabilities | None = None,
    segments: Sequence[str] = (),
    task: Task | None = None,
    of: tuple[int, int] | None = None,
    seed: int = 0,
) -> tuple[Performance | None, list[Finding]]:
    """Say how the error of a model moved, and where.

    A model got worse where its mean loss rose certainly (p < 0.05) and by enough to matter (at
    least a tenth of the reference's). The reference should be data that it was not trained on.

    Parameters
    ----------
    reference, current : pandas.DataFrame
        Rows with what was true and what was predicted. Of more than `ROWS` a sample is looked at.
    target : str or None
        The column with what was true; without one there is nothing to judge.
    prediction : str, optional
        The column with what was predicted; without it, what the probabilities make likeliest.
    probabilities : str or mapping, optional
        The column with the probability of the second of two classes, in their order; or a column
        for each class: ``{"on time": "p0", "late": "p1"}``.
    segments : sequence of str
        Columns by whose values rows are told apart, to find where it got worse.
    task : str, optional
        ``regression``, ``binary`` or ``multiclass``; by default what the target's values are.
    of : pair of int, optional
        All rows of either side, where the frames are samples of them.
    seed : int
        Draws the sample.

    Returns
    -------
    Performance or None
        None where there is nothing to judge by.
    list of Finding
        What a reader should know of labels and predictions.

    Raises
    ------
    NotFound
        A column is not there. (Where current lacks the target, that is a finding.)
    BadInput
        The values of a column cannot be what they are said to be.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> delay = np.arange(200.0) % 50
    >>> before = pd.DataFrame({"delay": delay, "guess": delay + 2 * (-1) ** np.arange(200)})
    >>> after = pd.DataFrame({"delay": delay, "guess": delay + 3})
    >>> performance, findings = judged(before, after, target="delay", prediction="guess")
    >>> performance.verdict, performance.metrics[0].reference, performance.metrics[0].current
    ('worse', 2.0, 3.0)
    """
    if target is None or (prediction is None and not probabilities):
        return None, []
    wanted = Wanted(target, prediction, probabilities or None, task)
    frames = Both(reference, current)
    looked_at = frames.map(lambda frame: _sample(frame, seed))
    problem = read(wanted, looked_at)
    taken = {wanted.target, wanted.prediction, *wanted.probability_columns}
    columns, findings = usable(segments, looked_at, taken)
    findings = [*about_rows(wanted, problem, looked_at), *findings]
    if not problem.rows.reference.labelled.any():
        return None, [*findings, *about_labels(wanted, problem, can_estimate=False, few=FEW_ROWS)]
    calibration = _calibration(problem)
    findings += about_labels(wanted, problem, can_estimate=calibration is not None, few=FEW_ROWS)
    sizes = problem.rows.map(lambda rows: len(rows.truth))
    labelled = problem.rows.map(lambda rows: int(rows.labelled.sum()))
    whole = of or [*frames.map(len)]
    sampled = [*looked_at.map(len)] != [*whole]
    performance = Performance(
        task=problem.task,
        target=target,
        prediction=_called(wanted, problem),
        verdict="unknown",
        rows_reference=sizes.reference,
        rows_current=sizes.current,
        labelled_reference=labelled.reference,
        labelled_current=labelled.current,
        least_labelled=FEW_ROWS,
        metrics=_estimated(problem, calibration),
        estimate=calibration.record if calibration else None,
        sampled=[*looked_at.map(len)] if sampled else [],
        sampled_of=[*whole] if sampled else [],
        seed=seed if sampled else None,
    )
    if min(labelled) < FEW_ROWS:
        return performance, findings
    tested = _tested(performance, columns, problem, looked_at, calibration)
    if tested.change is None:
        message = f"errors of {target} are so large that their squares overflow: no verdict on them"
        findings.append(Finding(kind="no_score", column=target, message=message))
    return tested, findings


def _tested(
    performance: Performance,
    columns: Sequence[str],
    problem: Problem,
    frames: Both[pd.DataFrame],
    calibration: estimates.Calibration | None,
) -> Performance:
    """Add the verdict, and where it got worse."""
    rows = problem.rows.map(lambda side: side.with_labels)
    costs = rows.map(lambda side: losses(problem, side))
    shares = loss_of(problem) == ERROR_RATE
    change, verdict = _change(problem, costs, shares=shares)
    if calibration is not None and change is not None:
        change = _explained(change, calibration.expected(rows.current)[change.loss], costs.current)
    found, count, tested = worst(
        columns,
        frames,
        rows.map(lambda side: side.kept),
        costs,
        shares=shares,
    )
    return performance.model_copy(
        update={
            "verdict": verdict,
            "change": change,
            "segments": found,
            "segments_worse": count,
            "segments_tested": tested,
        }
    )


def _change(
    problem: Problem, costs: Both[Numbers], *, shares: bool
) -> tuple[ErrorChange | None, Movement]:
    """Test the change; None where numbers overflow."""
    import numpy as np

    moments = costs.map(
        lambda side: significance.Moments.of(side, np.zeros(len(side), dtype="int64"), 1)
    )
    outcome = significance.compared(moments, shares=shares)
    if not np.isfinite([outcome.p_value[0], outcome.low[0], outcome.high[0]]).all():
        return None, "unknown"
    change = ErrorChange(
        loss=loss_of(problem),
        reference=float(moments.reference.mean[0]),
        current=float(moments.current.mean[0]),
        difference=float(outcome.difference[0]),
        low=float(outcome.low[0]),
        high=float(outcome.high[0]),
        p_value=float(outcome.p_value[0]),
        test=significance.AGRESTI_CAFFO if shares else significance.WELCH,
        level=significance.LEVEL,
        least=significance.LEAST,
    )
    if not significance.moved(moments, outcome.difference, outcome.p_value)[0]:
        return change, "no change"
    return change, "worse" if change.difference > 0 else "better"


def _explained(change: ErrorChange, expected: estimates.Expected, costs: Numbers) -> ErrorChange:
    """Add what the mix of rows alone would have made of the error."""
    import numpy as np
    from scipy.special import ndtr

    apart = abs(float(costs.mean()) - expected.value)
    # The error of what is expected has the chance in it by which labels are drawn.
    score = apart / expected.error if expected.error else np.inf * apart
    return change.model_copy(
        update={
            "expected": expected.value,
            "expected_p_value": float(2 * ndtr(-score)) if apart else 1.0,
        }
    )


def _estimated(problem: Problem, calibration: estimates.Calibration | None) -> list[Metric]:
    """Return the metrics, with what current's are expected to be where labels are missing."""
    metrics = metrics_of(problem)
    rows = problem.rows.current
    if calibration is None or not len(rows.truth) or rows.labelled.all():
        return metrics
    found = calibration.expected(rows)
    return [
        metric.model_copy(update=_interval(found[metric.name], most=_most(metric)))
        if metric.name in found
        else metric
        for metric in metrics
    ]


def _most(metric: Metric) -> float:
    """Return the most that a metric can be: an accuracy is a share."""
    return 1.0 if metric.better == "higher" else float("inf")


def _interval(expected: estimates.Expected, *, most: float) -> dict[str, Any]:
    value, error = expected.value, expected.error
    if error is None:
        return {"estimate": value}
    low, high = value - 1.96 * error, value + 1.96 * error
    return {"estimate": value, "low": max(low, 0.0), "high": min(high, most)}


def _calibration(problem: Problem) -> estimates.Calibration | None:
    rows: Rows = problem.rows.reference
    if rows.probabilities is None or rows.labelled.sum() < estimates.LEAST_ROWS:
        return None
    if not 2 <= problem.known <= estimates.MOST_CLASSES:
        return None
    return estimates.Calibration(problem)


def _called(wanted: Wanted, problem: Problem) -> str:
    if wanted.prediction is not None:
        return wanted.prediction
    columns = wanted.probability_columns
    if len(columns) > 1:
        return f"the likeliest class by {', '.join(columns[:3])}{', …' if columns[3:] else ''}"
    second = isinstance(wanted.probabilities, str) or problem.named == [problem.classes[1]]
    sign = "at least" if second else "more than"  # a half is said to be the second
    return f"{problem.classes[int(second)]} where {columns[0]} is {sign} 0.5"


def _sample(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    return frame if len(frame) <= ROWS else frame.sample(ROWS, random_state=seed)
