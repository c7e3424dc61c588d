"""What was changed about runs, as Results."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from mlops_jupyter.results import Record, Result


class EditedRun(Record):
    """A run that was changed; ``parent`` names the run that it was changed along with."""

    run_id: str
    name: str
    experiment: str
    parent: str | None = None


class EditedRuns(Result):
    """Runs that were deleted, restored or tagged.

    Attributes
    ----------
    action : {"deleted", "restored", "tagged"}
        What was done.
    runs : list of EditedRun
        To which runs.
    tags : dict
        Tags that were set.
    removed : list of str
        Tags that were removed.
    """

    kind: ClassVar[str] = "edited_runs"

    action: Literal["deleted", "restored", "tagged"]
    runs: list[EditedRun]
    tags: dict[str, str] = Field(default_factory=dict)
    removed: list[str] = Field(default_factory=list)

    def to_text(self) -> str:
        """Return a line for each run."""
        from mlops_jupyter.tracking.history import view

        return view.edited_text(self)

    def to_html(self) -> str:
        """Return the same as HTML."""
        from mlops_jupyter.tracking.history import view

        return view.edited_html(self)
