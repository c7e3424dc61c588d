"""What the store knows of runs, as Results."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from mlops_jupyter.results import Record, Result

Status = Literal["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"]


class RunSummary(Record):
    """One row of a list of runs.

    Attributes
    ----------
    run_id : str
        MLflow's id.
    uid : str or None
        Our own id (UUIDv7), kept when a run moves to another store.
    name, experiment : str
        As given by whoever made the run: not to be trusted as HTML.
    started, ended : datetime
        In UTC.
    duration_s : float or None
        Seconds; None while it runs.
    main_metric : str or None
        The metric to show where there is room for one.
    data : list of str
        Data versions it read (``data:flights@v1``).
    model : str or None
        Class of the model it trained.
    """

    run_id: str
    uid: str | None = None
    name: str
    experiment: str
    status: Status
    started: datetime
    ended: datetime | None = None
    duration_s: float | None = None
    params: dict[str, str] = Field(default_factory=dict)
    metrics: dict[str, float | None] = Field(default_factory=dict)
    main_metric: str | None = None
    data: list[str] = Field(default_factory=list)
    model: str | None = None
    notebook: str | None = None
    parent_run_id: str | None = None


class Runs(Result):
    """A list of runs, newest first."""

    kind: ClassVar[str] = "runs"

    runs: list[RunSummary]
    store: str
    experiment: str | None = None
    more: bool = False

    def to_text(self) -> str:
        """Return a table for the terminal."""
        from mlops_jupyter.tracking import view

        return view.runs_text(self)

    def to_html(self) -> str:
        """Return a table for the notebook."""
        from mlops_jupyter.tracking import view

        return view.runs_html(self)


class Artifact(Record):
    """A file of a run; ``size`` in bytes."""

    path: str
    size: int | None = None


class Code(Record):
    """The code a run came from: commit, branch and the files that differed from it."""

    commit: str | None = None
    branch: str | None = None
    changed: list[str] = Field(default_factory=list)


class DataInput(Record):
    """Data a run read: where from, content digest, and the data version it equals."""

    name: str
    source: str
    digest: str
    version: str | None = None
    rows: int | None = None
    size: int | None = None


class Model(Record):
    """A model a run logged; ``uri`` is what ``mlflow.pyfunc.load_model`` takes."""

    name: str
    uri: str
    flavor: str | None = None


class Run(Result):
    """One run with what made it."""

    kind: ClassVar[str] = "run"

    summary: RunSummary
    code: Code = Code()
    inputs: list[DataInput] = Field(default_factory=list)
    models: list[Model] = Field(default_factory=list)
    artifacts: list[Artifact] = Field(default_factory=list)
    environment: dict[str, str] = Field(default_factory=dict)
    tags: dict[str, str] = Field(default_factory=dict)
    error: str | None = None
    store: str

    def to_text(self) -> str:
        """Return the run for the terminal."""
        from mlops_jupyter.tracking import view

        return view.run_text(self)

    def to_html(self) -> str:
        """Return the run for the notebook."""
        from mlops_jupyter.tracking import view

        return view.run_html(self)


class TrackedCell(Result):
    """What a tracked cell left behind: one line under the cell.

    Attributes
    ----------
    run_id : str
        Its run; empty where none could be made.
    models : list of str
        Classes of the models it trained, in order.
    metric, value
        The main metric of the last one.
    captured, not_captured : list of str
        What is in the run, and what is not, with the reason.
    duration_s : float
        Seconds the cell took.
    """

    kind: ClassVar[str] = "tracked_cell"

    run_id: str
    uid: str | None = None
    name: str
    experiment: str
    status: Status
    models: list[str] = Field(default_factory=list)
    metric: str | None = None
    value: float | None = None
    captured: list[str] = Field(default_factory=list)
    not_captured: list[str] = Field(default_factory=list)
    duration_s: float

    def to_text(self) -> str:
        """Return one line, and one more for what was not captured."""
        from mlops_jupyter.tracking import view

        return view.cell_text(self)

    def to_html(self) -> str:
        """Return the same as HTML."""
        from mlops_jupyter.tracking import view

        return view.cell_html(self)


class Tracking(Result):
    """Whether tracking is on, and where runs go."""

    kind: ClassVar[str] = "tracking"

    on: bool
    experiment: str | None = None
    store: str | None = None
    store_reason: str | None = None
    notebook: str | None = None
    notes: list[str] = Field(default_factory=list)

    def to_text(self) -> str:
        """Return a line, and one for each note."""
        from mlops_jupyter.tracking import view

        return view.tracking_text(self)

    def to_html(self) -> str:
        """Return the same as HTML."""
        from mlops_jupyter.tracking import view

        return view.tracking_html(self)


class Logged(Result):
    """What ``mlops log`` wrote, and to which run."""

    kind: ClassVar[str] = "logged"

    run_id: str
    name: str
    metrics: dict[str, float | None]

    def to_text(self) -> str:
        """Return one line."""
        from mlops_jupyter.tracking import view

        return view.logged_text(self)

    def to_html(self) -> str:
        """Return the same as HTML."""
        from mlops_jupyter.tracking import view

        return view.logged_html(self)
