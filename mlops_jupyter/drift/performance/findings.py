"""What a reader should know of labels and predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.drift.performance.problems import SIDES
from mlops_jupyter.drift.report import Finding

if TYPE_CHECKING:
    import pandas as pd

    from mlops_jupyter.drift.pairs import Both
    from mlops_jupyter.drift.performance.rows import Problem, Wanted

_LABEL = 60  # characters kept of a class's name


def about_rows(wanted: Wanted, problem: Problem, frames: Both[pd.DataFrame]) -> list[Finding]:
    """Return findings about predictions: missing ones, and classes that the model cannot say."""
    findings = []
    column = wanted.prediction or wanted.probability_columns[0]
    lacking = [
        f"{len(frame) - len(rows.truth):,} of {len(frame):,} rows in {side}"
        for frame, rows, side in zip(frames, problem.rows, SIDES, strict=True)
        if len(rows.truth) < len(frame)
    ]
    if lacking:
        lost = "missing or infinite" if problem.task == "regression" else "missing"
        message = f"{column} is {lost} in {' and '.join(lacking)}: left out of the errors"
        findings.append(Finding(kind="predictions_missing", column=column, message=message))
    met = set(problem.rows.current.with_labels.truth.tolist()) if problem.classes else set()
    if new := sorted(code for code in met if code >= problem.known):
        names = ", ".join(problem.classes[code][:_LABEL] for code in new[:5])
        more = f" and {len(new) - 5:,} more" if len(new) > 5 else ""
        message = (
            f"{wanted.target} has classes in current that the reference lacks: {names}{more}; "
            "no prediction of them can be judged by it"
        )
        findings.append(Finding(kind="new_classes", column=wanted.target, message=message))
    return findings


def about_labels(
    wanted: Wanted, problem: Problem, *, can_estimate: bool, few: int
) -> list[Finding]:
    """Return findings about missing labels.

    Parameters
    ----------
    wanted : Wanted
        Names the target.
    problem : Problem
        The rows.
    can_estimate : bool
        Whether metrics can be estimated without them.
    few : int
        With fewer labels there is no verdict.
    """
    sizes = problem.rows.map(lambda rows: len(rows.truth))
    labelled = problem.rows.map(lambda rows: int(rows.labelled.sum()))
    target = wanted.target
    if not labelled.reference:
        message = f"{target} has no labels in the reference: there is no error to compare with"
        return [Finding(kind="no_labels", column=target, message=message)]
    findings = []
    if not labelled.current:
        message = (
            f"{target} has no labels in current: whether the error moved cannot be known; "
            + _estimate(problem, can_estimate=can_estimate)
        )
        findings.append(Finding(kind="no_labels", column=target, message=message))
    for side, count, size in zip(SIDES, labelled, sizes, strict=True):
        if 0 < count < size:
            message = (
                f"{target} is missing in {(size - count) / size:.1%} of the rows of {side}: errors "
                "are those of the others, which may differ from rows whose labels come late"
            )
            findings.append(Finding(kind="labels_missing", column=target, message=message))
    if labelled.current and min(labelled) < few:
        message = (
            f"{labelled.reference:,} labelled rows in the reference, {labelled.current:,} in "
            f"current: fewer than {few} on a side are too few to say whether the error moved"
        )
        findings.append(Finding(kind="few_labels", column=target, message=message))
    return findings


def _estimate(problem: Problem, *, can_estimate: bool) -> str:
    if can_estimate:
        return "metrics are estimated from the model's probabilities"
    if problem.task == "regression":
        return "errors of a regression have no sound estimate without labels"
    if problem.rows.reference.probabilities is None:
        return "without probabilities there is no sound estimate of it"
    return "the reference has too few labels to calibrate the probabilities with"
