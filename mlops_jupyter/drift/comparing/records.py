"""What comparing two drift reports returns."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from mlops_jupyter.drift.performance_record import Movement
from mlops_jupyter.drift.report import ColumnType, Finding, Side
from mlops_jupyter.results import Record, Result

# In the order in which they are shown.
Change = Literal[
    "drifts now",
    "drifts no longer",
    "compared now",  # it was not in the first report
    "compared no longer",
    "closer to drift",  # and beyond: the score moved that way
    "further from drift",
    "judged otherwise",  # by another method: the scores say nothing together
    "about the same",
]


class Report(Record):
    """One of the two reports.

    Attributes
    ----------
    label : str
        What it was named by.
    drifted, share : bool or None, float or None
        The verdict on the whole, and what it rests on; None where nothing was compared.
    share_threshold : float
        From which share on it is drift.
    columns, columns_drifted : int
        How many were compared, and how many of these drifted.
    reference, current : Side
        What it compared.
    engine : str
        What did the statistics.
    error : str or None
        How the model's error moved, where that was looked at.
    """

    label: str
    drifted: bool | None
    share: float | None
    share_threshold: float
    columns: int
    columns_drifted: int
    reference: Side
    current: Side
    engine: str
    error: Movement | None = None


class Judged(Record):
    """The verdict on a column in one of the reports.

    Attributes
    ----------
    type, method, by : str
        What the engine took it for, and the method: by the engine's name, and in words.
    score, threshold : float or None, float
        What the method gave, and where drift begins.
    drifted : bool
        The verdict.
    severity : float or None
        How far the score is towards drift, which begins at 1; None without a score.
    said : str
        What moved, in words.
    """

    type: ColumnType
    method: str
    by: str
    score: float | None
    threshold: float
    drifted: bool
    severity: float | None
    said: str


class ColumnChange(Record):
    """One column in both reports.

    Attributes
    ----------
    column : str
        Its name: not to be trusted as HTML.
    change : str
        What became of its verdict; see `Change`.
    before, after : Judged or None
        The verdicts; None where it was not compared.
    """

    column: str
    change: Change
    before: Judged | None = None
    after: Judged | None = None


class DriftComparison(Result):
    """What moved from one drift report to another.

    Attributes
    ----------
    before, after : Report
        The two.
    columns : list of ColumnChange
        All columns of either, what changed most first.
    came, went : list of Finding
        Findings that only the second report has, and that only the first has.
    caveats : list of str
        In what the reports differ beside their data, and so why verdicts may.

    Examples
    --------
    >>> from mlops_jupyter.drift.comparing import compare
    >>> first = drift.detect(ws, "data/june.parquet", "data/june.csv")
    >>> second = drift.detect(ws, "data/june.parquet", "data/july.parquet")
    >>> print(compare(first, second).headline)
    No dataset drift, as before: 2 columns drift now (temp, humid)
    """

    kind: ClassVar[str] = "drift_comparison"

    before: Report
    after: Report
    columns: list[ColumnChange]
    came: list[Finding] = Field(default_factory=list)
    went: list[Finding] = Field(default_factory=list)
    caveats: list[str] = Field(default_factory=list)

    @property
    def headline(self) -> str:
        """What became of the verdict, and which columns did."""
        from mlops_jupyter.drift.comparing import view

        return view.headline(self)

    def to_text(self) -> str:
        """Return what moved, for the terminal."""
        from mlops_jupyter.drift.comparing import view

        return view.comparison_text(self)

    def to_html(self) -> str:
        """Return the card for the notebook."""
        from mlops_jupyter.drift.comparing import view

        return view.comparison_html(self)
