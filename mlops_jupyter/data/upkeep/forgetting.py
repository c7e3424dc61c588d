"""``mlops data forget``: remove a version's content for good; a hash and a tombstone stay.

The tombstone comes first: a commit without the pointer, to which the version's tags move, and
which says where the content is still to be removed. Doing it again goes on from there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mlops_jupyter import git
from mlops_jupyter.data.cache import dvc_store, sharing
from mlops_jupyter.data.cache.remotes import remotes as known_remotes
from mlops_jupyter.data.catalog import automatic, history, tags, trees
from mlops_jupyter.data.upkeep import places, pointers, worktrees
from mlops_jupyter.data.upkeep.clearing import without_dvc
from mlops_jupyter.data.upkeep.records import Forgotten, Place
from mlops_jupyter.errors import BadInput, Conflict, MlopsError
from mlops_jupyter.results import Event, Events, ignore_events

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from mlops_jupyter.data.records import DataVersion, Trailer
    from mlops_jupyter.workspace import Workspace

# How much of the workspace's file is read to say whether it still is this content.
_READ_LIMIT = 2 * 2**30


def forget(
    workspace: Workspace,
    reference: str,
    *,
    remote: str | None = None,
    everywhere: bool = False,
    dry_run: bool = False,
    events: Events = ignore_events,
) -> Forgotten:
    """Remove the content of a version for good, such as for personal data in it.

    It goes from DVC's cache, copies of what runs have read, profiles, what checkouts have
    replaced, and DVC's remotes. Its hash and a tombstone stay, so that runs still say what they
    were made from. The file in the work tree is not touched, nor what runs hold of it.

    Parameters
    ----------
    workspace : Workspace
        Where.
    reference : str
        The version.
    remote : str, optional
        Only this DVC remote; by default all that DVC's configuration knows.
    everywhere : bool
        Forget all other versions with the same content too. Without it they are a Conflict.
    dry_run : bool
        Only say what would be forgotten.
    events : callable, optional
        Called with progress.

    Returns
    -------
    Forgotten
        What was removed, where it could not be, and where the same content is still.

    Raises
    ------
    NotFound
        There is no such version.
    BadInput
        DVC knows no such remote.
    Conflict
        Other versions have the same content.

    Examples
    --------
    >>> import mlops_jupyter as mlops
    >>> mlops.data.forget(ws, "data:flights@v1", dry_run=True).refs
    ['data:flights@v1']
    """
    version = history.resolve(workspace, reference)
    known = known_remotes(workspace)
    if remote is not None and remote not in known:
        raise BadInput(f"DVC knows no remote {remote!r}", f"it knows: {', '.join(known) or 'none'}")
    asked = known if remote is None else [remote]
    with dvc_store.opened(workspace) as store:
        if dry_run:
            return _Forgetting(workspace, store, version, known, everywhere=everywhere).planned()
        with sharing.clearing(store.root), without_dvc(store):
            forgetting = _Forgetting(workspace, store, version, known, everywhere=everywhere)
            return forgetting.carry_out(asked, events)


@dataclass(frozen=True)
class _Ref:
    """A tag, a label or an automatic version's ref, and what its commit says."""

    name: str
    commit: str
    content: Trailer


