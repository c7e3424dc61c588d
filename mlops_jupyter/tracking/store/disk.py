"""``mlops du``: what takes space in a workspace."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter.data.upkeep.plan import on_disk, walk
from mlops_jupyter.errors import MlopsError
from mlops_jupyter.tracking.store.locations import local_folder
from mlops_jupyter.tracking.store.opening import client as open_client
from mlops_jupyter.tracking.store.records import DiskEntry, DiskUse

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from mlops_jupyter.tracking.store.records import DiskKind
    from mlops_jupyter.workspace import Store, Workspace

_LARGEST = 10


def du(workspace: Workspace) -> DiskUse:
    """Say what takes space in a workspace.

    Bytes are those on the disk, as the ``du`` of the system counts them: a file with several
    names counts once.

    Parameters
    ----------
    workspace : Workspace
        The workspace.

    Examples
    --------
    >>> print(du(ws))
    2... MB in ...
    what                                         files      size
    ...tracking store: .mlops/mlflow.db ... kB
    ...
    """
    meter = Meter()
    use = _Use(workspace, meter)
    use.add("objects", "", workspace.state_dir / "objects")
    notes = use.add_stores()
    use.add("executed", "", workspace.state_dir / "executed")
    use.add_data()
    use.add("other", ".mlops", workspace.state_dir)
    return DiskUse(
        root=str(workspace.root),
        total=sum(entry.size for entry in use.entries),
        entries=sorted(use.entries, key=_by_size),
        largest=sorted(use.parts, key=_by_size)[:_LARGEST],
        notes=notes,
    )


@dataclass
class Size:
    """Bytes on the disk, and number of files."""

    size: int = 0
    files: int = 0


class Meter:
    """Counts each file once, however many names it has."""

    def __init__(self) -> None:
        self._seen: set[tuple[int, int]] = set()

    def measure(self, path: Path) -> Size:
        """Return what a file, or a folder and all below it, takes that was not counted yet."""
        total = Size()
        for _, stat, is_folder in walk(path):
            if (stat.st_dev, stat.st_ino) not in self._seen:
                self._seen.add((stat.st_dev, stat.st_ino))
                total.size += on_disk(stat)
                total.files += not is_folder
        return total


class _Use:
    """Collects entries: what is measured first counts what is shared."""

    def __init__(self, workspace: Workspace, meter: Meter) -> None:
        self._workspace = workspace
        self._meter = meter
        self.entries: list[DiskEntry] = []
        self.parts: list[DiskEntry] = []

    def add(self, kind: DiskKind, name: str, *paths: Path) -> None:
        """Measure paths as one entry."""
        sizes = [self._meter.measure(path) for path in paths]
        self._note(self.entries, kind, name, sizes)

    def add_stores(self) -> list[str]:
        """Measure the embedded store and, where it is on this machine, the one that is used."""
        notes: list[str] = []
        for store in {
            s.uri: s for s in (self._workspace.embedded_store, self._workspace.store)
        }.values():
            if store.embedded and not (store.sqlite_path and store.sqlite_path.exists()):
                continue
            if store.remote:
                notes.append(f"what {store.shown} keeps is on that server, and not counted")
                continue
            try:
                opened = open_client(self._workspace, store)
            except MlopsError as error:
                notes.append(f"runs by experiment: {error.message}")
            else:
                self._add_experiments(opened)
            self._add_store_files(store)
        return notes

    def add_data(self) -> None:
        """Measure DVC's cache, by the names of the data that have versions."""
        from mlops_jupyter.data.cache.dvc_store import cached_path
        from mlops_jupyter.data.catalog import automatic
        from mlops_jupyter.data.catalog.history import read

        try:
            folder = cached_path(self._workspace, "0" * 32).parents[1]
            versions = read(self._workspace)
        except MlopsError:  # no DVC here, or one that cannot be used: `doctor` says so
            return
        by_name: dict[str, set[str]] = {}
        for version in versions:
            by_name.setdefault(version.name, set()).add(version.hash)
        for name, hashes in sorted(by_name.items()):
            objects = [path for hash_ in sorted(hashes) for path in _cached(folder, hash_)]
            self.add("data", name, *objects)
        copies = {version.hash for version in automatic.read(self._workspace)}
        self.add("automatic", "", *(path for hash_ in copies for path in _cached(folder, hash_)))
        self.add("data", "(without a version)" if by_name or copies else "", folder.parents[1])

    def _add_experiments(self, opened: MlflowClient) -> None:
        from mlflow.entities import ViewType

        found = opened.search_experiments(view_type=ViewType.ALL)
        while True:
            for experiment in found:
                folder = local_folder(experiment.artifact_location or "")
                if folder is not None and folder.is_dir():
                    self._add_experiment(opened, experiment.name, folder)
            if not found.token:
                return
            found = opened.search_experiments(view_type=ViewType.ALL, page_token=found.token)

    def _add_experiment(self, opened: MlflowClient, name: str, folder: Path) -> None:
        runs: dict[str, Size] = {}
        models: dict[str, Size] = {}
        for child in sorted(folder.iterdir()):
            if child.name == "models":
                models |= {m.name: self._meter.measure(m) for m in sorted(child.iterdir())}
                models[""] = self._meter.measure(child)
            else:
                runs[child.name] = self._meter.measure(child)
        runs[""] = self._meter.measure(folder)
        self._note(self.entries, "artifacts", name, list(runs.values()))
        self._note(self.entries, "models", name, list(models.values()))
        for run_id, size in _largest(runs):
            self._note(self.parts, "artifacts", _run_name(opened, run_id), [size])
        for model_id, size in _largest(models):
            self._note(self.parts, "models", _model_name(opened, model_id), [size])

    def _add_store_files(self, store: Store) -> None:
        path = store.sqlite_path
        if path is None:
            return
        self.add("backups", "", *sorted(path.parent.glob(f"{path.stem}.*.backup.db")))
        beside = [path.with_name(path.name + end) for end in ("", "-wal", "-shm", "-journal")]
        self.add("store", os.path.relpath(path, self._workspace.root), *beside)

    @staticmethod
    def _note(to: list[DiskEntry], kind: DiskKind, name: str, sizes: list[Size]) -> None:
        size, files = sum(s.size for s in sizes), sum(s.files for s in sizes)
        if size or files:
            to.append(DiskEntry(kind=kind, name=name, size=size, files=files))


