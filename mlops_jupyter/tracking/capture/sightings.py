"""One thing that was read or written, as it was seen at that moment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mlops_jupyter.tracking.capture.frames import NOTHING, Described
from mlops_jupyter.tracking.capture.sources import Signature

if TYPE_CHECKING:
    from mlops_jupyter.data.records import DataVersion

# Of a larger folder, so many files tell whether it was written.
_MAX_LISTED = 20_000

SourceKind = Literal["file", "folder", "url", "sql", "builtin"]


@dataclass(frozen=True)
class Read:
    """One source of data, as it was when it was read last.

    Attributes
    ----------
    kind : str
        What it is.
    source : str
        Path, address without credentials, or name of the function that gives it.
    path : Path or None
        Of a file or folder.
    seen : Signature or str or None
        What the file (the folder's listing) looked like before it was read.
    what : Described
        Rows and schema that came of it; a digest where the source has no bytes of its own.
    together_rows : int or None
        Rows of all files that one call has read.
    query : str or None
        What was asked of a database.
    version : str or None
        ETag or version that a remote file system gives.
    data : str or None
        The data version that was asked for by its name.
    cell : int
        In which cell.
    """

    kind: SourceKind
    source: str
    path: Path | None = None
    seen: Signature | str | None = None
    what: Described = NOTHING
    together_rows: int | None = None
    query: str | None = None
    version: str | None = None
    data: str | None = None
    cell: int = 0

    @property
    def key(self) -> tuple[str, ...]:
        """What makes it the same source."""
        return (self.kind, self.source, self.query or self.data or "")

    def unchanged(self) -> bool:
        """Whether a file or folder still looks as it did when it was read."""
        if self.path is None:
            return True
        return self.seen == (listing(self.path) if self.kind == "folder" else
                             Signature.of(self.path))  # fmt: skip


@dataclass(frozen=True)
class Taken:
    """A data version that was taken, and in which cell."""

    version: DataVersion
    cell: int


@dataclass(frozen=True)
class Write:
    """A file that was written, and in which cell."""

    path: Path
    cell: int


def listing(folder: Path) -> str:
    """Return what tells that nothing in a folder was written since: names, sizes and times."""
    from xxhash import xxh3_128

    hasher = xxh3_128()
    seen = 0
    for here, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = f"{here}{os.sep}{name}"
            hasher.update(f"{path}\0{Signature.of(path)}\n".encode("utf-8", "surrogateescape"))
            seen += 1
            if seen > _MAX_LISTED:
                return f"{hasher.hexdigest()} and more"
    return hasher.hexdigest()
