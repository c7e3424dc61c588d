"""Which files a path holds, as DVC sees them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter.data.cache.intake import Signature, is_settled
from mlops_jupyter.errors import BadInput

if TYPE_CHECKING:
    from mlops_jupyter.data.cache.ignoring import Ignoring
    from mlops_jupyter.workspace import Workspace

_SHOWN = 5


@dataclass(frozen=True)
class Scan:
    """The files of a path.

    Attributes
    ----------
    folder : str
        The folder, or the one around a file.
    files : mapping of str to Signature
        By their name in the folder, with forward slashes.
    folders : mapping of str to int
        The folders by their paths, and when each last gained or lost an entry.
    linked, empty : tuple of str
        Links to folders, and folders without a file: DVC keeps neither.
    """

    folder: str
    files: Mapping[str, Signature]
    folders: Mapping[str, int] = field(default_factory=dict)
    linked: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(signature.size for signature in self.files.values())

    def path_of(self, name: str) -> str:
        """Return a file's path."""
        return f"{self.folder}{os.sep}{name}"

    def stands(self) -> bool:
        """Whether all is as it was: no file was written, none has come or gone.

        False, too, where a folder's clock is too coarse to tell.
        """
        look = os.stat  # thousands of times
        try:
            return all(
                look(folder).st_mtime_ns == time_ns for folder, time_ns in self.folders.items()
            ) and all(
                (found.st_ino, found.st_mtime_ns, found.st_size) == signature
                for name, signature in self.files.items()
                for found in (look(self.path_of(name)),)
            )
        except OSError:
            return False

    @property
    def notes(self) -> tuple[str, ...]:
        """What of the path is not kept, in words."""
        told = (("links to folders", self.linked), ("empty folders", self.empty))
        return tuple(f"{what} are not kept: {_some(names)}" for what, names in told if names)


def scan(path: Path, workspace: Workspace, ignoring: Ignoring) -> Scan:
    """Look up the files of a path.

    Parameters
    ----------
    path : Path
        A file or folder.
    workspace : Workspace
        The workspace: links must not leave it.
    ignoring : Ignoring
        What to pass over.

    Raises
    ------
    BadInput
        A link leaves the workspace, something is no regular file or may not be read, or DVC would
        keep no such folder.
    NotFound
        A file is missing.
    """
    if not path.is_dir():
        return Scan(str(path.parent), {path.name: Signature.of(path)})
    files: dict[str, Signature] = {}
    times: dict[str, int] = {}
    linked: list[str] = []
    empty: list[str] = []
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        folder = os.path.join(path, inside).rstrip(os.sep)  # noqa: PTH118 - in a hot loop
        times[folder] = _settled_time(folder)
        folders, found = _entries(folder)
        if ".dvcignore" in found:
            raise BadInput(
                f"{folder} holds a .dvcignore; DVC keeps no such folder",
                "move its lines to the .dvcignore at the workspace's top",
            )
        left, names = ignoring.left(folder, list(folders), list(found))
        linked += [inside + name for name in left if folders[name].is_symlink()]
        waiting += [f"{inside}{name}/" for name in left if not folders[name].is_symlink()]
        if inside and not names and not left:
            empty.append(inside.rstrip("/"))
        for name in names:
            entry = found[name]
            if entry.is_symlink():
                workspace.inside(entry.path)
            files[inside + name] = _signature(entry)
    _refuse_no_text(files)
    return Scan(str(path), files, times, tuple(sorted(linked)), tuple(sorted(empty)))


def _entries(folder: str) -> tuple[dict[str, os.DirEntry[str]], dict[str, os.DirEntry[str]]]:
    """Return a folder's sub-folders, links to such included, and what else it holds."""
    folders: dict[str, os.DirEntry[str]] = {}
    others: dict[str, os.DirEntry[str]] = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                (folders if entry.is_dir() else others)[entry.name] = entry
    except PermissionError:
        raise BadInput(f"{folder} may not be read", "see its permissions (ls -ld)") from None
    return folders, others


def _settled_time(folder: str) -> int:
    """Return when a folder changed last; -1, which no folder has, for within a clock's tick."""
    time_ns = Path(folder).stat().st_mtime_ns
    return time_ns if is_settled(time_ns) else -1


def _signature(entry: os.DirEntry[str]) -> Signature:
    try:
        found = entry.stat()
    except OSError:
        return Signature.of(entry.path)  # says what is wrong with it
    return _of_stat(found) if stat.S_ISREG(found.st_mode) else Signature.of(entry.path)


def _of_stat(found: os.stat_result) -> Signature:
    return Signature(found.st_ino, found.st_mtime_ns, found.st_size)


def _refuse_no_text(names: Iterable[str]) -> None:
    try:
        "".join(names).encode()
    except UnicodeEncodeError:
        bad = next(name for name in names if not name.isprintable())
        raise BadInput(f"{bad!r} is no text: DVC cannot keep such a name", "rename it") from None


def _some(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
