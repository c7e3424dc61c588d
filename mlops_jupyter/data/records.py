"""What the verbs of data versions return."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from mlops_jupyter.results import Record, Result

FileNow = Literal["same", "changed", "missing", "unknown"]
Origin = Literal["path", "url", "frame"]


class DataVersion(Result):
    """One version of a file or folder.

    Attributes
    ----------
    name, version, ref
        ``data:NAME@vN`` and its parts.
    path : str
        Where it was, relative to the workspace, with forward slashes.
    hash : str
        MD5 of the content as DVC takes it; ends in ``.dir`` for a folder.
    size, files, rows
        Bytes, number of files; rows where the format says so (Parquet), or the profile does.
    profile_pending : bool
        What is in it is being counted right now.
    executable : bool
        Whether the file's execute bit was set.
    origin : {"path", "url", "frame"}
        What was named: something in the workspace, an address, or a frame in memory. For the
        latter two `path` is where a checkout would put it.
    source : str or None
        The address, without credentials.
    labels : tuple of str
        What else names this version: ``data:NAME@LABEL``.
    automatic : bool
        Kept because a run read it; its `ref` ends in the beginning of its hash.
    forgotten : datetime or None
        When its content was removed for good; hash and size stay.
    message : str
        What the user said about it.
    created : datetime
        When, in UTC.
    commit : str
        The git commit off any branch that restores it.
    unchanged : bool
        From `snapshot`: the content is the newest version's, so no new one was made.
    same_as : int, optional
        An older version with the same content.
    file_now : {"same", "changed", "missing", "unknown"} or None
        The workspace's file against this version; unknown where it would take long to say. None
        where none is expected: of a frame or an address whose content does not lie at `path`.
    file_is : str or None
        Where it has changed to what another version has: that one's reference.
    note : str
        What else the user should know.
    """

    kind: ClassVar[str] = "data_version"

    name: str
    version: int
    ref: str
    path: str
    hash: str
    size: int
    files: int
    rows: int | None = None
    profile_pending: bool = False
    executable: bool = False
    origin: Origin = "path"
    source: str | None = None
    labels: tuple[str, ...] = ()
    automatic: bool = False
    forgotten: datetime | None = None
    message: str = ""
    created: datetime
    commit: str
    unchanged: bool = False
    same_as: int | None = None
    file_now: FileNow | None = "unknown"
    file_is: str | None = None
    note: str = ""

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.hash.endswith(".dir")

    def to_text(self) -> str:
        """Return the version for a terminal."""
        from mlops_jupyter.data import view

        return view.version_text(self)

    def to_html(self) -> str:
        """Return the version as a card."""
        from mlops_jupyter.data import view

        return view.version_html(self)


class DataVersions(Result):
    """Data versions, newest first.

    Attributes
    ----------
    name : str, optional
        The name they were asked for by.
    versions : tuple of DataVersion
        The versions.
    more : int
        How many older ones are not listed.
    unpinned : int
        Of how many, the older ones too, no pointer lies in the work tree: ``dvc gc -w`` would free
        their content, ``dvc gc --all-tags`` keeps it.
    """

    kind: ClassVar[str] = "data_versions"

    name: str | None = None
    versions: tuple[DataVersion, ...] = ()
    more: int = 0
    unpinned: int = 0

    def to_text(self) -> str:
        """Return the versions as a table."""
        from mlops_jupyter.data import view

        return view.versions_text(self)

    def to_html(self) -> str:
        """Return the versions as a table."""
        from mlops_jupyter.data import view

        return view.versions_html(self)


class Trailer(Record):
    """What a snapshot's commit says about itself, in its last line, as JSON.

    Paths are relative to the top of the git repository: several workspaces may share one. `etag`
    is what the source knew this content by; `still_in` are the remotes that could not be reached
    when it was forgotten, with ``this machine`` for the cache of here.
    """

    schema_version: Literal[1] = 1
    name: str
    version: int
    path: str
    hash: str
    size: int
    files: int
    rows: int | None = None
    executable: bool = False
    origin: Origin = "path"
    source: str | None = None
    etag: str | None = None
    forgotten: datetime | None = None
    still_in: tuple[str, ...] = ()
    message: str = ""
    created: datetime
