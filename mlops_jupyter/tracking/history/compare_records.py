"""What runs differ in, as a Result.

Lists of values have one entry for each run, in the order of the runs.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from mlops_jupyter.results import Charted, Record, Result
from mlops_jupyter.tracking.history.directions import Direction
from mlops_jupyter.tracking.records import Status
from mlops_jupyter.tracking.run_parts import DataInput, Staleness


class ComparedRun(Record):
    """A run that is compared; ``label`` tells it from the others.

    ``stale`` says whether its model would come out otherwise today; None where it trained none.
    """

    run_id: str
    label: str
    name: str
    experiment: str
    status: Status
    started: datetime
    duration_s: float | None = None
    stale: Staleness | None = None


class Difference(Record):
    """Something that has a name, and a value in each run.

    Attributes
    ----------
    name : str
        What it is.
    values : list of str or None
        None where a run does not have it.
    unknown : list of int
        Places of the runs of which it was not captured.
    """

    name: str
    values: list[str | None]
    unknown: list[int] = Field(default_factory=list)


class MetricDifference(Record):
    """A metric in each run.

    Attributes
    ----------
    metric : str
        Its name.
    of : {"last", "best"}
        Which of its values; ``best`` only of metrics that have several.
    values, deltas : list of float or None
        And how far each is from the first run's; None also where that is no number.
    verdicts : list of {"better", "worse"} or None
        Against the first run; None where they are equal, or nobody knows which way is better.
    direction : {"higher", "lower"} or None
        Which way it is better, as its name says.
    """

    metric: str
    of: Literal["last", "best"] = "last"
    values: list[float | None]
    deltas: list[float | None]
    verdicts: list[Literal["better", "worse"] | None]
    direction: Direction | None = None


class DataDifference(Record):
    """Data that runs read under one name.

    Attributes
    ----------
    name : str
        The data's.
    inputs : list of DataInput or None
        What each run read, without its columns; None where it did not.
    columns : list of list of str
        Against the first run that read it: ``+ added``, ``- removed``, ``name: type → type``.
    unknown : list of int
        Places of the runs of which no data was captured.
    """

    name: str
    inputs: list[DataInput | None]
    columns: list[list[str]]
    unknown: list[int] = Field(default_factory=list)


class CellDifference(Record):
    """A cell that is not the same in two runs.

    Attributes
    ----------
    change : {"changed", "added", "removed"}
        From the first run to the second.
    own : bool
        Whether it is the cell that made the run.
    before, after : int or None
        Execution counts.
    diff : str
        Lines of a unified diff.
    """

    change: Literal["changed", "added", "removed"]
    own: bool = False
    before: int | None = None
    after: int | None = None
    diff: str


class CellCount(Record):
    """How many cells of a run differ from the first run's; ``own`` if the one that made it does."""

    run_id: str
    changed: int
    added: int
    removed: int
    own: bool = False


class Comparison(Result, Charted):
    """What runs differ in.

    Attributes
    ----------
    runs : list of ComparedRun
        In the order they were named; the first is what the others are held against.
    facts : list of Difference
        Experiment, status, model, notebook and the like.
    parameters : list of Difference
        As they were logged.
    metrics, resources : list of MetricDifference
        `resources` are those that tell what the machine did.
    data : list of DataDifference
        By name.
    code : list of Difference
        Commit, branch, and files that are not as committed.
    packages, environment : list of Difference
        Versions of distributions; Python, machine, lock files, threads and seeds.
    cells : list of CellDifference
        Of two runs: the source of cells, as they ran last.
    cell_counts : list of CellCount
        For each run but the first.
    equal : list of str
        What is the same in all of them.
    not_compared : list of str
        What was not captured, or is left out, and why.
    main_metric : str or None
        The one that most of them have.
    everything : bool
        Whether what is equal is listed too.
    """

    kind: ClassVar[str] = "comparison"

    runs: list[ComparedRun]
    facts: list[Difference] = Field(default_factory=list)
    parameters: list[Difference] = Field(default_factory=list)
    metrics: list[MetricDifference] = Field(default_factory=list)
    resources: list[MetricDifference] = Field(default_factory=list)
    data: list[DataDifference] = Field(default_factory=list)
    code: list[Difference] = Field(default_factory=list)
    packages: list[Difference] = Field(default_factory=list)
    environment: list[Difference] = Field(default_factory=list)
    cells: list[CellDifference] = Field(default_factory=list)
    cell_counts: list[CellCount] = Field(default_factory=list)
    equal: list[str] = Field(default_factory=list)
    not_compared: list[str] = Field(default_factory=list)
    main_metric: str | None = None
    everything: bool = False
    store: str

    def to_text(self) -> str:
        """Return what differs for the terminal."""
        from mlops_jupyter.tracking.history import compare_view

        return compare_view.as_text(self)

    def to_html(self) -> str:
        """Return what differs for the notebook, with static pictures."""
        from mlops_jupyter.tracking.history import compare_view

        return compare_view.as_html(self)

    def chart_outputs(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Return data and metadata of one notebook output for each chart."""
        from mlops_jupyter.tracking.history import compare_view

        return compare_view.chart_outputs(self)
