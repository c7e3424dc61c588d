"""What freeing and forgetting return."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from mlops_jupyter.results import Record, Result

FreedDataKind = Literal["automatic", "contents", "profiles", "replaced", "unfinished"]


class FreedDataEntry(Record):
    """What was freed of one kind: how many, and bytes on the disk."""

    kind: FreedDataKind
    count: int
    size: int


class FreedData(Result):
    """What ``mlops data gc`` freed, or would.

    Attributes
    ----------
    dry_run : bool
        Nothing was removed.
    total : int
        Bytes on the disk.
    entries : list of FreedDataEntry
        By kind, the biggest first.
    kept : list of str
        What stays though nothing seems to need it, with the reason.
    """

    kind: ClassVar[str] = "freed_data"

    dry_run: bool
    total: int
    entries: list[FreedDataEntry] = Field(default_factory=list)
    kept: list[str] = Field(default_factory=list)

    def to_text(self) -> str:
        """Return a table for the terminal."""
        from mlops_jupyter.data.upkeep import view

        return view.freed_text(self)

    def to_html(self) -> str:
        """Return a table for the notebook."""
        from mlops_jupyter.data.upkeep import view

        return view.freed_html(self)


class Place(Record):
    """Somewhere that content was to be removed from.

    Attributes
    ----------
    name : str
        A DVC remote, or ``this machine``.
    removed : int
        How many objects were removed.
    problem : str or None
        Why some may be there still; None where none is.
    """

    name: str
    removed: int = 0
    problem: str | None = None


class Forgotten(Result):
    """What ``mlops data forget`` did, or would do.

    Attributes
    ----------
    ref : str
        The version that was named.
    hash : str
        Its hash, which stays.
    refs : list of str
        All versions that are forgotten: those with the same content, and copies of it.
    when : datetime or None
        When, in UTC; None where nothing was done yet.
    files, size : int
        How many files of it nothing else needs, and their bytes as far as they were here.
    places : list of Place
        Where it was removed.
    shared : int
        Files of it that other versions need, and that stay.
    stays : list of str
        Where the same content is still, untouched.
    commands : list of str
        What replaces the tags where they may have been pushed.
    """

    kind: ClassVar[str] = "forgotten_data"

    ref: str
    hash: str
    refs: list[str] = Field(default_factory=list)
    when: datetime | None = None
    files: int = 0
    size: int = 0
    places: list[Place] = Field(default_factory=list)
    shared: int = 0
    stays: list[str] = Field(default_factory=list)
    commands: list[str] = Field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether nothing of it is left anywhere that was asked."""
        return self.when is not None and all(place.problem is None for place in self.places)

    def to_text(self) -> str:
        """Return a few lines for the terminal."""
        from mlops_jupyter.data.upkeep import view

        return view.forgotten_text(self)

    def to_html(self) -> str:
        """Return a card for the notebook."""
        from mlops_jupyter.data.upkeep import view

        return view.forgotten_html(self)
