"""Noticing which files the user's code reads.

Native readers (Parquet above all) raise no audit event, and audit hooks cannot be taken back; so
the readers themselves are wrapped while tracking is on, and put back afterwards.
"""

from __future__ import annotations

import functools
import os
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_jupyter.tracking.capture.imports import ImportWatcher

if TYPE_CHECKING:
    from collections.abc import Callable

# Library -> its functions that take a path first.
READERS: dict[str, tuple[str, ...]] = {
    "pandas": (
        "read_csv", "read_excel", "read_feather", "read_fwf", "read_json", "read_orc",
        "read_parquet", "read_pickle", "read_table",
    ),
    "polars": (
        "read_csv", "read_ipc", "read_json", "read_ndjson", "read_parquet",
        "scan_csv", "scan_ipc", "scan_ndjson", "scan_parquet",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class FileRead:
    """A local file that was read: what it looked like then, and how many rows came of it."""

    path: Path
    size: int
    mtime_ns: int
    rows: int | None

    def unchanged(self) -> bool:
        """Whether the file still looks as it did when it was read."""
        try:
            stat = self.path.stat()
        except OSError:
            return False
        return (stat.st_size, stat.st_mtime_ns) == (self.size, self.mtime_ns)


class Reads:
    """The files read between `start` and `stop`, newest state of each."""

    def __init__(self) -> None:
        self.files: dict[Path, FileRead] = {}
        self._originals: list[tuple[Any, str, Any, Any]] = []
        self._watcher = ImportWatcher({name: partial(self._wrap, name) for name in READERS})

    def start(self) -> None:
        """Wrap the readers of every library that is imported, now or later."""
        self._watcher.start()

    def stop(self) -> None:
        """Put the original readers back, where nobody else has replaced them since."""
        self._watcher.stop()
        for module, name, original, wrapped in self._originals:
            if getattr(module, name, None) is wrapped:
                setattr(module, name, original)
        self._originals.clear()

    def _wrap(self, library: str) -> None:
        module = sys.modules[library]
        for name in READERS[library]:
            original = getattr(module, name, None)
            if original is None or hasattr(original, "__mlops_original__"):
                continue
            wrapped = self._wrapped(original)
            setattr(module, name, wrapped)
            self._originals.append((module, name, original, wrapped))

    def _wrapped(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def read(*args: Any, **kwargs: Any) -> Any:
            seen = _stat(_source(args, kwargs))
            result = original(*args, **kwargs)
            if seen is not None:
                path, size, mtime_ns = seen
                self.files[path] = FileRead(path, size, mtime_ns, _rows(result))
            return result

        read.__mlops_original__ = original  # type: ignore[attr-defined]  # marks our wrapper
        return read


def _source(args: tuple[Any, ...], kwargs: dict[str, Any]) -> object:
    if args:
        return args[0]
    for name in ("filepath_or_buffer", "path", "io", "path_or_buf", "source"):
        if name in kwargs:
            return kwargs[name]
    return None


def _stat(source: object) -> tuple[Path, int, int] | None:
    """Look at a local file before it is read; anything else (a URL, a buffer) is None."""
    if not isinstance(source, (str, os.PathLike)):
        return None
    try:
        path = Path(os.path.abspath(os.fspath(source)))
        stat = path.stat()
    except (OSError, ValueError, TypeError):
        return None
    return (path, stat.st_size, stat.st_mtime_ns) if path.is_file() else None


def _rows(result: object) -> int | None:
    shape = getattr(result, "shape", None)  # lazy frames have none
    return int(shape[0]) if isinstance(shape, tuple) and shape else None
