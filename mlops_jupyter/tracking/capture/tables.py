"""What is looked at when files, addresses and built-in data sets are read, and files written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mlops_jupyter.tracking.capture import frames
from mlops_jupyter.tracking.capture.sightings import Read, SourceKind, listing
from mlops_jupyter.tracking.capture.sources import Signature, places

if TYPE_CHECKING:
    from mlops_jupyter.data.records import DataVersion
    from mlops_jupyter.tracking.capture.watching import Feed

# File systems that tell a version in one short question, over a connection that is open by now.
_VERSIONED = ("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss")


@dataclass(frozen=True)
class _Call:
    found: list[Read]
    source: Any
    options: dict[str, Any] | None


class Observing:
    """An observer's part that all have."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed

    def failed(self, error: Exception) -> None:
        """Tell that something was not seen."""
        self.feed.problem(f"what was read: {type(error).__name__}: {error}"[:200])


class PathReader(Observing):
    """A function that reads the path, address or list of them in its first argument.

    Parameters
    ----------
    feed : Feed
        Is told.
    arguments : tuple of str
        Names of that argument.
    method : bool
        Whether ``self`` comes before it.
    by_fsspec : bool
        Whether it reads addresses through fsspec, as pandas does.
    """

    def __init__(
        self, feed: Feed, arguments: tuple[str, ...], *, method: bool, by_fsspec: bool = False
    ) -> None:
        super().__init__(feed)
        self._arguments = arguments
        self._method = method
        self._by_fsspec = by_fsspec

    def before(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Call:
        """Look at the files before they are read."""
        source = argument(args, kwargs, self._arguments, int(self._method))
        found = [read for place in places(source) if (read := seen(place)) is not None]
        return _Call(found, source, kwargs.get("storage_options"))

    def after(self, token: _Call, result: Any) -> None:
        """Look at what came of it."""
        for read in completed(token.found, result):
            is_one = read.kind == "url" and isinstance(token.source, str) and self._by_fsspec
            version = version_of(token.source, token.options) if is_one else None
            self.feed.read(replace(read, version=version))


class PathWriter(Observing):
    """A function that writes a file or folder natively; what Python opens is seen anyway.

    Parameters
    ----------
    feed : Feed
        Is told.
    arguments : tuple of str
        Names of the argument; a number first says that it is not the first one.
    method : bool
        Whether ``self`` comes before it.
    """

    def __init__(self, feed: Feed, arguments: tuple[str, ...], *, method: bool) -> None:
        super().__init__(feed)
        first = arguments[0]
        self._place = int(method) + (int(first) if first.isdigit() else 0)
        self._arguments = arguments

    def before(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Path]:
        """Return the files named."""
        found = places(argument(args, kwargs, self._arguments, self._place))
        return [place for place in found if isinstance(place, Path)]

    def after(self, token: list[Path], result: Any) -> None:
        """Tell those that are there now."""
        del result
        for path in token:
            if path.exists():
                self.feed.written(path)


class Builtin(Observing):
    """A function that gives a data set by name.

    Parameters
    ----------
    feed : Feed
        Is told.
    name : str
        Its full name, which is the source.
    """

    def __init__(self, feed: Feed, name: str) -> None:
        super().__init__(feed)
        self._name = name

    def before(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        """Return the source, with the name of a set where there are several."""
        first = args[0] if args else kwargs.get("name")
        return f"{self._name}({first!r})" if isinstance(first, str) else self._name

    def after(self, token: str, result: Any) -> None:
        """Digest what was given."""
        self.feed.read(Read("builtin", token, what=frames.describe_bundle(result)))


def argument(
    args: tuple[Any, ...], kwargs: dict[str, Any], names: tuple[str, ...], place: int
) -> Any:
    """Return an argument by its place, or by one of its names."""
    if len(args) > place:
        return args[place]
    return next((kwargs[name] for name in names if name in kwargs), None)


def completed(found: list[Read], result: Any) -> list[Read]:
    """Return reads with the rows and schema that came of them."""
    if not found:
        return []
    remote = any(read.kind == "url" for read in found)
    what = frames.describe(result, digest=remote)
    if len(found) == 1:
        return [replace(found[0], what=what)]
    part = frames.Described(schema=what.schema, columns=what.columns)
    return [
        replace(read, what=what if read.kind == "url" else part, together_rows=what.rows)
        for read in found
    ]


def seen(place: Path | str) -> Read | None:
    """Return a place as it is before it is read; None where nothing is."""
    if isinstance(place, str):
        return Read("url", place)
    if place.is_dir():
        return Read("folder", str(place), place, listing(place))
    seen = Signature.of(place)
    return Read("file", str(place), place, seen) if seen is not None else None


def loaded(version: DataVersion, frame: object) -> Read:
    """Return the read of a data version that was asked for by its name."""
    what = replace(frames.describe(frame, digest=False), digest=version.hash, size=version.size)
    kind: SourceKind = "folder" if version.is_folder else "file"
    return Read(kind, version.path, what=what, data=version.ref)


def version_of(address: str, options: dict[str, Any] | None) -> str | None:
    """Return the ETag or version of a remote file, where its file system tells at once."""
    if urlsplit(address).scheme not in _VERSIONED:
        return None
    import fsspec

    try:
        system, path = fsspec.core.url_to_fs(address, **(options or {}))
        info = system.info(path)
    except Exception:  # noqa: BLE001 - the read went well; its version is an extra
        return None
    found = info.get("VersionId") or info.get("ETag") or info.get("etag") or info.get("generation")
    return str(found).strip('"') if found else None
