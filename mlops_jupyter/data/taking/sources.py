"""What a snapshot was asked to keep: something in the workspace, an address, a frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mlops_jupyter import addresses
from mlops_jupyter.data.taking import elsewhere, frames, naming
from mlops_jupyter.errors import UsageError

if TYPE_CHECKING:
    from mlops_jupyter.data.cache.dvc_store import Store, Stored
    from mlops_jupyter.data.records import Origin, Trailer
    from mlops_jupyter.results import Events
    from mlops_jupyter.workspace import Workspace


class Source(Protocol):
    """What is to be kept, and how its bytes come into the cache."""

    @property
    def file(self) -> Path:
        """Where it is, or where a checkout would put it; absolute."""

    @property
    def origin(self) -> Origin:
        """What kind of thing it is."""

    @property
    def address(self) -> str | None:
        """Where it came from, without credentials."""

    def put(self, store: Store, known: Sequence[Trailer], events: Events) -> Stored:
        """Put its content into the cache.

        Parameters
        ----------
        store : Store
            The open DVC repository.
        known : sequence of Trailer
            What earlier versions say about themselves, the newest first: an address that did
            not change since need not be fetched.
        events : callable
            Takes the progress.
        """


@dataclass(frozen=True)
class InWorkspace:
    """A file or folder."""

    file: Path
    origin: Origin = "path"
    address: str | None = None

    def put(self, store: Store, known: Sequence[Trailer], events: Events) -> Stored:  # noqa: ARG002 - see Source
        """Put its content into the cache."""
        return store.put(self.file, events)


def sources_of(workspace: Workspace, things: Sequence[object], name: str | None) -> list[Source]:
    """Return what is to be kept, each once, in the order it was named.

    Raises
    ------
    UsageError
        Nothing is named, or one name is given to several things.
    """
    found: dict[Path, Source] = {}
    for thing in things:
        source = _source_of(workspace, thing, name)
        found.setdefault(source.file, source)
    if not found:
        raise UsageError("nothing to keep was named", "mlops data snapshot PATH")
    if name is not None and len(found) > 1:
        raise UsageError(
            f"the name {name!r} is for one thing, and {len(found)} were given",
            "name the folder that holds them: `mlops data snapshot FOLDER --name NAME`; "
            "or leave the name out",
        )
    return list(found.values())


def _source_of(workspace: Workspace, thing: object, name: str | None) -> Source:
    if isinstance(thing, str) and addresses.is_address(thing):
        return _at_address(workspace, thing, name)
    if isinstance(thing, (str, Path)):
        return InWorkspace(naming.checked_path(workspace, thing))
    if not frames.is_frame(thing):
        raise frames.refusal(thing)
    if name is None:
        raise UsageError(
            "a frame has no name of its own", "give it one: --name NAME (in Python name=…)"
        )
    return frames.InMemory(naming.place_for(workspace, name, ".parquet"), thing)


def _at_address(workspace: Workspace, url: str, name: str | None) -> Source:
    address = addresses.without_credentials(url)
    file = elsewhere.file_name(url)
    if name is not None:
        place = naming.place_for(workspace, name, "".join(Path(file).suffixes[-2:]))
    elif file:
        place = naming.place_for(workspace, file)
    else:
        raise UsageError(f"{address} does not say what to call it", "give it a name: --name NAME")
    return elsewhere.Elsewhere(place, url, address)
