"""Putting something new in place of the old at one stroke, and the old aside.

The new is written in a folder on the target's file system first. Two paths are exchanged by one
call of the system where it has such a call, so there is no moment without the one or the other.
A folder of ours has one of two names: ``ID.half`` while it holds nothing that anybody would miss,
``ID`` while it may hold what was at the target. A killed process leaves either; the next one
removes the first and moves the second to what was replaced.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import shutil
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mlops_jupyter.errors import Conflict

_HALF = ".half"
_AT_THE_CURRENT_FOLDER = -100
_EXCHANGE = 2  # RENAME_EXCHANGE of Linux, RENAME_SWAP of macOS
_NO_SUCH_CALL = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP)


@dataclass(frozen=True)
class Shelf:
    """Where the new is written, and where the old stays that nobody could bring back.

    Attributes
    ----------
    restoring, replaced : Path
        Two folders on one file system.
    """

    restoring: Path
    replaced: Path

    def tidy(self) -> None:
        """Clear what killed processes have left; whoever calls holds a lock."""
        if not self.restoring.is_dir():
            return
        for left in self.restoring.iterdir():
            if left.name.endswith(_HALF):
                shutil.rmtree(left, ignore_errors=True)
            else:
                self.keep(left)

    def keep(self, folder: Path) -> Path:
        """Move a folder to what was replaced; return where it is."""
        self.replaced.mkdir(parents=True, exist_ok=True)
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        place = self.replaced / f"{moment}-{folder.name[:6]}"
        folder.rename(place)
        return place

    def clear_away(self) -> None:
        """Remove the folder itself, where nothing is in it."""
        with contextlib.suppress(OSError):
            self.restoring.rmdir()


class Stage:
    """A folder on a shelf for one thing that is on its way to its place.

    Parameters
    ----------
    shelf : Shelf
        Where.
    name : str
        The thing's own name.
    """

    def __init__(self, shelf: Shelf, name: str) -> None:
        self._shelf = shelf
        self._folder = shelf.restoring / f"{uuid.uuid4().hex}{_HALF}"
        self._name = name
        self._folder.mkdir(parents=True)

    @property
    def thing(self) -> Path:
        """The new thing; after `put` what was at the target."""
        return self._folder / self._name

    def put(self, target: Path, *, occupied: bool) -> None:
        """Bring the new thing to its place.

        Parameters
        ----------
        target : Path
            The place.
        occupied : bool
            Whether something is there, which will be at `thing` then.

        Raises
        ------
        Conflict
            Something came to a place that was free a moment ago, or left.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            if not occupied:
                _put_where_nothing_is(self.thing, target)
                return
            whole = self._folder.with_suffix("")
            self._folder.rename(whole)
            self._folder = whole
            if not exchange(self.thing, target):
                self._take_turns(target)
        except (FileExistsError, FileNotFoundError, NotADirectoryError):
            raise Conflict(
                f"{target} was made, moved or removed by somebody else just now", "do it again"
            ) from None

    def _take_turns(self, target: Path) -> None:
        """Exchange in two steps, the second of which is the one that counts for a file."""
        old = self._folder / f"{uuid.uuid4().hex}.old"
        if target.is_dir() and not target.is_symlink():
            target.rename(old)
            self.thing.rename(target)
        else:
            try:
                os.link(target, old, follow_symlinks=False)
            except OSError:
                shutil.copy2(target, old, follow_symlinks=False)
            if self.thing.is_dir():
                target.unlink()
                self.thing.rename(target)
            else:
                self.thing.replace(target)
        old.rename(self.thing)

    def keep(self) -> Path:
        """Keep what was at the target; return where it is now."""
        return self._shelf.keep(self._folder) / self._name

    def discard(self) -> None:
        """Remove what is here; what resists goes the next time."""
        if self._folder.suffix != _HALF and self._folder.is_dir():
            half = self._folder.with_suffix(_HALF)
            self._folder.rename(half)
            self._folder = half
        shutil.rmtree(self._folder, ignore_errors=True)


def exchange(first: Path, second: Path) -> bool:
    """Exchange two paths at one stroke; False where the system or the file system cannot.

    Raises
    ------
    OSError
        One of them is missing, or may not be moved.
    """
    call = _exchanging_call()
    if call is None:
        return False
    ctypes.set_errno(0)
    if call(os.fsencode(first), os.fsencode(second)) == 0:
        return True
    code = ctypes.get_errno()
    if code in _NO_SUCH_CALL:
        return False
    raise OSError(code, os.strerror(code), str(second))


def _exchanging_call() -> Callable[[bytes, bytes], int] | None:
    if sys.platform == "win32":
        return None
    library = ctypes.CDLL(None, use_errno=True)
    if sys.platform == "darwin":
        swap = getattr(library, "renamex_np", None)
        return swap and (lambda first, second: swap(first, second, _EXCHANGE))
    rename = getattr(library, "renameat2", None)
    here = _AT_THE_CURRENT_FOLDER
    return rename and (lambda first, second: rename(here, first, here, second, _EXCHANGE))


def _put_where_nothing_is(new: Path, target: Path) -> None:
    if new.is_dir():
        new.rename(target)  # over anything but an empty folder it fails
        return
    try:
        os.link(new, target)  # unlike a rename, never over what came just now
    except FileExistsError:
        raise
    except OSError:
        new.rename(target)  # a file system without links
