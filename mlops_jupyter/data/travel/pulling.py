"""``data pull``: content of versions from a DVC remote."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlops_jupyter import git as _git
from mlops_jupyter.data.cache import dvc_store, sharing
from mlops_jupyter.data.travel import chosen, git_tags, profiles
from mlops_jupyter.data.travel import remote as remotes
from mlops_jupyter.data.travel.records import DataMoved
from mlops_jupyter.data.travel.reporting import named, progress, travelled
from mlops_jupyter.errors import NotFound, ToolFailed
from mlops_jupyter.results import Event, Events, ignore_events

if TYPE_CHECKING:
    from mlops_jupyter.data.cache.dvc_store import Store
    from mlops_jupyter.data.records import DataVersion
    from mlops_jupyter.data.travel.remote import Remote
    from mlops_jupyter.references import Reference
    from mlops_jupyter.workspace import Workspace


def pull(
    workspace: Workspace,
    *references: str | Reference,
    all: bool = False,  # noqa: A002 - the option's name
    remote: str | None = None,
    git: str | None = None,
    events: Events = ignore_events,
) -> DataMoved:
    """Bring the content of versions from a DVC remote into the cache.

    What is here already is not fetched again, so an interrupted pull is finished by the next.
    Nothing is taken for whole but what has the hash it is kept under.

    Parameters
    ----------
    workspace : Workspace
        Where.
    *references : str or Reference
        Which versions; the newest of each name by default.
    all : bool
        Every version, those that were kept automatically included.
    remote : str, optional
        Which DVC remote; the default one otherwise.
    git : str, optional
        Fetch the tags of data versions first, from this git remote; empty for the branch's own.
    events : callable
        Takes the progress.

    Returns
    -------
    DataMoved
        What was fetched.

    Raises
    ------
    NotFound
        There is no such version, or the remote lacks its content; what it has was fetched.
    BadInput
        DVC knows no remote, or none of that name.
    ToolFailed
        The remote does not answer, refuses, or holds damaged content.
    Conflict
        A tag names another version at the git remote.

    Examples
    --------
    >>> import mlops_jupyter as mlops
    >>> ws = mlops.Workspace.find()
    >>> print(mlops.data.pull(ws, "data:flights@v1", remote="storage"))
    pulled nothing from storage (...): all is here already
    """
    git_remote, new_tags = None, 0
    if git is not None:
        top = _git.top_level(workspace.root) or workspace.root
        git_remote = git_tags.remote_named(top, git)
        events(Event(f"Fetching tags from {git_remote}"))
        new_tags = git_tags.fetch(top, git_remote)
    versions = chosen.versions_of(workspace, references, everything=all, newest=True)
    with (
        dvc_store.opened(workspace) as store,
        sharing.taking(store.root),
        remotes.opened(store, remote) as shelf,
    ):
        fetching = _Fetching(store, shelf, versions, events)
        fetching.fetch()
        moved = DataMoved(
            how="pull",
            remote=shelf.name,
            address=shelf.address,
            versions=tuple(
                travelled(version, fetching.needed(version), fetching.fetched)
                for version in versions
            ),
            size=sum(fetching.fetched.values()),
            files=len(fetching.fetched),
            profiles=profiles.fetch(workspace, shelf.name, versions),
            git_remote=git_remote,
            tags=new_tags,
            note=_left_to_do(workspace, versions),
        )
        fetching.refuse_lacking()
    return moved


class _Fetching:
    """Fetching what versions lack here: lists of folders first, they say what else."""

    def __init__(
        self, store: Store, shelf: Remote, versions: Sequence[DataVersion], events: Events
    ) -> None:
        self._store = store
        self._shelf = shelf
        self._versions = versions
        self._events = events
        self._damaged: list[str] = []
        self.fetched: dict[str, int] = {}

    def fetch(self) -> None:
        """Fetch all that is there."""
        self._bring({version.hash for version in self._versions if version.is_folder})
        self._bring({hash_ for version in self._versions for hash_ in self.needed(version)})

    def needed(self, version: DataVersion) -> set[str]:
        """Return the contents of a version."""
        return chosen.needed(self._store, version)

    def _bring(self, hashes: set[str]) -> None:
        lacking = {hash_ for hash_ in hashes if not self._store.has(hash_)}
        if not lacking:
            return
        there = self._shelf.sizes(lacking)
        if not there:
            self._shelf.refuse_missing()
            return
        total = sum(size or 0 for size in there.values())
        told = progress(f"Pulling from {self._shelf.name}", total, self._events)
        self._damaged += self._shelf.fetch(there, told)
        self.fetched |= {
            hash_: self._store.cached(hash_).stat().st_size
            for hash_ in there
            if self._store.has(hash_)
        }

    def refuse_lacking(self) -> None:
        """Say what is not here even now, after all else is."""
        if self._damaged:
            raise ToolFailed(
                f"{self._shelf.name} holds damaged content: {named(set(self._damaged))}; "
                "none of it was kept",
                "push it anew from a machine that has it whole: `mlops data push`",
            )
        lacking = {
            version.ref
            for version in self._versions
            if not all(self._store.has(hash_) for hash_ in self.needed(version))
        }
        if lacking:
            raise NotFound(
                f"{self._shelf.name} ({self._shelf.address}) lacks content of {named(lacking)}",
                "push it from a machine that has it (`mlops data push`), or say --remote NAME",
            )


def _left_to_do(workspace: Workspace, versions: Sequence[DataVersion]) -> str:
    """Say what puts content in place: of each path without a file the newest version."""
    lacking = {
        version.path: version.ref
        for version in sorted(versions, key=lambda version: version.version)
        if version.origin == "path" and not version.automatic
        and not os.path.lexists(workspace.root / version.path)
    }  # fmt: skip
    if len(lacking) == 1:
        return f"`mlops data checkout {shlex.quote(*lacking.values())}` puts it in place"
    if lacking:
        return f"`mlops data checkout REF` puts one in place: {named(set(lacking.values()))}"
    return ""
