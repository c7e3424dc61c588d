"""Reading files once: copied and hashed in one pass, and caught when they change meanwhile."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import stat
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path
from typing import BinaryIO, NamedTuple

from mlops_jupyter.errors import BadInput, Conflict, NotFound
from mlops_jupyter.results import Event, Events

_CHUNK = 4 * 2**20
# A file system's clock ticks in milliseconds: what was written this recently may be written
# again without a new time, so its hash must not be remembered by time and size.
_RECENT_NS = 50_000_000

Tick = Callable[[int], None]


def is_settled(mtime_ns: int) -> bool:
    """Whether every further write will surely have a later time than this."""
    return mtime_ns + _RECENT_NS <= time.time_ns()


class Signature(NamedTuple):
    """What tells that a file was not written since: inode, time and size."""

    inode: int
    mtime_ns: int
    size: int

    @classmethod
    def of(cls, path: Path | str) -> Signature:
        """Take a file's signature; symbolic links are followed.

        Raises
        ------
        NotFound
            It is missing, or a link to what is missing.
        BadInput
            It is no regular file: reading a pipe would wait for ever.
        """
        try:
            found = os.stat(path)  # noqa: PTH116 - called for each of a folder's files
        except FileNotFoundError:
            link = "a link to a file that is " if Path(path).is_symlink() else ""
            raise NotFound(f"{path} is {link}missing", "put it back, or remove the link") from None
        if not stat.S_ISREG(found.st_mode):
            raise BadInput(f"{path} is neither a file nor a folder", "only these can be kept")
        return cls(found.st_ino, found.st_mtime_ns, found.st_size)

    @property
    def mtime(self) -> float:
        """The time as Python's ``st_mtime``, to the last bit: DVC compares it so."""
        seconds, rest = divmod(self.mtime_ns, 10**9)
        return seconds + 1e-9 * rest

    def wait(self) -> float:
        """Return the seconds until a further write would surely change the signature."""
        return max(0.0, (self.mtime_ns + _RECENT_NS - time.time_ns()) / 1e9)


class Progress:
    """Tells how much of a path has been taken in, some twenty times in all."""

    def __init__(self, path: Path, total: int, events: Events) -> None:
        self._message = f"Taking in {path.name}"
        self._total = total
        self._events = events
        self._done = 0
        self._told = 0

    def tick(self, count: int) -> None:
        """Count bytes."""
        self._done += count
        if self._done - self._told >= max(self._total / 20, 16 * 2**20):
            self._told = self._done
            self._events(Event(self._message, self._done, self._total))


@dataclass(frozen=True)
class Content:
    """What was read: the hash (MD5, as DVC takes it), of which state of the file.

    `settled`: whether every later write will show in the signature, so that the hash may be
    remembered by it.
    """

    md5: str
    signature: Signature
    settled: bool


def read(source: Path, tick: Tick, target: BinaryIO | None = None) -> Content:
    """Read a file once: hash it, and copy what was hashed.

    Parameters
    ----------
    source : Path
        The file.
    tick : callable
        Told the number of bytes after each chunk.
    target : file, optional
        Takes the very bytes that were hashed.

    Raises
    ------
    Conflict
        The file was written meanwhile.
    BadInput
        It may not be read.
    """
    before = Signature.of(source)
    settled = before.wait() == 0
    try:
        with source.open("rb", buffering=0) as opened:
            md5 = _pass_on(opened, before.size, tick, target)
            after = os.fstat(opened.fileno())
    except PermissionError:
        raise BadInput(f"{source} may not be read", "see its permissions (ls -l)") from None
    still = Signature.of(source)  # by name: it may have been replaced by another file
    if not before == still == Signature(after.st_ino, after.st_mtime_ns, after.st_size):
        raise changed(source)
    return Content(md5, before, settled)


def read_clone(source: Path, clone: Path, before: Signature, tick: Tick) -> Content:
    """Hash a file's clone, which has no time of its own; see `read`.

    Parameters
    ----------
    source : Path
        The file.
    clone : Path
        The same blocks under another name: a write to either does not show in the other.
    before : Signature
        The file's, from before it was cloned.
    tick : callable
        Told the number of bytes after each chunk.

    Raises
    ------
    Conflict
        The file was written meanwhile.
    """
    settled = before.wait() == 0
    with clone.open("rb", buffering=0) as opened:
        md5 = _pass_on(opened, before.size, tick, None)
    if Signature.of(source) != before:
        raise changed(source)
    return Content(md5, before, settled)


def changed(what: object) -> Conflict:
    """Return the error for what was written while it was read."""
    return Conflict(
        f"{what} changed while it was read; nothing was kept",
        "do it again once whatever writes it has ended",
    )


def _pass_on(opened: RawIOBase, size: int, tick: Tick, target: BinaryIO | None) -> str:
    """Read a file to its end; hash it while it is written. Return the hash."""
    md5 = hashlib.md5(usedforsecurity=False)
    helper = ThreadPoolExecutor(1) if size > _CHUNK else None
    buffers = [memoryview(bytearray(min(_CHUNK, size + 1))) for _ in range(2 if helper else 1)]
    hashing = None
    with helper or contextlib.nullcontext():
        for buffer in itertools.cycle(buffers):
            # The other buffer may still be hashed.
            count = opened.readinto(buffer)
            if not count:
                break
            if hashing is not None:
                hashing.result()
            if helper is None:
                md5.update(buffer[:count])
            else:
                hashing = helper.submit(md5.update, buffer[:count])
            if target is not None:
                target.write(buffer[:count])
            tick(count)
    return md5.hexdigest()
