"""The verb itself: what is looked at, written and put in place, in which order."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter.data.cache import dvc_store, intake
from mlops_jupyter.data.catalog import automatic, contents, history
from mlops_jupyter.data.restoring.kept import Kept, Survey, survey
from mlops_jupyter.data.restoring.records import Restored
from mlops_jupyter.data.restoring.staging import Shelf, Stage
from mlops_jupyter.data.restoring.targets import INTERNAL, shown, target_of
from mlops_jupyter.errors import BadInput, Conflict, MlopsError, ToolFailed
from mlops_jupyter.results import Event, Events, ignore_events

if TYPE_CHECKING:
    from mlops_jupyter.data.catalog.contents import KeptFile
    from mlops_jupyter.data.records import DataVersion
    from mlops_jupyter.references import Reference
    from mlops_jupyter.workspace import Workspace

_NAMED = 5
_OWNERS_READ = 0o400


def checkout(
    workspace: Workspace,
    reference: str | Reference,
    *,
    to: str | os.PathLike[str] | None = None,
    force: bool = False,
    events: Events = ignore_events,
) -> Restored:
    """Bring a version's content back to where it was, or to another place.

    It is a copy: it may be changed. Nothing that no version has is written over without `force`,
    and with it a copy stays. A folder becomes what it was as a whole. A process that is killed
    leaves either what was there or the version, and never a half.

    Parameters
    ----------
    workspace : Workspace
        Where.
    reference : str or Reference
        The version; see `mlops_jupyter.data.resolve`.
    to : path, optional
        Another place for it, inside the workspace or outside; a file goes into it where it is a
        folder.
    force : bool
        Replace also what no version has; it is moved to ``.mlops/replaced/``.
    events : callable
        Takes the progress.

    Returns
    -------
    Restored
        What was done.

    Raises
    ------
    NotFound
        There is no such version, or its content is not on this machine.
    Conflict
        What is there would be lost, or was changed meanwhile.
    BadInput
        It may not be written there.
    ToolFailed
        There is no space left, or the cache's content is damaged; what was there is untouched.

    Examples
    --------
    >>> import mlops_jupyter as mlops
    >>> ws = mlops.Workspace.find()
    >>> print(mlops.data.checkout(ws, "data:flights@v1"))
    data:flights@v1  is there already: nothing was written
      data/flights.parquet  ... kB
    >>> mlops.data.checkout(ws, "data:flights@v1", to="data/first.parquet").path
    'data/first.parquet'
    """
    version = history.resolve(workspace, reference)
    files = contents.files_of(workspace, version)
    _refuse_hostile_names(version, files)
    with dvc_store.opened(workspace) as store, _alone(workspace):
        place = target_of(workspace, version, to, store.cached("00").parent.parent)
        shelves = _shelves(workspace, place)
        for shelf in shelves:
            shelf.tidy()
        found = survey(store, place) if os.path.lexists(place) else None
        restored = Restored(
            ref=version.ref, path=shown(workspace, place), size=version.size, files=len(files)
        )
        if found is not None and _is_there(store, version, files, place, found):
            return restored.model_copy(update={"unchanged": True})
        known = [*history.read(workspace), *automatic.read(workspace)]
        lost = found.lost(Kept(store, known)) if found is not None else []
        if lost and not force:
            raise _would_lose(version, restored.path, lost, found)
        with _told(place):
            kept = _Change(version, files, place, found, bool(lost)).make(shelves, events)
    replaced = shown(workspace, kept) if kept is not None else None
    return restored.model_copy(update={"replaced": replaced})


@dataclass(frozen=True)
class _Change:
    """One place that is to have a version's content, and what is there."""

    version: DataVersion
    files: list[KeptFile]
    place: Path
    found: Survey | None
    keeps_old: bool

    def make(self, shelves: list[Shelf], events: Events) -> Path | None:
        """Make the change; return where the old is kept, where it is."""
        for shelf in shelves:
            try:
                return self._through(Stage(shelf, self.place.name), events)
            except OSError as error:
                # Two folders may have one device, and be mounts all the same.
                if error.errno != errno.EXDEV or shelf is shelves[-1]:
                    raise
            finally:
                shelf.clear_away()
        raise AssertionError  # the last shelf returns or raises

    def _through(self, stage: Stage, events: Events) -> Path | None:
        try:
            self._write(stage.thing, events)
            stage.put(self.place, occupied=self.found is not None)
        except BaseException:
            stage.discard()
            raise
        if self.found is None:
            stage.discard()
            return None
        # What is on the stage now was judged before: a program may have written to it since.
        if self.keeps_old or not self.found.still(stage.thing):
            return stage.keep()
        stage.discard()
        return None

    def _write(self, thing: Path, events: Events) -> None:
        total = self.version.size
        done = told = 0

        def tick(count: int) -> None:
            nonlocal done, told
            done += count
            if done - told >= max(total / 20, 16 * 2**20):
                told = done
                events(Event(f"Bringing back {self.version.ref}", done, total))

        events(Event(f"Bringing back {self.version.ref}"))
        if not self.version.is_folder:
            _copy(self.files[0], thing, tick)
            thing.chmod(self._mode())
            # Memory tells files apart by their time: a later write must have another one.
            time.sleep(intake.Signature.of(thing).wait())
            return
        thing.mkdir()
        for folder in sorted({(thing / file.name).parent for file in self.files}):
            folder.mkdir(parents=True, exist_ok=True)
        for file in self.files:
            _copy(file, thing / file.name, tick)

    def _mode(self) -> int:
        """Return what the file at the place allows, or a new one would; execution as kept."""
        umask = os.umask(0o077)
        os.umask(umask)
        mode = 0o666 & ~umask
        if self.found is not None and not self.found.is_folder and not self.place.is_symlink():
            there = self.place.stat()
            if there.st_nlink == 1:  # one that DVC links to its cache is read-only for that
                mode = there.st_mode & 0o666 | _OWNERS_READ
        return mode | (mode & 0o444) >> 2 if self.version.executable else mode


