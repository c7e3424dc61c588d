"""What a run of a notebook came to, as a Result."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from mlops_jupyter.results import Record, Result
from mlops_jupyter.tracking.records import Status


class CellRun(Record):
    """One cell of a notebook that was executed.

    Attributes
    ----------
    number : int
        Among the cells that are executed, from 1; its ``In [n]``.
    line : str
        The first line that says something.
    status : {"completed", "failed", "stopped"}
        How it ended; stopped by the user.
    started : str
        When it began, in UTC.
    duration_s : float
        Seconds.
    peak_memory : int, optional
        Bytes that its kernel and the kernel's children had in use at most. Looked at several times
        a second: a shorter peak is seen on Linux alone, and in the kernel itself.
    """

    number: int
    line: str
    status: Literal["completed", "failed", "stopped"]
    started: str
    duration_s: float
    peak_memory: int | None = None


class NotebookRun(Result):
    """A notebook, executed from top to bottom as one run.

    Attributes
    ----------
    run_id : str
        MLflow's id.
    uid : str
        Our own id (UUIDv7).
    name, experiment : str
        As shown.
    notebook : str
        The source, seen from the workspace.
    output : str
        The executed notebook, seen from the workspace where it is inside.
    parameters : dict
        All of them, defaults included.
    cells_executed, cells_total : int
        Code cells.
    duration_s : float
        Seconds, kernel start included.
    metrics : dict
        What the notebook logged to its own run, and the numbers that it returned.
    returned : dict
        What it returned by `glue`, or scrapbook's.
    cells : list of CellRun
        Time and memory of each cell that was started.
    log : str, optional
        The file that has all that its cells printed, seen from the workspace.
    error : str, optional
        Why it stopped before the end.
    kept_here : str, optional
        Why the run is not on the tracking server yet; ``mlops sync`` brings it there.
    """

    kind: ClassVar[str] = "notebook_run"

    run_id: str
    uid: str
    name: str
    experiment: str
    status: Status
    notebook: str
    output: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    cells_executed: int
    cells_total: int
    duration_s: float
    metrics: dict[str, float | None] = Field(default_factory=dict)
    returned: dict[str, Any] = Field(default_factory=dict)
    cells: list[CellRun] = Field(default_factory=list)
    log: str | None = None
    error: str | None = None
    kept_here: str | None = None

    def to_text(self) -> str:
        """Return what happened for the terminal."""
        from mlops_jupyter.notebooks import view

        return view.run_text(self)

    def to_html(self) -> str:
        """Return what happened for the notebook."""
        from mlops_jupyter.notebooks import view

        return view.run_html(self)
