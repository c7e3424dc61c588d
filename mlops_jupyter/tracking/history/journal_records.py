"""The journal of a run, as a Result."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from mlops_jupyter.results import Record, Result


class JournalCell(Record):
    """One execution of one cell.

    Attributes
    ----------
    execution_count : int or None
        As the notebook showed it.
    source : str
        Without our own magics; credentials masked.
    duration_s : float or None
        Seconds it took; None where it is not known.
    raised : bool
        Whether it ended with an exception.
    outputs : int
        How many outputs are kept.
    """

    execution_count: int | None = None
    source: str
    duration_s: float | None = None
    raised: bool = False
    outputs: int = 0


class Journal(Result):
    """The cells that really ran up to a run, in true order.

    Attributes
    ----------
    run_id, name : str
        The run.
    cells : list of JournalCell
        The cells.
    runnable : bool or None
        Whether they run again from top to bottom; None for a notebook as it was saved.
    why : str or None
        Why they do not.
    secrets : list of str
        Names that must be in the environment for that.
    order : str or None
        Whether the cells ran in the notebook's order.
    path : str or None
        The notebook that was written.
    """

    kind: ClassVar[str] = "journal"

    run_id: str
    name: str
    cells: list[JournalCell]
    runnable: bool | None = None
    why: str | None = None
    secrets: list[str] = Field(default_factory=list)
    order: str | None = None
    path: str | None = None

    def to_text(self) -> str:
        """Return a line for each cell."""
        from mlops_jupyter.tracking.history import view

        return view.journal_text(self)

    def to_html(self) -> str:
        """Return the cells for the notebook."""
        from mlops_jupyter.tracking.history import view

        return view.journal_html(self)
