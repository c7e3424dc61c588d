"""What a run was made from and what it left, part by part."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from mlops_jupyter.results import Record


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
    order : str or None
        Whether those were executed from top to bottom, and why not.
    runnable, not_runnable : bool or None, str or None
        Whether the journal runs as it is, and why not.
    """

    commit: str | None = None
    branch: str | None = None
    remote: str | None = None
    changed: list[str] = Field(default_factory=list)
    modules: list[str] = Field(default_factory=list)
    cell: str | None = None
    notebook: str | None = None
    journal: str | None = None
    order: str | None = None
    runnable: bool | None = None
    not_runnable: str | None = None


class DataColumn(Record):
    """A column, and the type it has in the library that read it."""

    name: str
    type: str


class DataInput(Record):
    """Data a run was made from.

    Attributes
    ----------
    name : str
        Short: the file's, the table's, or the argument's that ``fit`` was given.
    source : str
        Path or address, without credentials; empty for what was only in memory.
    digest : str
        MD5 of a file (DVC's hash of a folder); ``xxh:…`` of a frame where there are no such bytes.
    version : str or None
        The data version it equals.
    context : str or None
        ``training``; ``earlier`` for what was read in a cell that this run's does not build on.
    kind : str or None
        ``file``, ``folder``, ``url``, ``sql``, ``builtin``, or ``frame`` (given to ``fit``).
    rows, columns, size, files : int or None
        Shape of what came of it, bytes, and number of files in a folder.
    column_types : list of DataColumn
        The first of its columns.
    query : str or None
        What a database was asked.
    etag : str or None
        Version that a remote file system gave.
    mtime_ns : int or None
        When a file had last been written; told nobody.
    """

    name: str
    source: str
    digest: str
    version: str | None = None
    context: str | None = None
    rows: int | None = None
    size: int | None = None
    kind: str | None = None
    columns: int | None = None
    files: int | None = None
    column_types: list[DataColumn] = Field(default_factory=list)
    query: str | None = None
    etag: str | None = None
    mtime_ns: int | None = Field(default=None, exclude=True, repr=False)


class DataOutput(Record):
    """A file that a run's cell wrote: its path, size, MD5, and the data version it equals."""

    path: str
    size: int | None = None
    digest: str | None = None
    version: str | None = None


class KeptDrift(Record):
    """A drift report that was kept with the run.

    Attributes
    ----------
    reference : str
        What names it: ``drift:RUN@N``.
    kept : datetime
        When it was.
    drifted : bool or None
        Whether the data set as a whole drifted; None where nothing was compared.
    share : float or None
        Share of the compared columns that drifted.
    columns, columns_drifted : int or None
        How many were compared, and how many of these drifted.
    before, after : str
        What was compared: the labels of reference and current.
    error : str or None
        How the model's error moved, where that was asked: ``worse``, ``better``, ``no change`` or
        ``unknown``.
    path : str
        The artifact that holds the whole report.
    """

    reference: str
    kept: datetime
    drifted: bool | None
    share: float | None = None
    columns: int | None = None
    columns_drifted: int | None = None
    before: str = ""
    after: str = ""
    error: str | None = None
    path: str


class StaleReason(Record):
    """One thing that is not as it was when a model was trained.

    Attributes
    ----------
    what : {"data", "file", "code"}
        Data with a newer version; a file that has changed since, which is no version of it yet;
        the cell that trained or a module that it imported.
    name : str
        The data version, or the file.
    newer : str or None
        The newest version of the data.
    said : str
        The same in words.
    """

    what: Literal["data", "file", "code"]
    name: str
    newer: str | None = None
    said: str


class Staleness(Record):
    """Whether a model would come out otherwise today.

    Attributes
    ----------
    reasons : list of StaleReason
        Why it would; empty where nothing is known to have changed.
    unknown : list of str
        What could not be looked at, and why.
    """

    reasons: list[StaleReason] = Field(default_factory=list)
    unknown: list[str] = Field(default_factory=list)

    @property
    def short(self) -> str:
        """What has changed, in a word or two; empty where nothing has."""
        return ", ".join(dict.fromkeys(reason.what for reason in self.reasons))

    @property
    def said(self) -> str:
        """The reasons in words."""
        return "; ".join(reason.said for reason in self.reasons)