class _Forgetting:
    """One content on its way out."""

    def __init__(
        self,
        workspace: Workspace,
        store: dvc_store.Store,
        version: DataVersion,
        remotes: Sequence[str],
        *,
        everywhere: bool,
    ) -> None:
        self._workspace = workspace
        self._store = store
        self._version = version
        self._top = git.top_level(workspace.root) or store.root
        self._remotes = remotes
        self._read_refs()
        self._targets = self._find_targets(everywhere=everywhere)
        self._doomed, self._shared = self._find_doomed()

    def _read_refs(self) -> None:
        self._tags = _refs(self._top, tags.PREFIX)
        self._copies = _refs(self._top, automatic.PREFIX)

    def _find_targets(self, *, everywhere: bool) -> set[str]:
        """Return the hashes of all versions that go."""
        wanted = self._version
        others = {
            ref.content.hash: ref
            for ref in self._tags
            if ref.content.forgotten is None
            and not _is(ref.content, wanted)
            and wanted.hash in self._files(ref.content.hash)
        }
        if others and not everywhere:
            named = sorted({_shown(ref.content) for ref in self._holding(others, wanted)})
            raise Conflict(
                f"{', '.join(named)} {'have' if len(named) > 1 else 'has'} the same content",
                "forget them too: --everywhere",
            )
        return {wanted.hash, *others}

    def _holding(self, hashes: Iterable[str], wanted: DataVersion) -> list[_Ref]:
        return [
            ref
            for ref in self._tags
            if ref.content.hash in hashes
            and ref.content.forgotten is None
            and not _is(ref.content, wanted)
        ]

    def _files(self, hash_: str) -> set[str]:
        """Return a content's hash and, of a folder, those of its files."""
        if not hash_.endswith(".dir") or not self._store.has(hash_):
            return {hash_}
        return {hash_, *self._store.listing(hash_).values()}

    def _find_doomed(self) -> tuple[set[str], set[str]]:
        """Return the contents that go, and those that others need."""
        own = {hash_ for target in self._targets for hash_ in self._all_files(target)}
        cache = self._store.cached("0" * 32).parents[3]
        gone = {r.content.hash for r in self._tags if r.content.forgotten is not None}
        named = {r.content.hash for r in self._tags if r.content.forgotten is None}
        named |= pointers.hashes(self._top, cache)
        needed = {
            hash_ for other in named - self._targets - gone for hash_ in self._files(other)
        } - self._targets
        return own - needed, own & needed

    def _all_files(self, hash_: str) -> set[str]:
        """Return the same as `_files`, asking remotes where the list is no longer here."""
        if hash_.endswith(".dir") and not self._store.has(hash_):
            for name in self._remotes:
                if found := places.listing_in_remote(self._store, name, hash_):
                    return {hash_, *found}
        return self._files(hash_)

    def _going(self) -> list[_Ref]:
        """Return the refs that become tombstones, or are ones already."""
        named = [ref for ref in self._tags if ref.content.hash in self._targets]
        copies = [ref for ref in self._copies if self._files(ref.content.hash) & self._doomed]
        return [*named, *copies]

    def planned(self) -> Forgotten:
        cached = [self._store.cached(hash_) for hash_ in self._doomed]
        files = [hash_ for hash_ in self._doomed if not hash_.endswith(".dir")]
        return Forgotten(
            ref=self._version.ref,
            hash=self._version.hash,
            refs=list(dict.fromkeys(_shown(ref.content) for ref in self._going())),
            files=len(files),
            size=sum(path.stat().st_size for path in cached if path.is_file()),
            shared=len(self._shared),
            stays=self._stays(),
        )

    def carry_out(self, asked: Sequence[str], events: Events) -> Forgotten:
        """Bury it, remove it, and note where that could not be done."""
        planned = self.planned()
        still_in = self._still_in()
        when = self._bury(still_in)
        done = self._remove(asked, events)
        left = {place.name for place in done if place.problem is not None}
        self._bury(left | (still_in & set(self._remotes) - set(asked)))
        found = {"when": when, "places": done, "commands": self._commands()}
        return planned.model_copy(update=found)

    def _still_in(self) -> set[str]:
        """Return where the content may be: everywhere, unless a tombstone knows better."""
        said = [ref.content for ref in self._tags + self._copies if ref.content.forgotten]
        known = [content.still_in for content in said if _is(content, self._version)]
        return {places.HERE, *(known[0] if known else self._remotes)}

    def _bury(self, still_in: Collection[str]) -> datetime:
        """Move all refs to tombstones that say where content is still; return since when."""
        when = self._version.forgotten or datetime.now(UTC)
        buried = set()
        for ref in sorted(self._going(), key=lambda ref: ref.name != _first_name(ref.content)):
            content = ref.content
            key = (content.name, content.version, content.hash)
            update = {
                "forgotten": content.forgotten or when,
                "still_in": tuple(sorted(still_in)),
            }
            wanted = content.model_copy(update=update)
            if key not in buried and wanted != content:  # labels go along with their version
                tags.commit(self._top, self._tree(content), wanted, ref.name, ref.commit)
            buried.add(key)
        self._read_refs()
        return when

    def _tree(self, content: Trailer) -> trees.Tree:
        """Return HEAD's tree without a pointer to the content, with DVC's settings of now."""
        names = (".dvc/config", ".dvc/.gitignore", ".dvcignore")
        files = {
            (self._store.root / name).relative_to(self._top).as_posix(): (
                self._store.root / name
            ).read_bytes()
            for name in names
            if (self._store.root / name).is_file()
        }
        return trees.Tree(files, (content.path, f"{content.path}.dvc"))

    def _remove(self, remotes: Iterable[str], events: Events) -> list[Place]:
        """Remove the content, in remotes first: the list of a folder's files is here."""
        found = []
        for name in remotes:
            events(Event(f"removing it from {name}"))
            found.append(
                places.remove_in_remote(
                    self._workspace, self._store, name, self._doomed, self._targets
                )
            )
        return [self._remove_here(), *found]

    def _remove_here(self) -> Place:
        """Remove it from this machine; from this worktree last, whose list of files is asked."""
        gone = self._doomed, self._targets
        done = [
            *worktrees.remove_there(self._workspace, self._top, *gone),
            places.remove_here(self._workspace, self._store, *gone),
        ]
        problem = next((each.problem for each in done if each.problem is not None), None)
        removed = sum(each.removed for each in done)
        return Place(name=places.HERE, removed=removed, problem=problem)

    def _stays(self) -> list[str]:
        """Return where the same content is in the work tree, and what still points to it there."""
        found = []
        file = self._workspace.root / self._version.path
        try:
            if file.exists() and self._store.hash_of(file, _READ_LIMIT) == self._version.hash:
                found.append(f"{self._version.path} in the work tree")
        except MlopsError:
            found.append(f"{self._version.path} in the work tree: it could not be looked at")
        pointer = file.with_name(f"{file.name}.dvc")
        if pointer.is_file() and self._version.hash in pointer.read_text("utf-8", "replace"):
            found.append(f"{self._version.path}.dvc in the work tree, which points to it")
        return found

    def _commands(self) -> list[str]:
        """Return what replaces the tags in git's remotes."""
        moved = [ref.name for ref in self._tags if ref.content.hash in self._targets]
        names = " ".join(dict.fromkeys(moved))
        listed = git.run(self._top, "remote").split("\n")
        return [f"git push --force {name} {names}" for name in listed if name and names]


def _refs(top: Path, prefix: str) -> list[_Ref]:
    found = tags.read_refs(top, prefix)
    return [_Ref(name, commit, content) for name, commit, content in found if content is not None]


def _is(content: Trailer, version: DataVersion) -> bool:
    same = (content.version, content.hash) == (version.version, version.hash)
    return same and (version.automatic or content.name == version.name)


def _first_name(content: Trailer) -> str:
    """Return the ref that makes the tombstone; labels follow it."""
    return tags.tag_of(content.name, content.version)


def _shown(content: Trailer) -> str:
    if content.version:
        return f"data:{content.name}@v{content.version}"
    return automatic.reference(content.name, content.hash)
