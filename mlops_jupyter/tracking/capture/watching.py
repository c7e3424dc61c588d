"""Watching the process's readers and writers, for whoever wants to know.

Wrapped functions and the audit hook belong to the process, so there is one of this: it starts with
the first `Reads` that listens, and puts everything back after the last.
"""

from __future__ import annotations

import contextlib
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from mlops_jupyter.data.catalog import listening
from mlops_jupyter.tracking.capture import opens
from mlops_jupyter.tracking.capture.imports import ImportWatcher
from mlops_jupyter.tracking.capture.wrapping import Wrapped

if TYPE_CHECKING:
    from pathlib import Path

    from mlops_jupyter.data.records import DataVersion
    from mlops_jupyter.tracking.capture.reads import Reads
    from mlops_jupyter.tracking.capture.sightings import Read
    from mlops_jupyter.tracking.capture.sources import Signature


class Feed:
    """Hands what was seen to all who listen."""

    def __init__(self) -> None:
        self.listeners: list[Reads] = []

    def read(self, read: Read) -> None:
        """Tell of a read."""
        for listener in self.listeners:
            listener.add(read)

    def loaded(self, version: DataVersion, frame: object) -> None:
        """Tell of a data version that was loaded by its name."""
        from mlops_jupyter.tracking.capture import tables

        try:
            self.read(tables.loaded(version, frame))
        except Exception as error:  # noqa: BLE001 - the user has the frame: told later, not raised
            self.problem(f"{version.ref}: {type(error).__name__}: {error}"[:200])

    def taken(self, version: DataVersion) -> None:
        """Tell of a data version that was taken."""
        for listener in self.listeners:
            listener.add_taken(version)

    def opened(self, path: str, seen: Signature) -> None:
        """Tell of a file that was opened for reading."""
        for listener in self.listeners:
            listener.add_opened(path, seen)

    def written(self, path: Path) -> None:
        """Tell of a written file."""
        for listener in self.listeners:
            listener.add_write(path)

    def problem(self, what: str) -> None:
        """Tell of what could not be seen."""
        for listener in self.listeners:
            listener.problem(what)


class _Watch:
    def __init__(self) -> None:
        self.feed = Feed()
        self._wrapped: list[Wrapped] = []
        self._watcher: ImportWatcher | None = None

    def start(self) -> None:
        from mlops_jupyter.tracking.capture import readers

        self._watcher = ImportWatcher({name: partial(self._wrap, name) for name in readers.TABLE})
        self._watcher.start()
        opens.start(self.feed)
        listening.loaded.add(self.feed.loaded)
        listening.taken.add(self.feed.taken)

    def stop(self) -> None:
        opens.stop()
        listening.loaded.remove(self.feed.loaded)
        listening.taken.remove(self.feed.taken)
        if self._watcher is not None:
            self._watcher.stop()
            self._watcher = None
        for wrapped in self._wrapped:
            wrapped.undo()
        self._wrapped.clear()

    def _wrap(self, library: str) -> None:
        """Wrap what a library has of the functions in the table; versions differ."""
        from mlops_jupyter.tracking.capture import readers

        module = sys.modules[library]
        for name, observer in readers.observers(library, self.feed):
            owner: Any = module
            *path, last = name.split(".")
            with contextlib.suppress(AttributeError, KeyError):
                for part in path:
                    owner = getattr(owner, part)
                self._wrapped.append(Wrapped(owner, last, observer))


_watch = _Watch()


def start(reads: Reads) -> None:
    """Let `reads` know of everything from now on."""
    if reads in _watch.feed.listeners:
        return
    _watch.feed.listeners.append(reads)
    if len(_watch.feed.listeners) == 1:
        _watch.start()


def stop(reads: Reads) -> None:
    """Let it know of nothing more."""
    if reads not in _watch.feed.listeners:
        return
    _watch.feed.listeners.remove(reads)
    if not _watch.feed.listeners:
        _watch.stop()
