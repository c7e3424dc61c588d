"""What was deleted in the workspace's own store, and can go for good.

MLflow keeps deleted runs, models and experiments until they are removed for good, by functions of
its store that ``mlflow gc`` calls as well. Of registered models it takes no notice; this does.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_jupyter.data.upkeep.plan import walk
from mlops_jupyter.tracking.store import needed
from mlops_jupyter.tracking.store.locations import local_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta
    from pathlib import Path

    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel, Run

    from mlops_jupyter.tracking.store.records import FreedKind
    from mlops_jupyter.workspace import Workspace

_RUN = re.compile(r"[0-9a-f]{32}")
_MODEL = re.compile(r"m-[0-9a-f]{32}")


@dataclass(frozen=True)
class Deletion:
    """One thing that can go: its folders, whether it is still deleted, and its end."""

    kind: FreedKind
    folders: list[Path]
    still: Callable[[], bool] = lambda: True
    forget: Callable[[], None] = lambda: None


class Deleted:
    """Looks for what was deleted at least so long ago.

    Attributes
    ----------
    kept : list of str
        What stays though it was deleted, with the reason.
    """

    def __init__(self, workspace: Workspace, client: MlflowClient, least: timedelta) -> None:
        from mlflow.tracking._tracking_service.utils import _get_store

        self._workspace = workspace
        self._client = client
        self._store: Any = _get_store(workspace.embedded_store.uri)
        self._least = least
        self._before = int((time.time() - least.total_seconds()) * 1000)
        self._registry: set[str] = set()
        self._gone: set[str] = set()
        self.kept: list[str] = []

    def find(self) -> list[Deletion]:
        """Return what can go, in the order in which it has to."""
        # The folders are listed before the store is asked: a run is there before its folder.
        folders = [*self._folders()]
        self._registry = needed.by_registry(self._client)
        return [
            *self._runs(),
            *self._models(),
            *self._experiments(),
            *self._orphans(folders),
        ]

    def _runs(self) -> Iterator[Deletion]:
        old = self._store._get_deleted_runs(older_than=self._least_ms)  # noqa: SLF001
        if young := len(self._store._get_deleted_runs()) - len(old):  # noqa: SLF001
            self.kept.append(f"{young} deleted runs: deleted too lately (--older-than)")
        for run_id in old:
            run = self._client.get_run(run_id)
            models = self._models_of(run)
            folder = self._own(run.info.artifact_uri, run_id)
            if self._registry & {run_id, *(model.model_id for model in models)}:
                self.kept.append(f"deleted run {run_id[:8]}: a registered model needs it")
            elif run.info.status == "RUNNING":
                self.kept.append(f"deleted run {run_id[:8]}: it is still running")
            elif folder is None:
                self.kept.append(f"deleted run {run_id[:8]}: its files are not in this workspace")
            else:
                self._gone.add(run_id)
                for model in models:
                    yield from self._model(model, still=self._run_is_deleted(run_id))
                yield Deletion(
                    "runs",
                    [folder],
                    self._run_is_deleted(run_id),
                    lambda i=run_id: self._store._hard_delete_run(i),  # type: ignore[misc]  # noqa: SLF001
                )

    def _models(self) -> Iterator[Deletion]:
        for model_id in self._store._get_deleted_logged_models(self._least_ms):  # noqa: SLF001
            model = self._store.get_logged_model(model_id, allow_deleted=True)
            if {model_id, model.source_run_id} & self._registry:
                self.kept.append(f"deleted model {model_id}: a registered model needs it")
            elif model_id not in self._gone:
                yield from self._model(model, still=self._model_is_deleted(model_id))

    def _model(self, model: LoggedModel, still: Callable[[], bool]) -> Iterator[Deletion]:
        folder = self._own(model.artifact_location, model.model_id)
        if folder is not None:
            self._gone.add(model.model_id)
            yield Deletion(
                "models",
                [folder],
                still,
                lambda i=model.model_id: self._store._hard_delete_logged_model(i),  # type: ignore[misc]  # noqa: SLF001
            )

    def _experiments(self) -> Iterator[Deletion]:
        """Deleted experiments that nothing is left of."""
        for experiment_id, updated in self._rows(
            "SELECT experiment_id, last_update_time FROM experiments"
            " WHERE lifecycle_stage = 'deleted'"
        ):
            left = {
                *self._rows("SELECT run_uuid FROM runs WHERE experiment_id = ?", experiment_id),
                *self._rows(
                    "SELECT model_id FROM logged_models WHERE experiment_id = ?", experiment_id
                ),
            }
            if (updated or 0) <= self._before and {row[0] for row in left} <= self._gone:
                yield Deletion(
                    "experiments",
                    [],
                    self._experiment_is_deleted(str(experiment_id)),
                    lambda i=str(experiment_id): self._store._hard_delete_experiment(i),  # type: ignore[misc]  # noqa: SLF001
                )

    def _orphans(self, folders: list[Path]) -> Iterator[Deletion]:
        """Folders whose run or model the store does not know."""
        known = {row[0] for row in self._rows("SELECT run_uuid FROM runs")}
        known |= {row[0] for row in self._rows("SELECT model_id FROM logged_models")}
        for folder in folders:
            if folder.name not in known | self._registry and self._is_old(folder):
                yield Deletion("orphans", [folder])

    def _folders(self) -> Iterator[Path]:
        """Return the folders of runs and logged models."""
        top = self._workspace.artifacts_dir
        for experiment in _children(top):
            for child in _children(experiment):
                if _RUN.fullmatch(child.name):
                    yield child
                elif child.name == "models":
                    yield from (m for m in _children(child) if _MODEL.fullmatch(m.name))

    def _is_old(self, folder: Path) -> bool:
        newest = max((stat.st_mtime for _, stat, _ in walk(folder)), default=0.0)
        return newest * 1000 <= self._before

    def _models_of(self, run: Run) -> list[LoggedModel]:
        return list(
            self._client.search_logged_models(
                [run.info.experiment_id], filter_string=f"source_run_id = '{run.info.run_id}'"
            )
        )

    def _own(self, location: str, name: str) -> Path | None:
        """Return the folder of a run or model, if it is one and in this workspace."""
        folder = local_folder(location or "")
        if folder is None or folder.parent.name != name:
            return None
        top = self._workspace.artifacts_dir.resolve()
        return folder.parent if folder.parent.resolve().is_relative_to(top) else None

    def _run_is_deleted(self, run_id: str) -> Callable[[], bool]:
        return lambda: bool(self._client.get_run(run_id).info.lifecycle_stage == "deleted")

    def _model_is_deleted(self, model_id: str) -> Callable[[], bool]:
        return lambda: model_id in self._store._get_deleted_logged_models()  # noqa: SLF001

    def _experiment_is_deleted(self, experiment_id: str) -> Callable[[], bool]:
        return lambda: bool(self._client.get_experiment(experiment_id).lifecycle_stage == "deleted")

    @property
    def _least_ms(self) -> int:
        return int(self._least.total_seconds() * 1000)

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the store's file, read only: MLflow would bring whole runs."""
        path = self._workspace.embedded_store.sqlite_path
        assert path is not None  # noqa: S101 - the embedded store is a file
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute(query, values).fetchall()


def _children(folder: Path) -> list[Path]:
    try:
        return sorted(p for p in folder.iterdir() if p.is_dir() and not p.is_symlink())
    except OSError:
        return []
