"""Folders with files that a process needs for itself: others leave them alone while it lives."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import weakref
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: there, a folder is left alone for an hour
    fcntl = None  # type: ignore[assignment]

_LOCK = "lock"


class Scratch:
    """A new folder that goes with this object, and at the end of the process at last.

    Parameters
    ----------
    parent : Path
        Where it is made.
    prefix : str
        What its name begins with.

    Attributes
    ----------
    path : Path
        The folder.

    Examples
    --------
    >>> scratch = Scratch(ws.state_dir, "drift-")
    >>> folder = scratch.path
    >>> in_use(folder)
    True
    >>> scratch.remove()
    >>> folder.exists(), in_use(folder)
    (False, False)
    """

    def __init__(self, parent: Path, prefix: str) -> None:
        parent.mkdir(parents=True, exist_ok=True)
        self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        descriptor = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        if fcntl is not None:
            with contextlib.suppress(OSError):  # a file system without locks
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._end = weakref.finalize(self, _removed, self.path, descriptor, os.getpid())

    def remove(self) -> None:
        """Remove it now."""
        self._end()

    def last_as_long_as(self, other: object) -> None:
        """Stay while another object lives, which reads the files."""
        weakref.finalize(other, _released, self)


def in_use(folder: Path) -> bool:
    """Whether a process that lives has made a folder for itself; the system knows by its lock."""
    if fcntl is None:
        return False
    try:
        descriptor = os.open(folder / _LOCK, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False


def _removed(folder: Path, descriptor: int, owner: int) -> None:
    if os.getpid() == owner:  # a child that was forked has the object as well
        os.close(descriptor)
        shutil.rmtree(folder, ignore_errors=True)


def _released(scratch: Scratch) -> None:
    """Do nothing: it was held until now."""