def _cached(folder: Path, hash_: str) -> list[Path]:
    """Return the objects of DVC's cache that hold a file, or a folder and its files."""
    path = folder / hash_[:2] / hash_[2:]
    if not hash_.endswith(".dir"):
        return [path]
    try:
        listed = [str(entry["md5"]) for entry in json.loads(path.read_bytes())]
    except (OSError, ValueError, KeyError, TypeError):  # not here, or not DVC's
        listed = []
    return [path, *(folder / md5[:2] / md5[2:] for md5 in listed if md5.isalnum())]


def _largest(sizes: dict[str, Size]) -> list[tuple[str, Size]]:
    named = [(name, size) for name, size in sizes.items() if name]
    return sorted(named, key=lambda entry: -entry[1].size)[:_LARGEST]


def _run_name(opened: MlflowClient, run_id: str) -> str:
    from mlflow.exceptions import MlflowException

    try:
        info = opened.get_run(run_id).info
    except MlflowException:
        return f"no run: {run_id}"
    deleted = ", deleted" if info.lifecycle_stage == "deleted" else ""
    return f"{info.run_name} (run:{run_id[:8]}{deleted})"


def _model_name(opened: MlflowClient, model_id: str) -> str:
    from mlflow.exceptions import MlflowException

    try:
        model = opened.get_logged_model(model_id)
    except MlflowException:
        return f"no model: {model_id}"
    return f"{model.name} ({model_id}, run:{(model.source_run_id or '?')[:8]})"


def _by_size(entry: DiskEntry) -> int:
    return -entry.size
