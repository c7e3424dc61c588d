"""Taking data versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, overload

from mlops_jupyter import git
from mlops_jupyter.data.cache import dvc_store, sharing, spare
from mlops_jupyter.data.catalog import history, labels, pins, pointers, tags
from mlops_jupyter.data.profile.asking import request
from mlops_jupyter.data.records import DataVersion, DataVersions, FileNow, Trailer
from mlops_jupyter.data.taking import naming
from mlops_jupyter.data.taking.sources import Source, sources_of
from mlops_jupyter.errors import BadInput, Conflict
from mlops_jupyter.results import Event, Events, ignore_events

if TYPE_CHECKING:
    from mlops_jupyter.workspace import Workspace

_ATTEMPTS = 20


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
            drafts.append(_Draft(store, source, stored, name, message, tag, pin))
        made = _Maker(workspace, top).find_or_make(drafts)
    request(workspace, made)
    return made[0] if len(things) == 1 else DataVersions(versions=tuple(made))


def _tell(events: Events, sources: Sequence[Source], number: int) -> None:
    """Tell what is read next; of many things some twenty times in all."""
    count = len(sources)
    if number % max(count // 20, 1) == 0:
        place = f" ({number + 1} of {count})" if count > 1 else ""
        events(Event(f"Reading {sources[number].file.name}{place}", number, count))


@dataclass(frozen=True)
class _Draft:
    """Content in the cache that has no version yet."""

    store: dvc_store.Store
    source: Source
    stored: dvc_store.Stored
    name: str | None
    message: str
    label: str | None
    pinned: bool


@dataclass
class _Maker:
    """Makes versions in a repository, knowing those that are there."""

    workspace: Workspace
    top: Path

    def find_or_make(self, drafts: Sequence[_Draft]) -> list[DataVersion]:
        """Return for each draft the newest version if it has this content, or a new one."""
        from filelock import FileLock

        locks = self.workspace.state_dir / "locks"
        locks.mkdir(parents=True, exist_ok=True)
        # Creating the tag decides who is first; the lock only spares losers' attempts.
        with FileLock(locks / "data"):
            self._look()
            for draft in drafts:
                self._refuse_taken_label(draft)
            return [self._finished(self._version_of(draft), draft) for draft in drafts]

    def _look(self) -> None:
        self._tagged = list(tags.read_all(self.top))
        self._known = history.as_versions(self.workspace, self.top, self._tagged)

    def _refuse_taken_label(self, draft: _Draft) -> None:
        """Refuse before the first version is made; a name that is not there yet has no label."""
        if draft.label is None:
            return
        name, earlier = self._name_of(draft)
        same = _newest_if_same(draft, earlier, self._path_of(draft))
        if not labels.is_free(draft.label, name, self._known):
            labels.refuse_moving(draft.label, earlier, same)

    def _finished(self, version: DataVersion, draft: _Draft) -> DataVersion:
        """Do what else was asked for, also where the version was there already."""
        notes = [version.note] if version.note else []
        if draft.label is not None and draft.label not in version.labels:
            tags.add_label(self.top, version.name, draft.label, version.commit)
            version = version.model_copy(update={"labels": (*version.labels, draft.label)})
        if draft.pinned and (
            note := pins.pin(draft.store, self.top, draft.source.file, draft.stored)
        ):
            notes.append(note)
        return version.model_copy(update={"note": "; ".join(notes)})

    def _version_of(self, draft: _Draft) -> DataVersion:
        for _ in range(_ATTEMPTS):
            name, earlier = self._name_of(draft)
            if same := _newest_if_same(draft, earlier, self._path_of(draft)):
                return _unchanged(same, draft)
            _refuse_other_source(draft, _newest(earlier))
            naming.refuse_other_case(name, self._known)
            naming.refuse_label(name, self._known)
            try:
                return self._make(draft, name, earlier)
            except Conflict:
                self._look()  # another workspace of this repository was faster
        raise Conflict(f"other processes keep making versions of {name!r}", "try again")

    def _path_of(self, draft: _Draft) -> str:
        return draft.source.file.relative_to(self.workspace.root.resolve()).as_posix()

    def _name_of(self, draft: _Draft) -> tuple[str, list[DataVersion]]:
        """Return the data's name, and the versions of this name."""
        name = draft.name or naming.default_name(self._path_of(draft), self._known)
        return name, [version for version in self._known if version.name == name]

    def _make(self, draft: _Draft, name: str, earlier: list[DataVersion]) -> DataVersion:
        stored, source = draft.stored, draft.source
        same = [version for version in earlier if version.hash == stored.hash]
        forgotten = [version for version in same if version.forgotten is not None]
        # Tags that are not ours count too: their numbers are taken.
        number = max((tag.version for tag in self._tagged if tag.name == name), default=0) + 1
        content = Trailer(
            name=name,
            version=number,
            path=source.file.relative_to(self.top).as_posix(),
            hash=stored.hash,
            size=stored.size,
            files=stored.files,
            rows=same[0].rows if same else _rows(draft),
            executable=stored.executable,
            origin=source.origin,
            source=source.address,
            etag=stored.etag,
            message=draft.message,
            created=datetime.now(UTC),
        )
        tree, notes = pointers.tree_of(draft.store, self.top, source.file, stored)
        if number == 1 and tags.missing_identity(self.top):
            notes.append("git knows no name and address of yours: the commit has neutral ones")
        if beyond := spare.keep_beyond(draft.store, self.top, stored):
            notes.append(beyond)
        label = draft.label or ""
        commit = tags.commit(self.top, tree, content, label=label)
        tagged = tags.Tagged(name, number, commit, content, (label,) if label else ())
        (made,) = history.as_versions(self.workspace, self.top, [tagged])
        self._tagged.append(tagged)
        self._known.insert(0, made)
        return made.model_copy(
            update={
                "same_as": min((version.version for version in same), default=None),
                "file_now": _file_now(source),
                "note": "; ".join([*_said_of(forgotten), *notes, *stored.notes]),
            }
        )


