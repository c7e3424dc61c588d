"""What is told of contents: while they are on their way, and of each version afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from mlops_jupyter.data.travel.records import Travelled
from mlops_jupyter.results import Event, Events

if TYPE_CHECKING:
    from mlops_jupyter.data.records import DataVersion
    from mlops_jupyter.data.travel.remote import Arrived

_NAMED = 5
_STEPS = 20


def travelled(version: DataVersion, needed: Iterable[str], moved: Mapping[str, int]) -> Travelled:
    """Return what was moved of a version.

    Parameters
    ----------
    version : DataVersion
        The version.
    needed : iterable of str
        The hashes of its contents.
    moved : mapping
        Hash -> bytes of all that was moved.
    """
    sizes = [moved[hash_] for hash_ in needed if hash_ in moved]
    return Travelled(
        ref=version.ref, path=version.path, size=sum(sizes), files=len(sizes), whole=version.size
    )


def progress(message: str, total: int, events: Events) -> Arrived:
    """Return what is told of each content that has arrived, and tells events some twenty times."""
    done = told = 0

    def arrived(size: int) -> None:
        nonlocal done, told
        done += size
        if done - told > total / _STEPS or (done >= total > told):
            told = done
            events(Event(message, done, total))

    return arrived


def named(references: set[str]) -> str:
    """Return the first of some references."""
    more = f" and {len(references) - _NAMED} more" if len(references) > _NAMED else ""
    return ", ".join(sorted(references)[:_NAMED]) + more
