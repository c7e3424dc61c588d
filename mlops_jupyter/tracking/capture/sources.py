"""Where data came from: local paths, and addresses without credentials."""

from __future__ import annotations

import glob
import os
import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from mlops_jupyter.tracking.capture import credentials, masking

# A drive letter is no scheme.
_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+://")
_SIGNATURES = re.compile(
    r"^(x-amz-|x-goog-|x-oss-)|^(sig|signature|se|sp|sr|st|sv|spr|skoid|sktid|code|auth|expires|"
    r"awsaccesskeyid|googleaccessid|key|token|jwt|policy|key-pair-id|sas|password|pwd|user|uid)$",
    re.IGNORECASE,
)
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
    return _of_address(text) if _SCHEME.match(text) else _local(text)


def without_credentials(address: str) -> str:
    """Return an address without user, password, signature and fragment.

    Examples
    --------
    >>> without_credentials("https://me:pw@example.org/a.csv?month=6&X-Amz-Signature=9f#top")
    'https://example.org/a.csv?month=6'
    """
    try:
        parts = urlsplit(address)
        host = parts.netloc.rpartition("@")[2]
        asked = [
            (name, value)
            for name, value in parse_qsl(parts.query, keep_blank_values=True)
            if not _SIGNATURES.search(name)
            and not credentials.telling(name)
            and not credentials.in_literal(value, name)
        ]
    except ValueError:
        return f"{address.partition('://')[0]}://"
    clean = urlunsplit((parts.scheme, host, parts.path, urlencode(asked), ""))
    return masking.of_this_process().text(clean)


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
    if isinstance(full_name, str) and _SCHEME.match(full_name):
        return places(full_name)
    name = getattr(handle, "name", None)
    if isinstance(name, str) and hasattr(handle, "read"):
        return [place for place in _local(name) if isinstance(place, Path) and place.is_file()]
    return []
