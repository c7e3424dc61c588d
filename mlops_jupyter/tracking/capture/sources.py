"""Where data came from: local paths, and addresses without credentials."""

from __future__ import annotations

import glob
import os
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from mlops_jupyter import addresses
from mlops_jupyter.tracking.capture import masking

_MAX_FILES = 100_000


class Signature(NamedTuple):
    """What tells that a file was not written since."""

    inode: int
    mtime_ns: int
    size: int

    @classmethod
    def of(cls, path: Path | str) -> Signature | None:
        """Return a file's; None for what is missing, or no regular file."""
        try:
            found = os.stat(path)  # noqa: PTH116 - called for every file that is opened
        except (OSError, ValueError):
            return None
        if (found.st_mode & 0o170000) != 0o100000:
            return None
        return cls(found.st_ino, found.st_mtime_ns, found.st_size)


def places(argument: object) -> list[Path | str]:
    """Return what a reader's argument names: local paths, absolute; addresses, cleaned.

    Patterns give the files they match. What names nothing (bytes, a buffer) gives nothing.

    Examples
    --------
    >>> places("s3://bucket/flights.csv")
    ['s3://bucket/flights.csv']
    """
    if isinstance(argument, (list, tuple, set)):
        return [place for entry in argument for place in places(entry)]
    if not isinstance(argument, (str, os.PathLike)):
        return _of_handle(argument)
    # cloudpathlib, UPath: their text is the address.
    text = str(argument)
    return _of_address(text) if addresses.is_address(text) else _local(text)


def without_credentials(address: str) -> str:
    """Return an address without user, password, signature, fragment, and what was masked before.

    Examples
    --------
    >>> without_credentials("https://me:pw@example.org/a.csv?month=6&X-Amz-Signature=9f#top")
    'https://example.org/a.csv?month=6'
    """
    return masking.of_this_process().text(addresses.without_credentials(address))


def _of_address(address: str) -> list[Path | str]:
    parts = urlsplit(address)
    if parts.scheme.lower() in ("file", "local"):
        return _local(unquote(parts.path))
    return [without_credentials(address)]


def _local(text: str) -> list[Path | str]:
    if not text or "\0" in text or len(text) > 4096 or "\n" in text:
        return []  # pandas once took the content itself
    path = Path(os.path.abspath(Path(text).expanduser()))
    if glob.has_magic(text) and not path.exists():
        found = glob.iglob(str(path), recursive=True)  # noqa: PTH207 - absolute, unlike Path's
        return [Path(name) for name, _ in zip(found, range(_MAX_FILES), strict=False)]
    return [path]


def _of_handle(handle: object) -> list[Path | str]:
    """Return the file or object behind an open handle."""
    full_name = getattr(handle, "full_name", None)  # of fsspec
    if isinstance(full_name, str) and addresses.is_address(full_name):
        return places(full_name)
    name = getattr(handle, "name", None)
    if isinstance(name, str) and hasattr(handle, "read"):
        return [place for place in _local(name) if isinstance(place, Path) and place.is_file()]
    return []
