"""``mlops data gc``: free what no run, no version and no pointer of DVC's needs.

Only what this workspace keeps for itself is cleared: a cache that DVC's settings put elsewhere may
serve other projects. Nobody takes content in meanwhile, and no command of DVC's runs.
"""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from mlops_jupyter import git
from mlops_jupyter.data.cache import dvc_store, sharing
from mlops_jupyter.data.cache.prepare import dvc_root
from mlops_jupyter.data.catalog import automatic, tags
from mlops_jupyter.data.reading import scratch
from mlops_jupyter.data.upkeep import pointers
from mlops_jupyter.data.upkeep.plan import Plan, remove
from mlops_jupyter.data.upkeep.records import FreedData, FreedDataEntry, FreedDataKind
from mlops_jupyter.errors import Conflict, ToolFailed
from mlops_jupyter.results import Event, Events, ignore_events

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from mlops_jupyter.data.records import DataVersion
    from mlops_jupyter.workspace import Workspace

# A process may still be writing what is younger.
LEAST = timedelta(hours=1)
# What a checkout has replaced, somebody may miss for so long.
COPIES = timedelta(days=30)

_SCRATCH = ("compare-*", "duckdb-*", "drift-*")
_SHARD, _OBJECT = re.compile(r"[0-9a-f]{2}"), re.compile(r"[0-9a-f]{30}(\.dir)?")


def gc(
    workspace: Workspace,
    *,
    dry_run: bool = False,
    used: Collection[str] | None = None,
    events: Events = ignore_events,
) -> FreedData:
    """Free data that nothing needs: copies of what deleted runs read, contents of no version.

    What a version, or a pointer of DVC's in any commit, stash, index or work tree of the
    repository refers to stays, and so does what is younger than an hour; what a checkout has
    replaced, for 30 days. A cache outside of ``.dvc`` may be shared, and is left to ``dvc gc``.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    dry_run : bool
        Only say what would be freed.
    used : collection of str, optional
        Hashes of what runs have read. Without it all copies of what runs have read stay;
        `mlops_jupyter.gc` looks the runs up, and frees this along.
    events : callable, optional
        Called with progress.

    Raises
    ------
    Conflict
        Data is being taken in, or a command of DVC's is running.

    Examples
    --------
    >>> import mlops_jupyter as mlops
    >>> mlops.data.gc(ws, dry_run=True).total
    0
    """
    return clear(workspace, used=used, dry_run=dry_run, events=events)


def clear(
    workspace: Workspace,
    *,
    used: Collection[str] | None,
    dry_run: bool,
    least: timedelta = LEAST,
    copies: timedelta = COPIES,
    events: Events = ignore_events,
) -> FreedData:
    """Free what is older than so long; see `gc`."""
    if dvc_root(workspace.root) is None:
        return FreedData(dry_run=dry_run, total=0)
    with dvc_store.opened(workspace) as store:
        if dry_run:
            plan = _Clearing(workspace, store, used, least, copies).plan()
        else:
            with sharing.clearing(store.root), without_dvc(store):
                plan = _Clearing(workspace, store, used, least, copies).plan()
                _carry_out(plan, git.top_level(workspace.root) or store.root, events)
    entries = [
        FreedDataEntry(kind=kind, count=count, size=size) for kind, count, size in plan.by_kind()
    ]
    return FreedData(
        dry_run=dry_run,
        total=sum(entry.size for entry in entries),
        entries=sorted(entries, key=lambda entry: -entry.size),
        kept=plan.kept,
    )


@dataclass
class _Plan(Plan[FreedDataKind]):
    paths: list[Path] = field(default_factory=list)
    refs: list[DataVersion] = field(default_factory=list)

    def add_path(self, kind: FreedDataKind, path: Path, *, count: int = 1) -> None:
        self.add(kind, [path], count=count)
        self.paths.append(path)


