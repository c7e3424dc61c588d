"""How content comes into DVC's cache: whole, under the hash of what was written, or not at all."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from mlops_jupyter.data.cache import intake
from mlops_jupyter.errors import ToolFailed

_WORTH_A_CLONE = 2**20

# What nobody has written to for an hour, nobody is still writing.
_ABANDONED_S = 3600


class Incoming:
    """The entrance of a cache.

    Parameters
    ----------
    cache : dvc_data.hashfile.db.HashFileDB
        DVC's cache of objects by hash.
    """

    def __init__(self, cache: Any) -> None:
        self._cache = cache
        self._swept = False

    def copy(self, file: Path, tick: intake.Tick, wanted: str | None = None) -> intake.Content:
        """Copy a file in, under the hash of the bytes that were copied.

        Other content than that which is `wanted` is not kept.
        """
        if 0 < (wait := intake.Signature.of(file).wait()) < 1:
            time.sleep(wait)  # milliseconds; else the next snapshot would read it all again
        with self.unfinished(str(file)) as place:
            content = _cloned(file, place, tick) or _copied(file, place, tick)
            if wanted in (None, content.md5):
                self.keep(place, content.md5)
        return content

    def write(self, what: str, write: Callable[[BinaryIO], None]) -> tuple[str, int]:
        """Keep what a function writes; return its hash and size.

        Parameters
        ----------
        what : str
            Its name, for an error.
        write : callable
            Takes an open file.
        """
        with self.unfinished(what) as place:
            with place.open("xb") as target:
                hashed = _Hashed(target)
                write(hashed)  # type: ignore[arg-type]  # as much of a file as pyarrow asks for
            self.keep(place, hashed.md5)
        return hashed.md5, hashed.size

    @contextlib.contextmanager
    def unfinished(self, what: str) -> Iterator[Path]:
        """Give a place for content that is still coming in; nothing of it stays on failure."""
        from dvc_objects.fs.utils import tmp_fname

        with _told(what, self._cache.path):
            self._cache.makedirs(self._cache.path)
            self._sweep()
            place = Path(self._cache.path) / tmp_fname()
            try:
                yield place
            finally:
                place.unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Remove what killed processes have left half done: it may be as large as the data."""
        if self._swept:
            return
        self._swept = True
        for left in Path(self._cache.path).glob(".*.tmp"):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - left.stat().st_mtime > _ABANDONED_S:
                    left.unlink()

    def keep(self, place: Path, md5: str) -> None:
        """Give content that has come in whole its name."""
        final = Path(self._cache.oid_to_path(md5))
        self._cache.makedirs(str(final.parent))
        self._cache.protect(str(place))
        place.replace(final)


@contextlib.contextmanager
def _told(what: str, cache: str) -> Iterator[None]:
    """Say why a cache takes nothing in."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ToolFailed(
                f"no space left for {what} in {cache}",
                "free some, or move the cache: `dvc cache dir PATH`",
            ) from None
        place = str(error.filename or "-")
        here = place.startswith(cache) or cache.startswith(place)  # else the source refuses
        if here and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise ToolFailed(
                f"{cache} cannot be written for {what}: {error.strerror}",
                "see its permissions (ls -ld), or move the cache: `dvc cache dir PATH`",
            ) from None
        raise


def _cloned(file: Path, place: Path, tick: intake.Tick) -> intake.Content | None:
    """Take a file in without a copy of its blocks; None where the file system has no such thing."""
    from dvc_objects.fs.system import reflink

    before = intake.Signature.of(file)
    if before.size < _WORTH_A_CLONE:
        return None
    try:
        reflink(str(file), str(place))
        os.utime(place)  # macOS clones the time too: the clone would look abandoned
    except OSError:
        return None
    return intake.read_clone(file, place, before, tick)


def _copied(file: Path, place: Path, tick: intake.Tick) -> intake.Content:
    with place.open("xb") as target:
        return intake.read(file, tick, target)


class _Hashed:
    """An open file that hashes what is written to it."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self._md5 = hashlib.md5(usedforsecurity=False)
        self.size = 0
        self.closed = False

    @property
    def md5(self) -> str:
        return self._md5.hexdigest()

    def write(self, data: Any) -> int:
        count = self._target.write(data)
        self._md5.update(data)
        self.size += count
        return count

    def tell(self) -> int:
        return self.size

    def flush(self) -> None:
        self._target.flush()

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        """Leave the file itself to whoever opened it."""
        self.closed = True
