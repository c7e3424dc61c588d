"""Files of a workspace as they are now, looked at once, and read within limits.

Which ones is told by tags, that others may have written: only what lies inside is looked at.
"""

from __future__ import annotations

import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_jupyter import git
from mlops_jupyter.data.cache import intake
from mlops_jupyter.errors import MlopsError
from mlops_jupyter.tracking.capture import order, source_digests

if TYPE_CHECKING:
    from mlops_jupyter.workspace import Workspace

# What may be read for one list; what was read stays known to this process.
_DATA_BUDGET = 64_000_000
_NOTEBOOKS_BUDGET = 50_000_000
_MAX_KNOWN = 1000

_hashes: dict[tuple[Path, intake.Signature], str] = {}
_notebooks: dict[tuple[Path, intake.Signature], frozenset[str]] = {}


@dataclass(frozen=True)
class FileThen:
    """A file of data when it was read: its MD5, size and time."""

    path: str
    digest: str
    size: int | None
    mtime_ns: int | None


@dataclass(frozen=True)
class NotebookNow:
    """A saved notebook: when it was written (milliseconds), and the digests of its cells."""

    mtime_ms: int
    cells: frozenset[str]


class FilesNow:
    """Looks at files for one list of runs.

    Parameters
    ----------
    workspace : Workspace
        Paths are seen from it; they stay inside of it or of its git repository.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._root = workspace.root.resolve()
        self._bounds = (self._root, (git.find_top(self._root) or self._root))
        self._data_left = _DATA_BUDGET
        self._notebooks_left = _NOTEBOOKS_BUDGET
        self._same: dict[FileThen, bool | None] = {}
        self._seen_notebooks: dict[str, NotebookNow | None] = {}
        self._sources: dict[str, str | None] = {}

    def same(self, file: FileThen) -> bool | None:
        """Whether a file still has its content; None where only reading too much could tell.

        A file that is gone is not another one.
        """
        if file not in self._same:
            self._same[file] = self._compare(file)
        return self._same[file]

    def notebook(self, path: str) -> NotebookNow | None:
        """Return a saved notebook; None where it is not there or cannot be read."""
        if path not in self._seen_notebooks:
            self._seen_notebooks[path] = self._look(path)
        return self._seen_notebooks[path]

    def source(self, path: str) -> str | None:
        """Return the digest of a module's source; None where it is not there."""
        if path not in self._sources:
            inside = self._inside(path)
            python = inside is not None and inside.suffix == ".py"
            self._sources[path] = source_digests.of_file(inside) if python and inside else None
        return self._sources[path]

    def _compare(self, file: FileThen) -> bool | None:
        path = self._inside(file.path)
        seen = _signature(path) if path is not None else None
        if path is None or seen is None:
            return True
        if file.size is not None and seen.size != file.size:
            return False
        if file.size is not None and seen.mtime_ns == file.mtime_ns:
            return True
        digest = self._hash(path, seen)
        return None if digest is None else digest == file.digest

    def _hash(self, path: Path, seen: intake.Signature) -> str | None:
        known = _hashes.get((path, seen))
        if known is not None:
            return known
        if seen.size > self._data_left:
            return None
        self._data_left -= seen.size
        try:
            content = intake.read(path, lambda _count: None)
        except (MlopsError, OSError):  # it is being written, or not ours to read
            return None
        if content.settled:
            _keep(_hashes, (path, content.signature), content.md5)
        return content.md5

    def _look(self, path: str) -> NotebookNow | None:
        inside = self._inside(path)
        seen = _signature(inside) if inside is not None and inside.suffix == ".ipynb" else None
        if inside is None or seen is None:
            return None
        cells = _notebooks.get((inside, seen))
        if cells is None:
            if seen.size > self._notebooks_left:
                return None
            self._notebooks_left -= seen.size
            cells = _cells(inside)
            if cells is None:
                return None
            if not seen.wait():
                _keep(_notebooks, (inside, seen), cells)
        return NotebookNow(seen.mtime_ns // 1_000_000, cells)

    def _inside(self, path: str) -> Path | None:
        """Return a path, links followed, where it lies in the workspace or its repository."""
        try:
            found = (self._root / path).resolve()
        except (OSError, ValueError, RuntimeError):  # a zero byte, a ring of links
            return None
        return found if any(found.is_relative_to(bound) for bound in self._bounds) else None


def _signature(path: Path) -> intake.Signature | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - beside the mode it is asked for
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return intake.Signature(found.st_ino, found.st_mtime_ns, found.st_size)


def _cells(path: Path) -> frozenset[str] | None:
    """Return the digests of a notebook's cells of code."""
    try:
        content: Any = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        return None
    return frozenset(source_digests.of_cell(source) for _, source in order.saved_cells(content))


def _keep(known: dict[Any, Any], key: object, value: object) -> None:
    if len(known) >= _MAX_KNOWN:
        known.clear()
    known[key] = value
