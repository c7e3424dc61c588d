"""Content at an address, through DVC's own file systems, settings and credentials."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from mlops_jupyter import addresses
from mlops_jupyter.data.cache import file_systems, intake
from mlops_jupyter.errors import BadInput, Conflict, MissingExtra, MlopsError, NotFound, ToolFailed

if TYPE_CHECKING:
    from mlops_jupyter.data.cache.dvc_store import Store, Stored
    from mlops_jupyter.data.records import Origin, Trailer
    from mlops_jupyter.results import Events

# What tells that content is another one now: whatever of it a file system reports.
_STATE = (
    "ETag", "etag", "Content-MD5", "md5", "checksum", "Last-Modified", "LastModified", "VersionId",
    "generation", "mtime", "ino", "size",
)  # fmt: skip
# A server may make its ETag of a time in seconds: what was written this recently may be written
# again without a new one.
_RECENT_S = 60
_HINT = (
    "credentials come from DVC: `dvc remote add NAME URL`, `dvc remote modify --local NAME …`, "
    "then remote://NAME/…; or from the environment"
)


@dataclass(frozen=True)
class Elsewhere:
    """A file, or where there are such a folder, at an address.

    Attributes
    ----------
    file : Path
        Where a checkout would put it.
    url : str
        The address as it was given; it may hold credentials.
    address : str
        The address without them.
    """

    file: Path
    url: str = field(repr=False)
    address: str
    origin: Origin = "url"

    def put(self, store: Store, known: Sequence[Trailer], events: Events) -> Stored:
        """Put its content into the cache; what did not change since is not fetched again."""
        with _told(self), file_systems.opened(store.config, self.url) as (fs, path):
            return self._put(store, fs, path, known, events)

    def _put(
        self, store: Store, fs: Any, path: str, known: Sequence[Trailer], events: Events
    ) -> Stored:
        from mlops_jupyter.data.cache.dvc_store import Stored

        found = _look(fs, path)
        etag = None if addresses.credentials_in(self.url) else found.etag
        for earlier in known:
            if etag is not None and (earlier.source, earlier.etag) == (self.address, etag):
                stored = store.stored(earlier.hash)
                if stored is not None:
                    return replace(stored, etag=etag)
        progress = intake.Progress(self.file, found.size, events)
        hashes, size = {}, 0
        for name, place in found.files.items():
            md5, count = _fetch(self.address, store, fs, place, progress)
            hashes[name], size = md5, size + count
        if _look(fs, path).state != found.state:
            raise Conflict(
                f"{self.address} changed while it was read; nothing was kept",
                "do it again once whatever writes there has ended",
            )
        if found.is_folder:
            return replace(store.put_folder(hashes, size), etag=etag)
        return Stored(hashes[""], size, 1, etag=etag)


def _fetch(
    what: str, store: Store, fs: Any, path: str, progress: intake.Progress
) -> tuple[str, int]:
    """Fetch a file in one request, to disk: parts fetched one by one might be of two states."""
    from fsspec.callbacks import Callback

    told = 0

    def tick(_size: int | None, value: int, **_: object) -> None:
        nonlocal told
        progress.tick(value - told)
        told = value

    with store.incoming.unfinished(what) as place:
        fs.get_file(path, str(place), callback=Callback(hooks={"told": tick}))
        content = intake.read(place, lambda _count: None)
        store.incoming.keep(place, content.md5)
    return content.md5, content.signature.size


@dataclass(frozen=True)
class _Look:
    """What a file system says of a path.

    Attributes
    ----------
    files : mapping of str to str
        The files by their name in a folder; a file by its own.
    state : tuple
        What changes when one of them does.
    etag : str or None
        The same as one word, where it can be relied on to change with the content.
    """

    files: Mapping[str, str]
    size: int
    state: tuple[object, ...]
    etag: str | None
    is_folder: bool


def _look(fs: Any, path: str) -> _Look:
    with contextlib.suppress(AttributeError, NotImplementedError):
        fs.fs.invalidate_cache()  # it may have listed the place before
    info = fs.info(path)
    if info.get("type") != "directory":
        return _Look({"": path}, info.get("size") or 0, _state(info), _etag(info, fs), False)
    listed = fs.fs.find(path, detail=True)
    if not isinstance(listed, dict):  # the local one knows no details
        listed = {place: fs.info(place) for place in listed}
    infos = {
        "/".join(fs.relparts(place, path)): (place, found)
        for place, found in sorted(listed.items())
        if not place.endswith("/")  # S3's placeholder of a folder
    }
    if not infos:
        raise FileNotFoundError(path)
    for name in infos:
        if {"", ".", ".."} & set(name.split("/")):
            raise BadInput(f"the folder has a file named {name!r}", "that is no path; rename it")
    etags = {name: _etag(found, fs) for name, (_, found) in infos.items()}
    whole = hashlib.md5(repr(sorted(etags.items())).encode(), usedforsecurity=False)
    return _Look(
        {name: place for name, (place, _) in infos.items()},
        sum(found.get("size") or 0 for _, found in infos.values()),
        tuple((name, _state(found)) for name, (_, found) in infos.items()),
        None if None in etags.values() else f"{whole.hexdigest()}.dir",
        True,
    )


def _state(info: Mapping[str, Any]) -> tuple[object, ...]:
    return tuple(str(info[key]) for key in _STATE if info.get(key) is not None)


def _etag(info: Mapping[str, Any], fs: Any) -> str | None:
    """Return what DVC knows a state of content by; None where equal ones may be of two contents."""
    from dvc_data.hashfile.meta import Meta

    protocol = str(fs.protocol)
    meta = Meta.from_info({"type": "file", **info}, protocol)
    etag = meta.version_id or meta.etag or meta.checksum
    if etag is None or etag.startswith("W/"):
        return None
    if protocol.startswith("http") and _recent(info.get("Last-Modified")):
        return None
    return f"{etag} {info.get('size')}"


def _recent(last_modified: str | None) -> bool:
    if last_modified is None:
        return False
    try:
        return time.time() - parsedate_to_datetime(last_modified).timestamp() < _RECENT_S
    except ValueError:
        return True


def file_name(url: str) -> str:
    """Return the name of what an address leads to; empty where it has none.

    Examples
    --------
    >>> file_name("https://example.org/data/flights%202013.csv?month=6")
    'flights 2013.csv'
    """
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    return PurePosixPath(unquote(path)).name


@contextlib.contextmanager
def _told(source: Elsewhere) -> Iterator[None]:
    """Say what failed without the address's credentials, which others' errors may show."""
    from dvc_objects.fs.errors import RemoteMissingDepsError

    try:
        yield
    except MlopsError:
        raise
    except RemoteMissingDepsError as error:
        scheme = source.address.partition("://")[0]
        if scheme == "s3":
            raise MissingExtra("dvc-s3", "s3", "reading s3:// addresses") from None
        raise ToolFailed(
            f"DVC cannot read {scheme}:// addresses yet", _line(error, source)
        ) from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        cause = error.__cause__ if isinstance(error, FileNotFoundError) else error
        if cause is None or getattr(cause, "status", None) == 404:
            raise NotFound(
                f"there is nothing at {source.address}", "is it spelled right?"
            ) from None
        raise _unreadable(source, cause) from None
    except Exception as error:  # noqa: BLE001 - each file system has errors of its own
        raise _unreadable(source, error) from None


def _unreadable(source: Elsewhere, error: BaseException) -> ToolFailed:
    return ToolFailed(f"{source.address} cannot be read: {_line(error, source)}", _HINT)


def _line(error: BaseException, source: Elsewhere) -> str:
    text = f"{type(error).__name__}: {error}".splitlines()[0]
    text = text.replace(source.url, source.address)
    for secret in sorted(addresses.credentials_in(source.url), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text
