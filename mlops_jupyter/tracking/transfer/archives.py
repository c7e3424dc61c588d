"""``mlops runs export`` and ``import``: runs as files."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import uuid
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter.errors import BadInput, Conflict, NotFound
from mlops_jupyter.results import Event, Events, ignore_events
from mlops_jupyter.tracking.store.opening import client as open_client
from mlops_jupyter.tracking.transfer import bundles
from mlops_jupyter.tracking.transfer.chosen import choose
from mlops_jupyter.tracking.transfer.merging import Target, merge
from mlops_jupyter.tracking.transfer.moving import Tally
from mlops_jupyter.tracking.transfer.privacy import Leaves
from mlops_jupyter.tracking.transfer.reading import described

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlops_jupyter.tracking.transfer.records import Moved
    from mlops_jupyter.workspace import Workspace

_MARK = "mlops-runs.json"
_FOLDER = "runs/"


def export_runs(
    workspace: Workspace,
    target: str | os.PathLike[str],
    *,
    references: str | Sequence[str] = (),
    experiment: str | None = None,
    events: Events = ignore_events,
) -> Moved:
    """Write runs, with their artifacts and models, into one file.

    What ``[privacy]`` keeps on this machine is left out.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    target : path
        The file, or a folder that is there: then one bundle a run goes into it.
    references : str, or sequence of str
        Which runs, with those that belong to them; all by default.
    experiment : str, optional
        Only runs of this experiment.
    events : callable, optional
        Takes a step for each run.

    Raises
    ------
    BadInput
        The name is empty.
    NotFound
        No such run or experiment.
    Conflict
        The file is there, and is no export.
    StoreUnavailable
        The tracking store does not answer.

    Examples
    --------
    >>> print(export_runs(ws, "runs.zip"))
    exported 1 run to runs.zip: 1 new, 0 updated, 0 unchanged
      forest
    """
    if not os.fspath(target):
        raise BadInput("the name of the file is empty", "mlops runs export runs.zip")
    place = Path(target)
    client = open_client(workspace)
    leaves = Leaves.by_settings(workspace)
    tally = Tally("export", os.fspath(target), workspace.store.shown)
    chosen = [references] if isinstance(references, str) else references
    runs = choose(client, chosen, experiment)
    with _written(place) as written, tempfile.TemporaryDirectory(prefix="mlops-export-") as folder:
        for index, run in enumerate(runs):
            name = run.info.run_name or run.info.run_id
            events(Event(f"exporting {name}", index, len(runs)))
            with tally.one(name), described(client, run.info.run_id, leaves) as whole:
                bundle = Path(folder, f"{whole.description.uid}.zip")
                bundles.write(whole, bundle)
                tally.add(name, written.add(bundle))
                bundle.unlink()
    return tally.result()


def import_runs(
    workspace: Workspace,
    files: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    events: Events = ignore_events,
) -> Moved:
    """Bring exported runs into the workspace's store, each exactly once.

    A second time changes nothing; a newer state of a run updates it.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    files : path, or sequence of path
        What `export_runs` has written.
    events : callable, optional
        Takes a step for each run.

    Raises
    ------
    NotFound
        No such file.
    BadInput
        It is no export. A damaged run among whole ones is told as failed.
    StoreUnavailable
        The tracking store does not answer.

    Examples
    --------
    >>> made = export_runs(ws, "runs.zip")
    >>> print(import_runs(ws, "runs.zip"))
    imported 0 runs from runs.zip: 0 new, 0 updated, 1 unchanged
    """
    paths = [Path(file) for file in ([files] if isinstance(files, (str, os.PathLike)) else files)]
    for path in paths:
        if not path.is_file():
            raise NotFound(f"no file {path}", "`mlops runs export FILE` writes one")
    store = Target(workspace, workspace.store)
    shown = ", ".join(map(str, paths))
    tally = Tally("import", shown, workspace.store.shown)
    for path in paths:
        for name, bundle in _bundles(path):
            events(Event(f"importing {name}"))
            with tally.one(name), bundle as opened, _scratch() as folder:
                merged = merge(store, opened.unpack(folder))
                tally.add(opened.description.name, merged.outcome)
    return tally.result()


class _Archive:
    """One file for all runs."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def add(self, bundle: Path) -> str:
        """Add a run's bundle; not packed again, so that it can be read where it lies."""
        self._archive.write(bundle, f"{_FOLDER}{bundle.name}", zipfile.ZIP_STORED)
        return "new"


class _Folder:
    """A file for each run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, bundle: Path) -> str:
        """Put a run's bundle there, over an earlier state of it."""
        place = self._folder / bundle.name
        outcome = "new"
        if place.exists():
            outcome = "unchanged" if _digest(place) == _digest(bundle) else "updated"
        if outcome != "unchanged":
            unfinished = place.with_suffix(f".{uuid.uuid4().hex}.unfinished")
            unfinished.write_bytes(bundle.read_bytes())
            unfinished.replace(place)
        return outcome


@contextlib.contextmanager
def _written(place: Path) -> Iterator[_Archive | _Folder]:
    """Give where runs are written to; a file has its name once it is whole."""
    if place.is_dir():
        yield _Folder(place)
        return
    if place.exists() and not _is_export(place):
        raise Conflict(f"{place} is there, and is no export of runs", "name another file")
    unfinished = place.with_name(f".{place.name}.{uuid.uuid4().hex}.unfinished")
    try:
        try:
            with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED) as archive:
                archive.writestr(_MARK, json.dumps({"kind": "mlops_runs", "schema_version": 1}))
                yield _Archive(archive)
            unfinished.replace(place)
        finally:
            unfinished.unlink(missing_ok=True)
    except FileNotFoundError as error:
        raise BadInput(f"{place} cannot be written: {error.strerror}", "make its folder") from None


def _is_export(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return not {_MARK, bundles.DESCRIPTION}.isdisjoint(archive.namelist())
    except (zipfile.BadZipFile, OSError):
        return False


def _digest(bundle: Path) -> str | None:
    try:
        with bundle.open("rb") as source, bundles.opened(source, bundle.name) as opened:
            return opened.description.digest
    except BadInput:
        return None


def _bundles(
    path: Path,
) -> Iterator[tuple[str, contextlib.AbstractContextManager[bundles.Bundle]]]:
    """Give the bundles in a file: an archive of them, or one alone."""
    if not _is_export(path):
        raise BadInput(f"{path} is no export of runs", "`mlops runs export FILE` writes one")
    with zipfile.ZipFile(path) as archive:
        if bundles.DESCRIPTION in archive.namelist():
            yield path.name, _alone(path)
            return
        for info in archive.infolist():
            if info.filename.startswith(_FOLDER) and info.filename.endswith(".zip"):
                yield info.filename.removeprefix(_FOLDER), _member(archive, info)


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[bundles.Bundle]:
    with path.open("rb") as source, bundles.opened(source, path.name) as opened:
        yield opened


@contextlib.contextmanager
def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bundles.Bundle]:
    if info.compress_type != zipfile.ZIP_STORED:
        raise BadInput(f"{info.filename} is packed twice, as no export is")
    try:
        with archive.open(info) as source, bundles.opened(source, info.filename) as opened:
            yield opened
    except zipfile.BadZipFile as error:
        raise BadInput(f"{info.filename} is damaged: {error}") from None


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mlops-import-") as folder:
        yield Path(folder)
