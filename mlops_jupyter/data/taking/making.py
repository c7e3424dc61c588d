"""Making versions of content that is in the cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter import git
from mlops_jupyter.data.cache import spare
from mlops_jupyter.data.catalog import history, labels, pins, pointers, tags
from mlops_jupyter.data.records import DataVersion, FileNow, Trailer
from mlops_jupyter.data.taking import naming
from mlops_jupyter.errors import BadInput, Conflict

if TYPE_CHECKING:
    from mlops_jupyter.data.cache import dvc_store
    from mlops_jupyter.data.taking.sources import Source
    from mlops_jupyter.workspace import Workspace

_ATTEMPTS = 20


@dataclass(frozen=True)
class Draft:
    """Content in the cache that has no version yet."""

    store: dvc_store.Store
    source: Source
    stored: dvc_store.Stored
    name: str | None
    message: str
    label: str | None
    pinned: bool


@dataclass
class Maker:
    """Makes versions in a repository, knowing those that are there."""

    workspace: Workspace
    top: Path

    def find_or_make(self, drafts: Sequence[Draft]) -> list[DataVersion]:
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

    def _refuse_taken_label(self, draft: Draft) -> None:
        """Refuse before the first version is made; a name that is not there yet has no label."""
        if draft.label is None:
            return
        name, earlier = self._name_of(draft)
        same = _newest_if_same(draft, earlier, self._path_of(draft))
        if not labels.is_free(draft.label, name, self._known):
            labels.refuse_moving(draft.label, earlier, same)

    def _finished(self, version: DataVersion, draft: Draft) -> DataVersion:
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

    def _version_of(self, draft: Draft) -> DataVersion:
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

    def _path_of(self, draft: Draft) -> str:
        return draft.source.file.relative_to(self.workspace.root.resolve()).as_posix()

    def _name_of(self, draft: Draft) -> tuple[str, list[DataVersion]]:
        """Return the data's name, and the versions of this name."""
        name = draft.name or naming.default_name(self._path_of(draft), self._known)
        return name, [version for version in self._known if version.name == name]

    def _make(self, draft: Draft, name: str, earlier: list[DataVersion]) -> DataVersion:
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
        if number == 1:
            notes += self._notes_on_git()
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

    def _notes_on_git(self) -> list[str]:
        notes = []
        if not git.succeeds(self.top, "rev-parse", "--verify", "--quiet", "HEAD^{commit}"):
            notes.append("nothing is committed here yet: this version holds the data, not the code")
        if tags.missing_identity(self.top):
            notes.append("git knows no name and address of yours: the commit has neutral ones")
        return notes


def _said_of(forgotten: Sequence[DataVersion]) -> list[str]:
    """Return what to know of content that somebody wanted gone."""
    return [
        f"this content was forgotten as v{version.version} on "
        f"{version.forgotten:%Y-%m-%d}, and is kept again now"
        for version in forgotten[:1]
    ]


def _refuse_other_source(draft: Draft, newest: DataVersion | None) -> None:
    """Two addresses may end in one file name: they are not versions of one another."""
    address = draft.source.address
    if newest and draft.name is None and address and newest.source != address:
        raise BadInput(
            f"{newest.ref} came from {newest.source or newest.path}, not from {address}",
            f"give a name: --name NAME (--name {newest.name} for one more version of it)",
        )


def _newest(versions: Sequence[DataVersion]) -> DataVersion | None:
    return max(versions, key=lambda version: version.version, default=None)


def _newest_if_same(draft: Draft, versions: Sequence[DataVersion], path: str) -> DataVersion | None:
    """Return the newest version where it is what is to be kept."""
    newest = _newest(versions)
    same = newest and (newest.hash, newest.path) == (draft.stored.hash, path)
    return newest if newest and same and newest.forgotten is None else None


def _unchanged(newest: DataVersion, draft: Draft) -> DataVersion:
    lost = draft.message not in ("", newest.message)
    note = "the message was not kept: no new version" if lost else ""
    return newest.model_copy(
        update={"unchanged": True, "file_now": _file_now(draft.source), "note": note}
    )


def _file_now(source: Source) -> FileNow | None:
    if source.origin == "path":
        return "same"
    return "unknown" if source.file.exists() else None


def _rows(draft: Draft) -> int | None:
    """Return the rows of a Parquet file, from its last bytes; None for anything else."""
    if draft.source.file.suffix != ".parquet" or draft.stored.hash.endswith(".dir"):
        return None
    import pyarrow as pa
    from pyarrow.parquet import read_metadata

    try:
        return int(read_metadata(draft.store.cached(draft.stored.hash)).num_rows)
    except pa.ArrowException:
        return None  # named so, and something else: it can be kept all the same
