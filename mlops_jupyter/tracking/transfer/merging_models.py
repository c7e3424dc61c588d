"""Bringing the models of a run into a store; see `merging`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.transfer import files, places
from mlops_jupyter.tracking.transfer.description import uid_of
from mlops_jupyter.tracking.transfer.reading import models_of
from mlops_jupyter.tracking.transfer.steps import Step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel
    from mlflow.entities import Run as MlflowRun

    from mlops_jupyter.tracking.transfer.description import ModelPart
    from mlops_jupyter.tracking.transfer.steps import Steps


class Models:
    """The models of one run that is there.

    Parameters
    ----------
    client : MlflowClient
        The store's.
    run : Run
        The run, as it is there.
    ledgers : Path
        Where it is noted what has arrived.
    steps : callable
        Called after each step.
    """

    def __init__(self, client: MlflowClient, run: MlflowRun, ledgers: Path, steps: Steps) -> None:
        self._client = client
        self._run = run
        self._ledgers = ledgers
        self._steps = steps

    def merge(self, parts: Sequence[ModelPart], where: Mapping[str, Path]) -> None:
        """Bring models in: identity first, then files, then the word that they are ready."""
        if not parts:
            return
        there = _by_uid(self._client, self._run)
        for part in parts:
            model = there.get(part.uid)
            if model is None:
                model = _create(self._client, self._run, part)
                self._steps(Step.MODEL_CREATED)
            prefix = f"models/{part.uid}/"
            wanted = {
                name.removeprefix(prefix): path
                for name, path in where.items()
                if name.startswith(prefix)
            }
            self._put_files(model, wanted)
            _log_metrics(self._client, self._run, model, part)
            _finish(self._client, self._run, model, part)

    def _put_files(self, model: LoggedModel, wanted: Mapping[str, Path]) -> None:
        place = places.of_model(
            self._client, model.model_id, model.artifact_location, self._ledgers
        )
        # MLmodel last: what has one is a whole model to whoever lists the folder.
        first = {name: path for name, path in wanted.items() if name != files.MLMODEL}
        places.fill(place, first, lambda: self._steps(Step.MODEL_FILE))
        if files.MLMODEL not in wanted:
            return
        with tempfile.TemporaryDirectory(prefix="mlops-model-") as folder:
            path = wanted[files.MLMODEL]
            content = files.settled(
                path,
                artifact_path=model.artifact_location,
                model_id=model.model_id,
                run_id=self._run.info.run_id,
            )
            if content is not None:
                path = Path(folder, files.MLMODEL)
                path.write_bytes(content)
            places.fill(place, {files.MLMODEL: path}, lambda: self._steps(Step.MODEL_FILE))


def _by_uid(client: MlflowClient, run: MlflowRun) -> dict[str, LoggedModel]:
    """Return the run's models by their uid; of two by a lost answer, the one that is ready."""
    found: dict[str, LoggedModel] = {}
    for model in sorted(models_of(client, run), key=lambda m: (not _ready(m), m.model_id)):
        uid = uid_of(model.tags.get(tags.UID), model.model_id)
        if uid in found and not _ready(model):
            client.delete_logged_model(model.model_id)
        found.setdefault(uid, model)
    return found


def _create(client: MlflowClient, run: MlflowRun, part: ModelPart) -> LoggedModel:
    client.create_logged_model(
        run.info.experiment_id,
        name=part.name,
        source_run_id=run.info.run_id,
        tags={**part.tags, tags.UID: part.uid},
        params=part.params,
        model_type=part.model_type,
    )
    return _by_uid(client, run)[part.uid]


def _log_metrics(client: MlflowClient, run: MlflowRun, model: LoggedModel, part: ModelPart) -> None:
    from mlflow.entities import Metric

    there = {(m.key, repr(m.value), m.timestamp, m.step) for m in model.metrics or []}
    missing = [
        Metric(
            m.key, m.value, m.timestamp, m.step,
            model_id=model.model_id, dataset_name=m.dataset_name, dataset_digest=m.dataset_digest,
            run_id=run.info.run_id,
        )
        for m in part.metrics
        if (m.key, repr(m.value), m.timestamp, m.step) not in there
    ]  # fmt: skip
    client.log_batch(run.info.run_id, metrics=missing)


def _finish(client: MlflowClient, run: MlflowRun, model: LoggedModel, part: ModelPart) -> None:
    from mlflow.entities import LoggedModelOutput

    changed = {key: value for key, value in part.tags.items() if model.tags.get(key) != value}
    if changed:
        client.set_logged_model_tags(model.model_id, changed)
    outputs = run.outputs.model_outputs if run.outputs else []
    if model.model_id not in {output.model_id for output in outputs}:
        client.log_outputs(run.info.run_id, [LoggedModelOutput(model.model_id, part.step)])
    if part.ready and not _ready(model):
        client.finalize_logged_model(model.model_id, "READY")


def _ready(model: LoggedModel) -> bool:
    return str(model.status) == "READY"
