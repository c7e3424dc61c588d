"""What the verbs that move runs return."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from mlops_jupyter.results import Record, Result


class NotMoved(Record):
    """A run that could not be moved, and why."""

    name: str
    reason: str


class Synced(Result):
    """What ``mlops sync`` brought to the server.

    Attributes
    ----------
    store : str
        The server.
    delivered : list of str
        Names of the runs that were brought there, or what was new of them.
    already : int
        How many were there already as they are.
    waiting : list of str
        Names of those that still wait; with ``--dry-run`` all of them.
    failed : list of NotMoved
        Those that could not be brought there.
    elsewhere : int
        How many wait here for another server.
    dry_run : bool
        Whether nothing was done.
    """

    kind: ClassVar[str] = "synced"

    store: str
    delivered: list[str] = Field(default_factory=list)
    already: int = 0
    waiting: list[str] = Field(default_factory=list)
    failed: list[NotMoved] = Field(default_factory=list)
    elsewhere: int = 0
    dry_run: bool = False

    def to_text(self) -> str:
        """Return a few lines for the terminal."""
        from mlops_jupyter.tracking.transfer import view

        return view.synced_text(self)

    def to_html(self) -> str:
        """Return the same for the notebook."""
        from mlops_jupyter.tracking.transfer import view

        return view.synced_html(self)


class Moved(Result):
    """What went out or came in by ``mlops runs push``, ``pull``, ``export`` or ``import``.

    Attributes
    ----------
    how : {"push", "pull", "export", "import"}
        Which of them.
    place : str
        The DVC remote, or the file.
    store : str
        The tracking store on the other side.
    new, updated : list of str
        Names of the runs that were not there before, and that have changed since.
    unchanged : int
        How many were there already as they are.
    failed : list of NotMoved
        Those that could not be moved.
    """

    kind: ClassVar[str] = "moved"

    how: Literal["push", "pull", "export", "import"]
    place: str
    store: str
    new: list[str] = Field(default_factory=list)
    updated: list[str] = Field(default_factory=list)
    unchanged: int = 0
    failed: list[NotMoved] = Field(default_factory=list)

    def to_text(self) -> str:
        """Return a few lines for the terminal."""
        from mlops_jupyter.tracking.transfer import view

        return view.moved_text(self)

    def to_html(self) -> str:
        """Return the same for the notebook."""
        from mlops_jupyter.tracking.transfer import view

        return view.moved_html(self)
