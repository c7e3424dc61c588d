"""What the store knows of runs, as Results."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from mlops_jupyter.results import Charted, Record, Result

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
    """The code a run came from.

    Attributes
    ----------
    commit, branch, remote : str or None
        Where it stands in git; `remote` without credentials.
    changed, modules : list of str
        Files that differed from the commit; imported modules that it does not hold.
    cell : str or None
        Source of the cell that made the run.
    notebook, journal : str or None
        Artifacts that hold the notebook, and the cells that were really executed.
    """

    commit: str | None = None
    branch: str | None = None
    remote: str | None = None
    changed: list[str] = Field(default_factory=list)
    modules: list[str] = Field(default_factory=list)
    cell: str | None = None
    notebook: str | None = None
    journal: str | None = None


class DataInput(Record):
    """Data a run read: where from, content digest, and the data version it equals.

    `context` says what for, such as ``training``.
    """

    name: str
    source: str
    digest: str
    version: str | None = None
    context: str | None = None
    rows: int | None = None
    size: int | None = None


class Model(Record):
    """A model a run logged; ``uri`` is what ``mlflow.pyfunc.load_model`` takes."""

    name: str
    uri: str
    flavor: str | None = None


class Relative(Record):
    """A run beside another one; ``value`` is its main metric's."""

    run_id: str
    name: str
    status: Status
    started: datetime
    attempt: int | None = None
    metric: str | None = None
    value: float | None = None


class Run(Result, Charted):
    """One run with what made it.

    Attributes
    ----------
    environment, packages : dict
        What is of note, and all distributions with their versions.
    attempt : int or None
        Which attempt of its cell it is; `attempts` are all that are known, newest first.
    children, best_child : list of Relative, str or None
        The runs that belong to it, and the id of the best by its main metric.
    missing : list of str
        What could not be read or is left out here, and why.
    page : str or None
        The file that ``--html`` wrote.
    """

    kind: ClassVar[str] = "run"

    summary: RunSummary
    note: str | None = None
    code: Code = Code()
    inputs: list[DataInput] = Field(default_factory=list)
    models: list[Model] = Field(default_factory=list)
    artifacts: list[Artifact] = Field(default_factory=list)
    environment: dict[str, str] = Field(default_factory=dict)
    packages: dict[str, str] = Field(default_factory=dict)
    attempt: int | None = None
    attempts: list[Relative] = Field(default_factory=list)
    parent: Relative | None = None
    children: list[Relative] = Field(default_factory=list)
    best_child: str | None = None
    tags: dict[str, str] = Field(default_factory=dict)
    error: str | None = None
    missing: list[str] = Field(default_factory=list)
    page: str | None = None
    store: str

    def to_text(self) -> str:
        """Return the run for the terminal."""
        from mlops_jupyter.tracking import run_view

        return run_view.run_text(self)

    def to_html(self) -> str:
        """Return the run for the notebook, with static pictures."""
        from mlops_jupyter.tracking import run_view

        return run_view.run_html(self)

    def chart_outputs(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Return data and metadata of one notebook output for each chart."""
        from mlops_jupyter.tracking import run_view

        return run_view.chart_outputs(self.charts)


class TrackedCell(Result):
    """What a tracked cell left behind: one line under the cell.

    Attributes
    ----------
    run_id : str
        Its run; empty where none could be made.
    attempt : int
        Which attempt of the same cell it is.
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
    attempt: int = 1
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