class _Clearing:
    """Finds what can go."""

    def __init__(
        self,
        workspace: Workspace,
        store: dvc_store.Store,
        used: Collection[str] | None,
        least: timedelta,
        copies: timedelta,
    ) -> None:
        self._workspace = workspace
        self._store = store
        self._used = used
        self._least = least
        self._copies = copies
        self._top = git.top_level(workspace.root) or store.root
        self._cache = store.cached("0" * 32).parents[3]

    def plan(self) -> _Plan:
        plan = _Plan()
        everything = automatic.read(self._workspace)
        if self._used is not None:
            plan.refs = [v for v in everything if v.hash not in self._used and self._is_old(v)]
            plan.counts["automatic"] = len(plan.refs)
        elif everything:
            plan.kept.append(
                f"{len(everything)} copies of what runs read: not all runs could be asked"
            )
        self._plan_contents(plan)
        self._plan_files(plan)
        return plan

    def _is_old(self, version: DataVersion) -> bool:
        return version.forgotten is None and _older(version.created.timestamp(), self._least)

    def _plan_contents(self, plan: _Plan) -> None:
        if not self._cache.resolve().is_relative_to(self._store.root.resolve() / ".dvc"):
            plan.kept.append(f"the cache {self._cache}: others may use it (`dvc gc --projects`)")
            plan.refs, plan.counts["automatic"] = [], 0
            return
        try:
            copied = self._expanded({version.hash for version in plan.refs})
            needed = self._expanded(self._needed(plan.refs))
        except (ToolFailed, OSError) as error:
            reason = error.message if isinstance(error, ToolFailed) else str(error)
            plan.kept.append(f"all content in the cache: {reason}")
            plan.refs, plan.counts["automatic"] = [], 0
            return
        for hash_, path in self._objects():
            if hash_ in needed or not self._written_long_ago(path):
                continue
            # A copy counts as the version that it is, however many files it has.
            if hash_ in copied:
                plan.add_path("automatic", path, count=0)
            else:
                plan.add_path("contents", path)
        for path in (self._cache / "files" / "md5").glob(".*.tmp"):
            if self._written_long_ago(path):
                plan.add_path("unfinished", path)

    def _needed(self, freed: list[DataVersion]) -> set[str]:
        going = {version.commit for version in freed}
        named = [tag.content for tag in tags.read_all(self._top)]
        named += [
            content
            for _, commit, content in tags.read_refs(self._top, automatic.PREFIX)
            if commit not in going
        ]
        hashes = {content.hash for content in named if content and content.forgotten is None}
        return hashes | pointers.hashes(self._top, self._cache)

    def _expanded(self, hashes: set[str]) -> set[str]:
        """Return hashes and, of folders, those of their files."""
        found = set(hashes)
        for hash_ in hashes:
            if hash_.endswith(".dir") and self._store.has(hash_):
                found |= set(self._store.listing(hash_).values())
        return found

    def _objects(self) -> Iterator[tuple[str, Path]]:
        for shard in sorted((self._cache / "files" / "md5").glob("??")):
            if _SHARD.fullmatch(shard.name) and shard.is_dir():
                for path in sorted(shard.iterdir()):
                    if _OBJECT.fullmatch(path.name):
                        yield shard.name + path.name, path

    def _plan_files(self, plan: _Plan) -> None:
        state = self._workspace.state_dir
        kept = {v.hash for v in automatic.read(self._workspace)} - {v.hash for v in plan.refs}
        kept |= {tag.content.hash for tag in tags.read_all(self._top) if tag.content is not None}
        for path in sorted((state / "profiles").glob("*.json")):
            if path.stem not in kept and self._written_long_ago(path):
                plan.add_path("profiles", path)
        for path in sorted((state / "replaced").glob("*")):
            if _older(_moment_of(path), self._copies):
                plan.add_path("replaced", path)
        for path in sorted((state / "damaged").glob("*")):
            if _older(path.lstat().st_ctime, self._copies):
                plan.add_path("replaced", path)
        # What a comparison or a query had on disk when it was killed.
        for path in (found for name in _SCRATCH for found in sorted(state.glob(name))):
            old = all(map(self._written_long_ago, (path, *path.rglob("*"))))
            if old and not scratch.in_use(path):
                plan.add_path("unfinished", path)

    def _written_long_ago(self, path: Path) -> bool:
        try:
            found = path.lstat()
        except OSError:
            return False
        # DVC moves a user's file into the cache with its old time: coming in shows in the other.
        return _older(max(found.st_mtime, found.st_ctime), self._least)


def _carry_out(plan: _Plan, top: Path, events: Events) -> None:
    """Remove refs first: an interrupted clearing leaves content that the next one finds."""
    going = {version.commit for version in plan.refs}
    for ref, commit, _ in tags.read_refs(top, automatic.PREFIX):
        if commit in going:
            git.run(top, "update-ref", "-d", ref, commit)
    for done, path in enumerate(plan.paths):
        events(Event("removing data that nothing needs", done, len(plan.paths)))
        if not remove(path):
            plan.kept.append(f"{path}: it cannot be removed")


@contextlib.contextmanager
def without_dvc(store: dvc_store.Store) -> Iterator[None]:
    """Hold DVC's own lock."""
    from dvc.lock import LockError

    try:
        with store.repo.lock:
            yield
    except LockError:
        raise Conflict("a command of DVC's is running here", "do it again when it ends") from None


def _older(moment: float, than: timedelta) -> bool:
    return moment <= time.time() - than.total_seconds()


def _moment_of(replaced: Path) -> float:
    """Return when something was replaced: its folder's name tells it."""
    try:
        moment = datetime.strptime(replaced.name.partition("-")[0], "%Y%m%dT%H%M%SZ")  # noqa: DTZ007
    except ValueError:
        return replaced.lstat().st_ctime
    return moment.replace(tzinfo=UTC).timestamp()