def _said_of(forgotten: Sequence[DataVersion]) -> list[str]:
    """Return what to know of content that somebody wanted gone."""
    return [
        f"this content was forgotten as v{version.version} on "
        f"{version.forgotten:%Y-%m-%d}, and is kept again now"
        for version in forgotten[:1]
    ]


def _said(top: Path) -> list[Trailer]:
    """Return what all versions say about themselves, the newest first."""
    return [tag.content for tag in reversed(tags.read_all(top)) if tag.content is not None]


def _refuse_other_source(draft: _Draft, newest: DataVersion | None) -> None:
    """Two addresses may end in one file name: they are not versions of one another."""
    address = draft.source.address
    if newest and draft.name is None and address and newest.source != address:
        raise BadInput(
            f"{newest.ref} came from {newest.source or newest.path}, not from {address}",
            f"give a name: --name NAME (--name {newest.name} for one more version of it)",
        )


def _newest(versions: Sequence[DataVersion]) -> DataVersion | None:
    return max(versions, key=lambda version: version.version, default=None)


def _newest_if_same(
    draft: _Draft, versions: Sequence[DataVersion], path: str
) -> DataVersion | None:
    """Return the newest version where it is what is to be kept."""
    newest = _newest(versions)
    same = newest and (newest.hash, newest.path) == (draft.stored.hash, path)
    return newest if newest and same and newest.forgotten is None else None


def _unchanged(newest: DataVersion, draft: _Draft) -> DataVersion:
    lost = draft.message not in ("", newest.message)
    note = "the message was not kept: no new version" if lost else ""
    return newest.model_copy(
        update={"unchanged": True, "file_now": _file_now(draft.source), "note": note}
    )


def _file_now(source: Source) -> FileNow:
    if source.origin == "path":
        return "same"
    return "unknown" if source.file.exists() else "missing"


def _rows(draft: _Draft) -> int | None:
    """Return the rows of a Parquet file, from its last bytes; None for anything else."""
    if draft.source.file.suffix != ".parquet" or draft.stored.hash.endswith(".dir"):
        return None
    import pyarrow as pa
    from pyarrow.parquet import read_metadata

    try:
        return int(read_metadata(draft.store.cached(draft.stored.hash)).num_rows)
    except pa.ArrowException:
        return None  # named so, and something else: it can be kept all the same
