"""``data push``: content of versions to a DVC remote."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter import git as _git
from mlops_jupyter.data.cache import dvc_store, sharing
from mlops_jupyter.data.catalog import tags
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


def push(
    workspace: Workspace,
    *references: str | Reference,
    all: bool = False,  # noqa: A002 - the option's name
    remote: str | None = None,
    git: str | None = None,
    events: Events = ignore_events,
) -> DataMoved:
    """Bring the content of versions to a DVC remote, whatever their tags know of remotes.

    What is there whole is not sent again, so an interrupted push is finished by the next. A clone
    gets the content back with stock ``dvc pull``, or ``mlops data pull``.

    Parameters
    ----------
    workspace : Workspace
        Where.
    *references : str or Reference
        Which versions; all explicit ones by default.
    all : bool
        Also what was kept automatically.
    remote : str, optional
        Which DVC remote; the default one otherwise.
    git : str, optional
        Push the versions' tags too, to this git remote; empty for the branch's own. Nothing else
        is pushed, and no hooks run.
    events : callable
        Takes the progress.

    Returns
    -------
    DataMoved
        What was sent.

    Raises
    ------
    NotFound
        Content is neither here nor there; what could be sent has been.
    BadInput
        DVC knows no remote, or none of that name.
    ToolFailed
        The remote does not answer or refuses; or content in the cache is damaged.
    Conflict
        A tag names another version at the git remote.

    Examples
    --------
    >>> import mlops_jupyter as mlops
    >>> ws = mlops.Workspace.find()
    >>> print(mlops.data.push(ws, "data:flights@v1", remote="storage"))
    pushed 1 version to storage (...): ... kB in 1 file
      data:flights@v1  data/flights.parquet  ... kB
    """
    versions = chosen.versions_of(workspace, references, everything=all)
    top = _git.top_level(workspace.root) or workspace.root
    git_remote = None if git is None else git_tags.remote_named(top, git)
    with (
        dvc_store.opened(workspace) as store,
        sharing.taking(store.root),
        remotes.opened(store, remote) as shelf,
    ):
        plan = _Plan(store, versions, shelf)
        sent = plan.send(events)
        moved = DataMoved(
            how="push",
            remote=shelf.name,
            address=shelf.address,
            versions=tuple(
                travelled(version, plan.needs[version.ref], sent) for version in versions
            ),
            size=sum(sent.values()),
            files=len(sent),
            profiles=profiles.send(workspace, shelf.name, versions),
        )
        plan.refuse_lost(shelf)
    if git_remote is None:
        return moved.model_copy(update={"note": _left_to_do(top)})
    events(Event(f"Pushing tags to {git_remote}"))
    named = [version for version in versions if not version.automatic]
    count = git_tags.push(top, git_remote, git_tags.tags_at(top, named))
    return moved.model_copy(update={"git_remote": git_remote, "tags": count})


class _Plan:
    """What is to be sent: the contents of all versions that are not there whole."""

    def __init__(self, store: Store, versions: Sequence[DataVersion], shelf: Remote) -> None:
        self._store = store
        self._shelf = shelf
        self.needs = {version.ref: chosen.needed(store, version) for version in versions}
        wanted = set().union(*self.needs.values())
        there = shelf.sizes(wanted)
        here = {hash_: self._size(hash_) for hash_ in wanted}
        self.sizes = {
            hash_: size
            for hash_, size in here.items()
            if size is not None and there.get(hash_, -1) not in (size, None)
        }
        lost = {hash_ for hash_, size in here.items() if size is None and hash_ not in there}
        self._lost = {ref for ref, hashes in self.needs.items() if hashes & lost}
        # A list that is there says that its files are.
        self.sizes = {
            hash_: size
            for hash_, size in self.sizes.items()
            if not hash_.endswith(".dir") or not chosen.listed(store, hash_) & lost
        }

    def _size(self, hash_: str) -> int | None:
        place = self._store.cached(hash_)
        return place.stat().st_size if place.is_file() else None

    def send(self, events: Events) -> dict[str, int]:
        """Send what is missing there; return the sizes of what was sent."""
        if not self.sizes:
            return {}
        for hash_ in self.sizes:
            if remotes.whole(self._store, hash_) is False:
                raise ToolFailed(
                    f"the cache's content {hash_} is damaged; nothing was sent",
                    "`mlops data verify --fix` looks for a whole one",
                )
        self._shelf.send(
            self.sizes, progress(f"Pushing to {self._shelf.name}", sum(self.sizes.values()), events)
        )
        return self.sizes

    def refuse_lost(self, shelf: Remote) -> None:
        """Say which versions could not be sent, after all others have been."""
        if self._lost:
            raise NotFound(
                f"content is neither on this machine nor at {shelf.name}: {named(self._lost)}",
                "is it elsewhere? `mlops data pull REF --remote NAME`; if it is lost: "
                "`mlops data forget REF`",
            )


def _left_to_do(top: Path) -> str:
    known = _git.run(top, "remote").split()
    if not known:
        return ""
    name = git_tags.remote_named(top, "")
    return f"their names are tags: git push {name} '{tags.PREFIX}*', or `mlops data push --git`"