def _is_there(
    store: dvc_store.Store,
    version: DataVersion,
    files: list[KeptFile],
    place: Path,
    found: Survey,
) -> bool:
    """Return whether the content is at the place already, maybe among what DVC ignores."""
    if found.is_folder != version.is_folder:
        return False
    if not version.is_folder:
        same = found.hashes.get(place.name) == version.hash
        return same and found.executable == version.executable
    if not found.others and found.hashes == {file.name: file.hash for file in files}:
        return True
    if store.root not in place.parents:
        return False
    try:
        return store.hash_of(place) == version.hash
    except MlopsError:
        return False  # it holds what DVC would not keep


def _copy(file: KeptFile, target: Path, tick: intake.Tick) -> None:
    with target.open("xb") as opened:
        content = intake.read(file.path, tick, opened)
    if content.md5 != file.hash:
        raise ToolFailed(
            f"the cache's content of {file.name} is damaged: {file.path}",
            "`mlops data verify --fix` looks for a whole one",
        )


def _would_lose(version: DataVersion, path: str, lost: list[str], found: Survey | None) -> Conflict:
    named = ", ".join(lost[:_NAMED]) + (f" and {len(lost) - _NAMED} more" if lost[_NAMED:] else "")
    what = (
        f"{path} holds what no version has: {named}"
        if found and found.is_folder
        else (f"{path} is not as any version has it")
    )
    return Conflict(
        f"{what}; nothing was written",
        "keep it first (`mlops data snapshot`), use --to PATH, or --force: it is moved aside "
        f"then, and {version.ref} comes in its place",
    )


def _refuse_hostile_names(version: DataVersion, files: list[KeptFile]) -> None:
    """Refuse a list of files that would write settings of git or DVC; it may be a stranger's."""
    for file in files:
        if {part.casefold() for part in file.name.split("/")} & INTERNAL or "\0" in file.name:
            raise BadInput(
                f"{version.ref} holds {file.name!r}, which belongs to git, DVC or mlops-jupyter",
                "it was not made by `mlops data snapshot`: who wrote it?",
            )


@contextlib.contextmanager
def _alone(workspace: Workspace) -> Iterator[None]:
    """Let one process at a time write here, so that what lies about is of none that lives."""
    from filelock import FileLock

    locks = workspace.state_dir / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    with FileLock(locks / "restoring"):
        yield


@contextlib.contextmanager
def _told(place: Path) -> Iterator[None]:
    """Say what a file system refuses; nothing at the place has been touched then."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ToolFailed(
                f"no space left for {place}; what is there is untouched",
                "free some (`mlops du`, `mlops gc`), or use --to PATH",
            ) from None
        if error.errno == errno.EXDEV:
            raise BadInput(
                f"{place} is a mount of its own and cannot be replaced", "use --to PATH"
            ) from None
        raise BadInput(
            f"{place} cannot be written: {error.strerror or error}", "use --to PATH"
        ) from None


def _shelves(workspace: Workspace, place: Path) -> list[Shelf]:
    """Return where the new may be written: on the place's own file system, hidden if possible."""
    state, folder = workspace.state_dir, place.parent
    own = Shelf(state / "restoring", state / "replaced")
    beside = Shelf(folder / ".mlops-restoring", folder / ".mlops-replaced")
    return [own, beside] if _device(place) == _device(own.restoring) else [beside]


def _device(path: Path) -> int:
    """Return the file system that a path is, or would be, on."""
    folder = path.parent
    while not folder.exists():
        folder = folder.parent
    return folder.stat().st_dev
