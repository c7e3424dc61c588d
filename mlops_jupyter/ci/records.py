"""What the verbs of CI return."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from mlops_jupyter.results import Record, Result


class Workflow(Result):
    """The file that tells a CI service what to do.

    Attributes
    ----------
    service : {"github", "jenkins"}
        The service.
    path : str
        The file, counted from the workspace where it lies in it.
    state : {"written", "unchanged", "behind", "missing"}
        ``behind`` and ``missing``: of ``--check``, which writes nothing.
    changes : list of str
        Lines of a unified diff from the file to what it should be.
    """

    kind: ClassVar[str] = "ci_workflow"

    service: Literal["github", "jenkins"]
    path: str
    state: Literal["written", "unchanged", "behind", "missing"]
    changes: list[str] = Field(default_factory=list)

    def to_text(self) -> str:
        """Return what became of it, for the terminal."""
        from mlops_jupyter.ci.view import workflow_text

        return workflow_text(self)

    def to_html(self) -> str:
        """Return the same as a card."""
        from mlops_jupyter.ci.view import workflow_html

        return workflow_html(self)


class MetricDelta(Record):
    """A metric of a notebook, here and at the base.

    Attributes
    ----------
    metric : str
        Its name.
    base, here : float or None
        None where it was not logged.
    delta : float or None
        How far `here` is from `base`.
    verdict : {"better", "worse"} or None
        None where they are equal, or nobody knows which way is better.
    """

    metric: str
    base: float | None = None
    here: float | None = None
    delta: float | None = None
    verdict: Literal["better", "worse"] | None = None


class DataDelta(Record):
    """Data that a notebook read, here and at the base; None where it did not.

    Attributes
    ----------
    name : str
        The data's.
    base, here : str or None
        The version, or what is known of it.
    """

    name: str
    base: str | None = None
    here: str | None = None


class NotebookDelta(Record):
    """A notebook's newest run of this commit, against the base's.

    Attributes
    ----------
    notebook : str
        Its path.
    status : str
        What became of its run here.
    run_id : str
        The run here.
    base_run_id, base_commit : str or None
        The newest finished run of the base, and its commit; None where there is none.
    metrics : list of MetricDelta
        All metrics of both runs, but for what tells of the machine.
    data : list of DataDelta
        Data that is not the same.
    """

    notebook: str
    status: str
    run_id: str
    base_run_id: str | None = None
    base_commit: str | None = None
    metrics: list[MetricDelta] = Field(default_factory=list)
    data: list[DataDelta] = Field(default_factory=list)


class DriftDelta(Record):
    """What a drift gate has found.

    Attributes
    ----------
    reference, current : str
        What was compared.
    drifted : bool or None
        Whether the data set drifted; None where nothing could be compared.
    columns, of : int
        How many columns drifted, of how many.
    picture : str or None
        The strip, as a file beside the report.
    """

    reference: str
    current: str
    drifted: bool | None
    columns: int
    of: int
    picture: str | None = None


class BuildReport(Result):
    """What a build has come to.

    Attributes
    ----------
    commit : str
        The commit that was built.
    base : str
        What it is held against, as it was named.
    notebooks : list of NotebookDelta
        Each notebook that ran.
    drift : list of DriftDelta
        Each drift gate that gave an answer.
    notes : list of str
        What could not be said, and why.
    path : str
        The report in Markdown.
    """

    kind: ClassVar[str] = "ci_report"

    commit: str
    base: str
    notebooks: list[NotebookDelta] = Field(default_factory=list)
    drift: list[DriftDelta] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)
    path: str

    def to_text(self) -> str:
        """Return the report for the terminal."""
        from mlops_jupyter.ci.view import report_text

        return report_text(self)

    def to_html(self) -> str:
        """Return the same as a card."""
        from mlops_jupyter.ci.view import report_html

        return report_html(self)
