"""What takes space, and what was freed, as Results."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from mlops_jupyter.data.upkeep.records import FreedDataKind
from mlops_jupyter.results import Record, Result

DiskKind = Literal[
    "artifacts", "models", "objects", "store", "backups", "executed", "data", "automatic", "other"
]
FreedKind = Literal[
    "runs", "models", "experiments", "orphans", "objects", "executed", "backups", "leftovers",
    "store", FreedDataKind,
]  # fmt: skip


class DiskEntry(Record):
    """Something that takes space.

    Attributes
    ----------
    kind : str
        What it is.
    name : str
        An experiment, a run, a data name, a file.
    size, files : int
        Bytes on the disk, and number of files; one with several names counts once, where it is met
        first: objects before the runs that hold them.
    """

    kind: DiskKind
    name: str
    size: int
    files: int


class DiskUse(Result):
    """What takes space in a workspace.

    Attributes
    ----------
    root : str
        The workspace.
    total : int
        Bytes on the disk, of all entries.
    entries : list of DiskEntry
        The biggest first.
    largest : list of DiskEntry
        The biggest runs and models; they are part of the entries.
    notes : list of str
        What is not counted.
    """

    kind: ClassVar[str] = "disk_use"

    root: str
    total: int
    entries: list[DiskEntry] = Field(default_factory=list)
    largest: list[DiskEntry] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)

    def to_text(self) -> str:
        """Return tables for the terminal."""
        from mlops_jupyter.tracking.store import view

        return view.disk_text(self)

    def to_html(self) -> str:
        """Return tables for the notebook."""
        from mlops_jupyter.tracking.store import view

        return view.disk_html(self)


class FreedEntry(Record):
    """What was freed of one kind: how many, and bytes on the disk."""

    kind: FreedKind
    count: int
    size: int


class Freed(Result):
    """What ``mlops gc`` freed, or would.

    Attributes
    ----------
    dry_run : bool
        Nothing was removed.
    total : int
        Bytes on the disk.
    entries : list of FreedEntry
        By kind.
    kept : list of str
        What stays though it was deleted, with the reason.
    """

    kind: ClassVar[str] = "freed"

    dry_run: bool
    total: int
    entries: list[FreedEntry] = Field(default_factory=list)
    kept: list[str] = Field(default_factory=list)

    def to_text(self) -> str:
        """Return a table for the terminal."""
        from mlops_jupyter.tracking.store import view

        return view.freed_text(self)

    def to_html(self) -> str:
        """Return a table for the notebook."""
        from mlops_jupyter.tracking.store import view

        return view.freed_html(self)
