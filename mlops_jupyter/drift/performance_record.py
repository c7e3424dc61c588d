"""How well a model predicts on both sides, as part of a drift report."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mlops_jupyter.results import Record

Task = Literal["regression", "binary", "multiclass"]
Movement = Literal["worse", "better", "no change", "unknown"]
SegmentKind = Literal["value", "range", "missing"]


class Metric(Record):
    """One metric of the model on both sides.

    Attributes
    ----------
    name : str
        Such as ``MAE`` or ``ROC AUC``.
    reference, current : float or None
        Its value; None where it is not defined, or where there are no labels.
    better : str
        ``lower``, ``higher``, or ``zero`` for a bias.
    estimate, low, high : float or None
        What current's is expected to be, by the report's `Estimate`, with its 95 % interval.
    """

    name: str
    reference: float | None
    current: float | None
    better: Literal["lower", "higher", "zero"]
    estimate: float | None = None
    low: float | None = None
    high: float | None = None


class ErrorChange(Record):
    """How the mean loss of a row moved, tested.

    Attributes
    ----------
    loss : str
        What is averaged: ``absolute error``, ``error rate`` or ``Brier score``.
    reference, current : float
        Its means.
    difference, low, high : float
        Current less reference, with its 95 % confidence interval.
    p_value : float
        How likely so large a difference is where nothing moved.
    test : str
        The test that it is of.
    level : float
        A move has a p-value below this …
    least : float
        … and is at least this share of the reference's mean.
    expected : float or None
        Current's mean, were probabilities still to mean what they meant on the reference.
    expected_p_value : float or None
        How likely so large a distance from `expected` is by chance.
    """

    loss: str
    reference: float
    current: float
    difference: float
    low: float
    high: float
    p_value: float
    test: str
    level: float
    least: float
    expected: float | None = None
    expected_p_value: float | None = None


class Segment(Record):
    """Rows in which the model got worse.

    Attributes
    ----------
    column, value : str
        The rows are those where this column has this value, or is in this range.
    kind : str
        ``value``, ``range``, or ``missing`` where the column has no value.
    share : float
        Their share of current's labelled rows.
    rows_reference, rows_current : int
        Labelled rows.
    reference, current : float
        The mean loss.
    low, high : float
        95 % confidence interval of its change.
    p_value : float
        Corrected for the number of segments by Benjamini and Hochberg's procedure.
    """

    column: str
    value: str
    kind: SegmentKind = "value"
    share: float
    rows_reference: int
    rows_current: int
    reference: float
    current: float
    low: float
    high: float
    p_value: float


class Estimate(Record):
    """How the metrics of current were estimated without its labels.

    Attributes
    ----------
    method, source, assumption : str
        What was done, who described it, and what must hold for it to be true.
    calibration_error : float
        How far the model's probabilities are from shares on the reference, before they were
        calibrated: the expected calibration error over ten bins.
    """

    method: str
    source: str
    assumption: str
    calibration_error: float


class Performance(Record):
    """How the model's error moved: whether what it learned still holds.

    Attributes
    ----------
    task : str
        ``regression``, ``binary`` or ``multiclass``.
    target, prediction : str
        The columns; where predictions follow from probabilities, how.
    verdict : str
        ``worse``, ``better``, ``no change``, or ``unknown`` where labels are too few.
    rows_reference, rows_current : int
        Rows with a prediction.
    labelled_reference, labelled_current : int
        Those of them with a label.
    least_labelled : int
        With fewer on a side there is no verdict.
    metrics : list of Metric
        The metrics of the labelled rows.
    change : ErrorChange or None
        How the error moved; None where labels are too few for a test.
    segments : list of Segment
        Where the model got worse, the worst first; at most ten.
    segments_worse, segments_tested : int
        How many there are in all, and of how many.
    estimate : Estimate or None
        How metrics were estimated without labels; None where there is no sound way.
    sampled, sampled_of : list of int
        Rows of either side that were drawn, and of how many; empty where all were looked at.
    seed : int or None
        What draws the same rows again.
    """

    task: Task
    target: str
    prediction: str
    verdict: Movement
    rows_reference: int
    rows_current: int
    labelled_reference: int
    labelled_current: int
    least_labelled: int = 30
    metrics: list[Metric]
    change: ErrorChange | None = None
    segments: list[Segment] = Field(default_factory=list)
    segments_worse: int = 0
    segments_tested: int = 0
    estimate: Estimate | None = None
    sampled: list[int] = Field(default_factory=list)
    sampled_of: list[int] = Field(default_factory=list)
    seed: int | None = None

    @property
    def drifted(self) -> bool:
        """Whether the model got worse."""
        return self.verdict == "worse"
