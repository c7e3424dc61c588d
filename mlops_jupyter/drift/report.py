"""What a drift comparison says, as a Result."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from mlops_jupyter.drift.performance_record import Performance
from mlops_jupyter.drift.periods_record import Periods
from mlops_jupyter.results import Record, Result

ColumnType = Literal["numeric", "categorical", "text"]
Role = Literal["target", "prediction"]

# In the order in which they are shown.
FindingKind = Literal[
    "empty",  # a side without rows or columns: nothing is compared
    "few_rows",  # so few rows that a verdict says little
    "sampled",  # judged by a sample that was not asked for: all would take minutes
    "left_out",  # files, or the end of one, that could not be read
    "files_differ",  # files of one side that have other columns or types than the rest
    "only_in_reference",  # the column is missing in current
    "only_in_current",  # the column is missing in reference
    "type_changed",  # numbers became text, and the like: not compared
    "dates_as_text",  # dates on one side, text on the other: not compared
    "mixed_time_zones",  # times of several zones, or with and without one
    "all_missing",  # no value on one side or both: not compared
    "not_compared",  # the engine has no method for it: says why
    "duplicate_name",  # two columns of one name: not compared
    "constant",  # a single value on one side or both; compared all the same
    "infinities",  # left out of the score like missing values
    "new_categories",  # values that the reference does not have
    "no_score",  # the method has no answer for this column
    "no_labels",  # no label on a side: the error of its predictions is not known
    "labels_missing",  # labels of some rows only: errors are of these
    "few_labels",  # so few labels that there is no verdict on the error
    "predictions_missing",  # rows without a prediction: left out of the errors
    "new_classes",  # classes that the model cannot know
    "no_full_report",  # Evidently's own report, asked for, cannot be made of these values
    "no_importance",  # what the model builds on is not known, or was not compared
]


class Finding(Record):
    """Something a reader of the verdicts should know.

    Attributes
    ----------
    kind : str
        Its name, for programs; see `FindingKind`.
    column : str or None
        The column it is about; None where it is about the whole.
    message : str
        The finding in words.
    """

    kind: FindingKind
    column: str | None = None
    message: str


class Sample(Record):
    """What was looked at in place of all rows.

    Attributes
    ----------
    reference, current : int
        Rows of either side that were looked at.
    seed : int
        What draws the same rows again.
    """

    reference: int
    current: int
    seed: int


class Side(Record):
    """One of the two data sets: where from, and how much."""

    label: str
    rows: int
    columns: int


class Summary(Record):
    """One column on one side.

    Attributes
    ----------
    count : int
        Values that are there.
    missing : float
        Share of rows without a value (infinities count as such).
    unique : int
        Different values.
    unseen : float, optional
        Share of a categorical column's values in categories that the other side lacks.
    unseen_values : int, optional
        How many such categories there are.
    mean, std, min, median, max : float, optional
        Of numbers; of the lengths in characters where the column is text.
    """

    count: int
    missing: float
    unique: int
    unseen: float | None = None
    unseen_values: int | None = None
    mean: float | None = None
    std: float | None = None
    min: float | None = None
    median: float | None = None
    max: float | None = None


class Histogram(Record):
    """Both distributions over the same bins, as shares of the values that are there.

    Attributes
    ----------
    kind : str
        ``numbers``, ``lengths`` (of text, in characters) or ``categories``.
    edges : list of float
        Bin edges, one more than bins; empty for categories.
    labels : list of str
        The categories; empty for numbers.
    reference, current : list of float
        Share per bin or category.
    below, above : bool
        Whether the first and the last bin gather what lies beyond their edge.
    others : int
        How many rare categories the last bar gathers; 0 where it is a category itself.
    """

    kind: Literal["numbers", "lengths", "categories"]
    edges: list[float] = Field(default_factory=list)
    labels: list[str] = Field(default_factory=list)
    reference: list[float]
    current: list[float]
    below: bool = False
    above: bool = False
    others: int = 0


class ColumnDrift(Record):
    """The verdict on one column.

    Attributes
    ----------
    column : str
        Its name: not to be trusted as HTML.
    type : str
        What the engine took it for.
    method : str
        The engine's name of the method, such as ``"Wasserstein distance (normed)"``.
    score : float or None
        What the method gave; None where it has no answer.
    threshold : float
        Where drift begins, by that method.
    drifted : bool
        The engine's verdict.
    low_is_drift : bool
        True for p-values, where drift is below the threshold.
    role : str or None
        ``target`` or ``prediction``, where it is one.
    importance : float or None
        Its share of what the model builds on, between 0 and 1; None where that is not known.
    of : str or None
        The text column that it describes, such as by the length of its texts.
    """

    column: str
    type: ColumnType
    method: str
    score: float | None
    threshold: float
    drifted: bool
    low_is_drift: bool = False
    role: Role | None = None
    importance: float | None = None
    of: str | None = None
    reference: Summary
    current: Summary
    histogram: Histogram


class DriftReport(Result):
    """Reference against current, column by column.

    Attributes
    ----------
    drifted : bool or None
        Whether the data set as a whole drifted: `share` reaches `share_threshold`. None where no
        column could be compared: then it is not known.
    share : float or None
        Share of the compared columns that drifted; what describes a text column is none.
    columns : list of ColumnDrift
        The compared columns, in the order of the reference.
    findings : list of Finding
        What else a reader should know; every column that was not compared is named here, or a
        side that is empty.
    engine : str
        What did the statistics, with its version.
    backend : str
        What held the values: ``in memory``, or a database's name.
    correction : str or None
        How p-values were corrected for their number.
    sample : Sample or None
        What was looked at in place of all rows; None where it was all.
    model : str or None
        The model whose importances order the columns.
    performance : Performance or None
        How the model's error moved, where a target and predictions are named.
    periods : Periods or None
        Each period of current against the reference, where it is cut up.
    full_report : str or None
        The file with the engine's own report, when one was asked for.
    kept_as : str or None
        What names it, where it was kept with a run or model: ``drift:RUN@N``.

    Examples
    --------
    >>> report = drift.detect(ws, june, july)
    >>> report.drifted, report.share
    (False, 0.4)
    """

    kind: ClassVar[str] = "drift_report"

    drifted: bool | None
    share: float | None
    share_threshold: float = 0.5
    columns: list[ColumnDrift]
    findings: list[Finding] = Field(default_factory=list)
    reference: Side
    current: Side
    engine: str
    backend: str = "in memory"
    correction: str | None = None
    sample: Sample | None = None
    model: str | None = None
    performance: Performance | None = None
    periods: Periods | None = None
    full_report: str | None = None
    kept_as: str | None = None

    @property
    def verdict(self) -> str:
        """The verdict on the whole."""
        if self.drifted is None:
            return "Nothing compared"
        return "Dataset drift" if self.drifted else "No dataset drift"

    @property
    def count(self) -> str:
        """How many columns drifted, and what share makes the whole drift; or why none is known."""
        if self.share is None:
            return self._why_nothing
        compared = [column.drifted for column in self.columns if column.of is None]
        count = sum(compared)
        noun = "column" if len(compared) == 1 else "columns"
        sign = "≥" if self.drifted else "<"
        rule = f"share {self.share:.2f} {sign} {self.share_threshold:g}"
        return f"{count} of {len(compared)} {noun} drifted ({rule})"

    @property
    def headline(self) -> str:
        """The verdict in one line."""
        return f"{self.verdict}: {self.count}"

    @property
    def _why_nothing(self) -> str:
        sides = (("the reference", self.reference), ("current", self.current))
        empty = [name for name, side in sides if not (side.rows and side.columns)]
        if not empty:
            return "no column can be compared"
        return f"{' and '.join(empty)} {'is' if len(empty) == 1 else 'are'} empty"

    def to_text(self) -> str:
        """Return the verdicts as a table for the terminal."""
        from mlops_jupyter.drift import view

        return view.report_text(self)

    def to_html(self) -> str:
        """Return the card for the notebook."""
        from mlops_jupyter.drift import view

        return view.report_html(self)
