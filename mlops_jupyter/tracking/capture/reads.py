"""What the kernel has read and written, as it was seen at that moment.

`Reads` is the memory; `watching` fills it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_jupyter.tracking.capture import watching
from mlops_jupyter.tracking.capture.contents import Contents
from mlops_jupyter.tracking.capture.provenance import Provenance
from mlops_jupyter.tracking.capture.sightings import Read, Taken, Write

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlops_jupyter.data.records import DataVersion
    from mlops_jupyter.tracking.capture.sources import Signature

# Beyond this many, the oldest are forgotten, and that is said.
MAX_READS = 20_000
_MAX_PROBLEMS = 10


class Reads:
    """The data read and written between `start` and `stop`, newest state of each.

    Parameters
    ----------
    namespace : mapping, optional
        A notebook's variables.
    """

    def __init__(self, namespace: Mapping[str, object] | None = None) -> None:
        self._read: dict[tuple[str, ...], Read] = {}
        # Files that were only opened, many thousands of them maybe: how they looked, and the cell.
        self._opened: dict[str, tuple[Signature, int]] = {}
        self.writes: dict[Path, Write] = {}
        self.taken: dict[str, Taken] = {}
        self.problems: list[str] = []
        self.forgotten = 0
        self.provenance = Provenance({} if namespace is None else namespace)
        self.contents = Contents()

    def start(self) -> None:
        """Watch readers and writers of every library that is imported, now or later."""
        watching.start(self)

    def stop(self) -> None:
        """Watch no longer; the originals are put back when nobody watches."""
        watching.stop(self)

    def begin_cell(self, source: str) -> None:
        """Know that what is read from now on is read by this cell."""
        self.provenance.begin(source)

    def end_cell(self, *, failed: bool) -> None:
        """Know how the cell ended."""
        if failed:
            self.provenance.note_failure()

    @property
    def items(self) -> dict[tuple[str, ...], Read]:
        """What was read, each source once, as it was the last time."""
        opened = (
            Read("file", path, Path(path), seen, cell=cell)
            for path, (seen, cell) in self._opened.items()
        )
        return {**self._read, **{read.key: read for read in opened}}

    def add(self, read: Read) -> None:
        """Remember a read; one without rows adds nothing to the same one with them."""
        self.provenance.note_read()
        read = replace(read, cell=self.provenance.cell)
        known = self._read.pop(read.key, None)
        same = known is not None and read.kind == "file" and known.seen == read.seen
        if known is not None and same and read.what.rows is None:
            read = replace(read, what=known.what, together_rows=known.together_rows)
        self._read[read.key] = read
        self._opened.pop(read.source, None)
        self._keep_within_bounds(self._read)

    def add_opened(self, path: str, seen: Signature) -> None:
        """Remember a file that was opened; where a reader has told more of it, that is kept."""
        self.provenance.note_read()
        known = self._read.get(("file", path, ""))
        if known is not None and known.seen == seen:
            self._read[known.key] = replace(known, cell=self.provenance.cell)
            return
        self._read.pop(("file", path, ""), None)
        self._opened[path] = (seen, self.provenance.cell)
        self._keep_within_bounds(self._opened)

    def add_write(self, path: Path) -> None:
        """Remember a written file; what it held when it was read is gone."""
        self.writes.pop(path, None)
        self.writes[path] = Write(path, self.provenance.cell)
        if len(self.writes) > MAX_READS:
            self.writes.pop(next(iter(self.writes)))

    def add_taken(self, version: DataVersion) -> None:
        """Remember a data version that was taken."""
        self.taken.pop(version.ref, None)
        self.taken[version.ref] = Taken(version, self.provenance.cell)
        if len(self.taken) > MAX_READS:
            self.taken.pop(next(iter(self.taken)))

    def _keep_within_bounds(self, known: dict[Any, Any]) -> None:
        if len(known) > MAX_READS:
            known.pop(next(iter(known)))
            self.forgotten += 1

    def problem(self, what: str) -> None:
        """Remember that something could not be seen."""
        if what not in self.problems and len(self.problems) < _MAX_PROBLEMS:
            self.problems.append(what)
