"""What the store knows of runs, as Results."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from mlops_jupyter.mime import MIME_TYPE
from mlops_jupyter.results import Record, Result
from mlops_jupyter.tracking.run_parts import Staleness

Status = Literal["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"]


class MetricStats(Record):
    """All values that a run logged for one metric, in short.

    Attributes
    ----------
    metric : str
        Its name.
    count : int
        How many values there are.
    last, best, min, max : float or None
        None where there is none; `best` also where the metric's name does not say which way is
        better. NaN counts as no value.
    last_step, best_step, min_step, max_step : int or None
        The steps they belong to.
    """

    metric: str
    count: int = 0
    last: float | None = None
    last_step: int | None = None
    best: float | None = None
    best_step: int | None = None
    min: float | None = None
    min_step: int | None = None
    max: float | None = None
    max_step: int | None = None


class BestChild(Record):
    """The best of the runs below another one, by their main metric."""

    run_id: str
    name: str
    metric: str
    value: float | None


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
    children : int
        How many runs are below it; not all of them need to be in the list.
    best_child : BestChild or None
        The best of them.
    stats : MetricStats or None
        All values of one metric in short, where that was asked for.
    stale : Staleness or None
        Whether its model would come out otherwise today; None for a run that trained none.
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
    children: int = 0
    best_child: BestChild | None = None
    stats: MetricStats | None = None
    stale: Staleness | None = None


class RunGroup(Record):
    """Runs that have something in common, and a metric over them.

    Attributes
    ----------
    value : str or None
        What they have in common; None for those that have none.
    runs, failed, measured : int
        How many there are, how many of them failed, and how many have the metric.
    best, last, min, max, mean : float or None
        Of each run's last value; `last` is the newest run's.
    best_run_id, best_run : str or None
        The run with the best one.
    newest : datetime or None
        When the newest of them was started.
    """

    value: str | None
    runs: int
    failed: int = 0
    measured: int = 0
    best: float | None = None
    last: float | None = None
    min: float | None = None
    max: float | None = None
    mean: float | None = None
    best_run_id: str | None = None
    best_run: str | None = None
    newest: datetime | None = None


class Runs(Result):
    """A list of runs, or of groups of runs.

    Attributes
    ----------
    runs : list of RunSummary
        Newest first unless `sorted_by` says otherwise; where `nested`, runs that belong to another
        one follow it, and only the best of many are there.
    store : str
        The tracking store, without credentials.
    experiment, where : str or None
        What was asked for.
    sorted_by, descending
        What they are sorted by, where that is not the time; and whether the highest is first.
    page : int
        Which page it is, from 1.
    total : int or None
        How many there are on all pages, not counting runs below others; None where only reading
        them all could tell.
    more : bool
        Whether there is a next page.
    group : str or None
        What groups have in common; `runs` is empty then, and `groups` are the best first.
    metric : str or None
        The metric that groups or stats are about.
    direction : {"higher", "lower"} or None
        Which way it is better; None where nobody said, and its name does not.
    url, ui_command : str or None
        Where MLflow's own pages show them, and what has to be started first.
    """

    kind: ClassVar[str] = "runs"

    runs: list[RunSummary]
    store: str
    experiment: str | None = None
    more: bool = False
    where: str | None = None
    sorted_by: str | None = None
    descending: bool = False
    nested: bool = False
    page: int = 1
    total: int | None = None
    group: str | None = None
    groups: list[RunGroup] = Field(default_factory=list)
    metric: str | None = None
    direction: Literal["higher", "lower"] | None = None
    url: str | None = None
    ui_command: str | None = None

    def to_text(self) -> str:
        """Return a table for the terminal."""
        from mlops_jupyter.tracking import runs_view

        return runs_view.as_text(self)

    def to_html(self) -> str:
        """Return a table for the notebook."""
        from mlops_jupyter.tracking import runs_view

        return runs_view.as_html(self)

    def _repr_mimebundle_(self, **kwargs: object) -> dict[str, Any]:
        """Show as many as one looks at: a notebook keeps what is shown."""
        from mlops_jupyter.tracking import runs_view

        most = runs_view.MOST_IN_HTML
        if len(self.runs) <= most:
            return super()._repr_mimebundle_(**kwargs)
        first = self.model_copy(update={"runs": self.runs[:most], "more": True})
        return {
            "text/plain": runs_view.as_text(self, most),
            "text/html": self.to_html(),
            MIME_TYPE: first.to_dict(),
        }


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
        The main metric; of several fits, the best one's.
    best : str or None
        Of several fits, the name of the best one's run.
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
    best: str | None = None
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
