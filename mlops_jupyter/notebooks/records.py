"""What a run of a notebook came to, as a Result."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from mlops_jupyter.results import Result
from mlops_jupyter.tracking.records import Status


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
        What the notebook logged to its own run.
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
