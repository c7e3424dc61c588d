"""Taking data versions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, overload

from mlops_jupyter import git
from mlops_jupyter.data.cache import dvc_store, sharing
from mlops_jupyter.data.catalog import labels, listening, pins, tags
from mlops_jupyter.data.profile.asking import request
from mlops_jupyter.data.records import DataVersion, DataVersions, Trailer
from mlops_jupyter.data.taking import naming
from mlops_jupyter.data.taking.making import Draft, Maker
from mlops_jupyter.data.taking.sources import Source, sources_of
from mlops_jupyter.results import Event, Events, ignore_events

if TYPE_CHECKING:
    from mlops_jupyter.workspace import Workspace


@overload
def snapshot(
    workspace: Workspace,
    thing: object,
    /,
    *,
    name: str | None = None,
    message: str = "",
    tag: str | None = None,
    pin: bool = False,
    events: Events = ignore_events,
) -> DataVersion: ...


@overload
def snapshot(
    workspace: Workspace,
    *things: object,
    name: str | None = None,
    message: str = "",
    tag: str | None = None,
    pin: bool = False,
    events: Events = ignore_events,
) -> DataVersion | DataVersions: ...


def snapshot(
    workspace: Workspace,
    *things: object,
    name: str | None = None,
    message: str = "",
    tag: str | None = None,
    pin: bool = False,
    events: Events = ignore_events,
) -> DataVersion | DataVersions:
    """Keep data as it is now, as versions that can be named and restored.

    The content goes to DVC's cache; a commit off any branch and a tag point to it. The files
    themselves, the git index and the branch stay as they are. Content that is already the newest
    version makes no new one. A frame is kept as Parquet; where it and what is at an address would
    lie is ``data/``, and nothing is written there.

    Parameters
    ----------
    workspace : Workspace
        Where.
    *things : str, Path or frame
        Files or folders inside the workspace; addresses that DVC can read (s3://, https://,
        remote://NAME/…); frames of pandas, polars or Arrow. Each gets a version of its own.
    name : str, optional
        The data's name; by default the one this path had before, or else the file's. For one
        thing only; a frame needs it.
    message : str
        What to remember about it.
    tag : str, optional
        A label: ``data:NAME@LABEL`` then names this version, and no other ever.
    pin : bool
        Write the pointer ``PATH.dvc`` into the work tree too, with DVC's line in ``.gitignore``:
        then ``dvc gc --workspace`` keeps the content.
    events : callable
        Takes the progress of large files.

    Returns
    -------
    DataVersion or DataVersions
        The version; of several things their versions, in the order they were named.

    Raises
    ------
    NotFound
        There is no such file.
    BadInput
        It is outside the workspace, or cannot be kept; or the name cannot be used.
        Or git or DVC has the path already, so that it cannot be pinned.
    Conflict
        It was written meanwhile, or another version has this label; nothing has a new version.
    ToolFailed
        An address cannot be read, or no space is left.

    Examples
    --------
    >>> import mlops_jupyter as mlops
    >>> ws = mlops.Workspace.find()
    >>> mlops.data.snapshot(ws, "data/flights.parquet").ref
    'data:flights@v1'
    >>> mlops.data.snapshot(ws, june, name="june").ref
    'data:june@v1'
    """
    if name is not None:
        name = naming.checked_name(name)
    if tag is not None:
        tag = labels.checked(tag)
    sources = sources_of(workspace, things, name)
    with dvc_store.opened(workspace) as store, sharing.taking(store.root):
        top = git.top_level(workspace.root) or workspace.root
        # All are in the cache before the first version is made: what fails, fails for all.
        known = _said(top) if any(source.origin == "url" for source in sources) else []
        drafts = []
        for number, source in enumerate(sources):
            _tell(events, sources, number)
            if pin:
                pins.refuse_unfit(store, top, source.file)
            stored = source.put(store, known, events)
            drafts.append(Draft(store, source, stored, name, message, tag, pin))
        made = Maker(workspace, top).find_or_make(drafts)
    request(workspace, made)
    for version in made:
        listening.taken.tell(version)
    return made[0] if len(things) == 1 else DataVersions(versions=tuple(made))


def _tell(events: Events, sources: Sequence[Source], number: int) -> None:
    """Tell what is read next; of many things some twenty times in all."""
    count = len(sources)
    if number % max(count // 20, 1) == 0:
        place = f" ({number + 1} of {count})" if count > 1 else ""
        events(Event(f"Reading {sources[number].file.name}{place}", number, count))


def _said(top: Path) -> list[Trailer]:
    """Return what all versions say about themselves, the newest first."""
    return [tag.content for tag in reversed(tags.read_all(top)) if tag.content is not None]
