"""``data verify``: whether the content of versions is what it was."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter.data.cache import dvc_store, sharing
from mlops_jupyter.data.travel import chosen
from mlops_jupyter.data.travel import remote as remotes
from mlops_jupyter.data.travel.mending import Mending
from mlops_jupyter.data.travel.records import DataVerified, State, There, Verified
from mlops_jupyter.data.travel.reporting import progress
from mlops_jupyter.results import Events, ignore_events

if TYPE_CHECKING:
    from mlops_jupyter.data.cache.dvc_store import Store
    from mlops_jupyter.data.records import DataVersion
    from mlops_jupyter.data.travel.remote import Remote
    from mlops_jupyter.references import Reference
    from mlops_jupyter.workspace import Workspace

_NAMED = 20


def verify(
    workspace: Workspace,
    *references: str | Reference,
    all: bool = False,  # noqa: A002 - the option's name
    remote: str | None = None,
    fix: bool = False,
    events: Events = ignore_events,
) -> DataVerified:
    """Read the content of versions, and say which of it is not what it was.

    Parameters
    ----------
    workspace : Workspace
        Where.
    *references : str or Reference
        Which versions; all explicit ones by default.
    all : bool
        Also what was kept automatically.
    remote : str, optional
        Look in this DVC remote, too, for what was never pushed; empty for the default one. There,
        names and sizes are compared.
    fix : bool
        Move damaged content aside, to ``.mlops/damaged/``, and look for a whole one in the
        workspace's files and in the remote.
    events : callable
        Takes the progress.

    Returns
    -------
    DataVerified
        What was found; its `ok` says whether all is well.

    Raises
    ------
    NotFound
        There is no such version.
    BadInput
        DVC knows no such remote.
    ToolFailed
        The remote does not answer, or refuses.

    Examples
    --------
    >>> import mlops_jupyter as mlops
    >>> ws = mlops.Workspace.find()
    >>> print(mlops.data.verify(ws))
    version          here   path                  what
    data:flights@v1  whole  data/flights.parquet
    read ... kB in 1 file
    """
    versions = chosen.versions_of(workspace, references, everything=all)
    with (
        dvc_store.opened(workspace) as store,
        sharing.taking(store.root),
        _opened(store, remote, fix=fix) as shelf,
    ):
        check = _Check(workspace, store, versions, shelf, events)
        check.run(fix=fix)
        asked = shelf if remote is not None else None
        found = tuple(check.verified(version, asked) for version in versions)
        return DataVerified(
            versions=found,
            remote=asked.name if asked is not None else None,
            size=check.size,
            files=check.files,
            set_aside=check.set_aside,
            ok=all_well(found),
        )


def all_well(found: Iterable[Verified]) -> bool:
    """Return whether each version is whole here or there, and in the remote where it was asked."""
    return all(
        version.here != "damaged"
        and version.there not in ("missing", "partly")
        and (version.here == "whole" or version.there == "whole")
        for version in found
    )


@contextlib.contextmanager
def _opened(store: Store, remote: str | None, *, fix: bool) -> Iterator[Remote | None]:
    """Open the remote that is asked for, or that may help to mend."""
    if remote is None and not (fix and store.config["core"].get("remote")):
        yield None
        return
    with remotes.opened(store, remote or None) as shelf:
        yield shelf


class _Check:
    """Looks at each content once, whatever number of versions need it."""

    def __init__(
        self,
        workspace: Workspace,
        store: Store,
        versions: Sequence[DataVersion],
        shelf: Remote | None,
        events: Events,
    ) -> None:
        self._workspace = workspace
        self._store = store
        self._versions = versions
        self._shelf = shelf
        self._events = events
        self._states: dict[str, State] = {}
        self._mended: set[str] = set()
        self._there: dict[str, int | None] | None = None
        self.size = 0
        self.files = 0
        self.set_aside: str | None = None

    def run(self, *, fix: bool) -> None:
        """Look at lists of folders first: they say what else there is to look at."""
        self._look({version.hash for version in self._versions if version.is_folder}, fix=fix)
        self._look({hash_ for v in self._versions for hash_ in self._contents(v).values()}, fix=fix)

    def _contents(self, version: DataVersion) -> dict[str, str]:
        """Return the contents of a version by their names; of a bad list that alone."""
        own = Path(version.path).name
        if not version.is_folder or self._states.get(version.hash) != "whole":
            return {own: version.hash}
        return {**self._store.listing(version.hash), f"{own}/": version.hash}

    def _look(self, hashes: set[str], *, fix: bool) -> None:
        new = sorted(hashes - self._states.keys())
        places = {hash_: self._store.cached(hash_) for hash_ in new}
        sizes = {h: p.stat().st_size for h, p in places.items() if p.is_file()}
        told = progress("Reading the cache", sum(sizes.values()), self._events)
        for hash_ in new:
            found = remotes.whole(self._store, hash_)
            self._states[hash_] = "missing" if found is None else "whole" if found else "damaged"
            self.size += sizes.get(hash_, 0)
            self.files += hash_ in sizes
            told(sizes.get(hash_, 0))
        bad = {hash_ for hash_ in new if self._states[hash_] != "whole"}
        if fix and bad:
            self._mend(bad)

    def _mend(self, bad: set[str]) -> None:
        mending = Mending(self._workspace, self._store, self._shelf)
        damaged = {hash_ for hash_ in bad if self._states[hash_] == "damaged"}
        self.set_aside = mending.set_aside(damaged) or self.set_aside
        candidates: dict[str, list[Path]] = defaultdict(list)
        for version in self._versions:
            place = self._workspace.root / version.path
            for name, hash_ in self._contents(version).items():
                if hash_ in bad:
                    candidates[hash_].append(place / name if version.is_folder else place)
        mended = mending.mend(bad, candidates)
        self._mended |= mended
        self._states |= dict.fromkeys(mended, "whole")
        self._states |= dict.fromkeys(damaged - mended, "missing")

    def verified(self, version: DataVersion, shelf: Remote | None) -> Verified:
        """Return what is known of a version."""
        contents = self._contents(version)
        named: dict[str, list[str]] = defaultdict(list)
        for name, hash_ in sorted(contents.items()):
            named[self._states[hash_]].append(name)
        here: State = "damaged" if named["damaged"] else "missing" if named["missing"] else "whole"
        return Verified(
            ref=version.ref,
            path=version.path,
            here=here,
            there="unknown" if shelf is None else self._in_remote(version, contents, shelf),
            damaged=tuple(named["damaged"][:_NAMED]),
            missing=tuple(named["missing"][:_NAMED]),
            mended=len(self._mended & set(contents.values())),
        )

    def _in_remote(self, version: DataVersion, contents: dict[str, str], shelf: Remote) -> There:
        if self._there is None:
            self._there = shelf.sizes(self._states.keys())
        there = self._there
        right = [
            hash_ in there and there[hash_] in (self._size(hash_), None)
            for hash_ in contents.values()
        ]
        if not any(right):
            return "missing"
        if not all(right):
            return "partly"
        # Of a list that is not here nobody knows which files it names.
        list_known = not version.is_folder or self._states[version.hash] == "whole"
        return "whole" if list_known else "unknown"

    def _size(self, hash_: str) -> int | None:
        """Return the size that content has; what the remote says where it is not whole here."""
        if self._states[hash_] == "whole":
            return self._store.cached(hash_).stat().st_size
        return (self._there or {}).get(hash_)
