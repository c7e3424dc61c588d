"""Reading a run out of a store, whole."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.capture.objects import local_folder
from mlops_jupyter.tracking.history.summaries import json_tag
from mlops_jupyter.tracking.transfer import files
from mlops_jupyter.tracking.transfer.description import (
    FileEntry,
    InputData,
    ModelMetric,
    ModelPart,
    Point,
    RunDescription,
    uid_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel
    from mlflow.entities import Run as MlflowRun

    from mlops_jupyter.tracking.transfer.privacy import Leaves

# What a store, or a process, notes for itself.
_STAYS = frozenset(
    {tags.UID, tags.MERGED, tags.ORIGIN_ID, tags.PARENT, tags.PARENT_UID, tags.SESSION, tags.LEASE,
     "mlflow.runName", "mlflow.log-model.history"}
)  # fmt: skip
_NO_BAR = "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"


@dataclass(frozen=True)
class Described:
    """A run's description, and where its files lie on this machine while they are needed."""

    description: RunDescription
    places: dict[str, Path]


@contextlib.contextmanager
def described(client: MlflowClient, run_id: str, leaves: Leaves) -> Iterator[Described]:
    """Read a run; files of a server are fetched to a folder that is gone afterwards.

    Parameters
    ----------
    client : MlflowClient
        The store's.
    run_id : str
        MLflow's id.
    leaves : Leaves
        What may leave this machine.
    """
    now = int(time.time() * 1000)
    run = client.get_run(run_id)
    models = models_of(client, run)
    with tempfile.TemporaryDirectory(prefix="mlops-run-") as folder:
        scratch = Path(folder)
        places = _files_of_run(client, run, scratch, leaves)
        for model in models:
            places |= _files_of_model(client, model, scratch / "models", leaves)
        description = _description(client, run, models, places, now)
        merged = json_tag(run.data.tags, tags.MERGED)
        if merged.get("digest") == description.digest and isinstance(merged.get("at"), int):
            # Nothing was added here: it is the state of then, not of now.
            description = description.model_copy(update={"described_at": merged["at"]})
        yield Described(description, places)


def models_of(client: MlflowClient, run: MlflowRun) -> list[LoggedModel]:
    """Return the models a run logged."""
    found: list[LoggedModel] = []
    token = None
    while True:
        page = client.search_logged_models(
            [run.info.experiment_id],
            filter_string=f"source_run_id = '{run.info.run_id}'",
            page_token=token,
        )
        found += page
        token = page.token
        if not token:
            return found


def fingerprint(run: MlflowRun) -> str:
    """Return what changes when a run does; cheap, where its files lie on this machine."""
    parts: list[object] = [
        run.info.status, run.info.end_time, run.info.run_name,
        sorted(run.data.params.items()),
        sorted((k, v) for k, v in run.data.tags.items() if travels(k) or k == tags.PARENT),
        sorted((m.key, m.value, m.timestamp, m.step) for m in _latest(run)),
        sorted((i.dataset.name, i.dataset.digest) for i in run.inputs.dataset_inputs),
        sorted(output.model_id for output in run.outputs.model_outputs) if run.outputs else [],
    ]  # fmt: skip
    folder = local_folder(run.info.artifact_uri)
    if folder is not None and folder.is_dir():
        for name, path in files.inside(folder):
            stat = path.stat()
            parts.append((name, stat.st_size, stat.st_mtime_ns))
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def travels(tag: str) -> bool:
    """Whether a tag goes where the run goes."""
    return tag not in _STAYS and not tag.startswith(tags.SYNC)


def parent_uid(client: MlflowClient, run: MlflowRun) -> str | None:
    """Return the uid of the run that a run belongs to."""
    from mlflow.exceptions import MlflowException

    known = run.data.tags
    parent = known.get(tags.PARENT)
    if parent:
        try:
            return uid_of(client.get_run(parent).data.tags.get(tags.UID), parent)
        except MlflowException:
            pass  # not in this store
    carried = known.get(tags.PARENT_UID)
    return uid_of(carried, carried) if carried else None


def _latest(run: MlflowRun) -> list[Any]:
    """Return the newest point of each metric; the public `metrics` has the values alone."""
    return list(getattr(run.data, "_metric_objs", []))


def _description(
    client: MlflowClient,
    run: MlflowRun,
    models: list[LoggedModel],
    places: dict[str, Path],
    now: int,
) -> RunDescription:
    known = run.data.tags
    steps = {o.model_id: o.step for o in run.outputs.model_outputs} if run.outputs else {}
    return RunDescription(
        uid=uid_of(known.get(tags.UID), run.info.run_id),
        origin_run_id=known.get(tags.ORIGIN_ID) or run.info.run_id,
        name=run.info.run_name or run.info.run_id[:8],
        experiment=client.get_experiment(run.info.experiment_id).name,
        status=run.info.status,
        started=run.info.start_time or 0,
        ended=run.info.end_time,
        parent_uid=parent_uid(client, run),
        params=dict(sorted(run.data.params.items())),
        metrics={key: _history(client, run, key) for key in sorted(run.data.metrics)},
        tags={key: known[key] for key in sorted(known) if travels(key)},
        inputs=_inputs(run),
        models=sorted(
            (_model(model, run, steps.get(model.model_id, 0)) for model in models),
            key=lambda part: part.uid,
        ),
        files=[
            FileEntry(path=path, size=place.stat().st_size, sha256=files.sha256(place))
            for path, place in sorted(places.items())
        ],
        described_at=now,
    )


def _history(client: MlflowClient, run: MlflowRun, key: str) -> list[Point]:
    points = client.get_metric_history(run.info.run_id, key)
    return sorted(((p.value, p.timestamp, p.step) for p in points), key=repr)


def _inputs(run: MlflowRun) -> list[InputData]:
    found = [
        InputData(
            name=entry.dataset.name,
            digest=entry.dataset.digest,
            source_type=entry.dataset.source_type,
            source=entry.dataset.source,
            schema_text=entry.dataset.schema or None,
            profile=entry.dataset.profile or None,
            tags={tag.key: tag.value for tag in sorted(entry.tags, key=lambda tag: str(tag.key))},
        )
        for entry in run.inputs.dataset_inputs
    ]
    return sorted(found, key=lambda entry: (entry.name, entry.digest))


def _model(model: LoggedModel, run: MlflowRun, step: int) -> ModelPart:
    metrics = [
        ModelMetric(
            key=metric.key,
            value=metric.value,
            timestamp=metric.timestamp,
            step=metric.step,
            dataset_name=metric.dataset_name,
            dataset_digest=metric.dataset_digest,
        )
        for metric in model.metrics or []
        if metric.run_id in {None, run.info.run_id}  # other runs bring theirs
    ]
    return ModelPart(
        uid=uid_of(model.tags.get(tags.UID), model.model_id),
        name=model.name,
        model_type=model.model_type or None,
        ready=str(model.status) == "READY",
        step=step,
        params=dict(sorted(model.params.items())),
        tags={key: model.tags[key] for key in sorted(model.tags) if travels(key)},
        metrics=sorted(metrics, key=repr),
    )


def _files_of_run(
    client: MlflowClient, run: MlflowRun, scratch: Path, leaves: Leaves
) -> dict[str, Path]:
    folder = local_folder(run.info.artifact_uri)
    if folder is None:
        folder = scratch / "fetched"
        folder.mkdir()
        with _no_progress_bar():
            if client.list_artifacts(run.info.run_id):
                client.download_artifacts(run.info.run_id, "", str(folder))
    found: dict[str, Path] = {}
    for name, path in files.inside(folder):
        if leaves.takes(name):
            content = leaves.cleaned(name, path)
            found[f"artifacts/{name}"] = (
                path if content is None else _written(scratch / "cleaned" / name, content)
            )
    return found


def _written(place: Path, content: bytes) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return place


def _files_of_model(
    client: MlflowClient, model: LoggedModel, scratch: Path, leaves: Leaves
) -> dict[str, Path]:
    uid = uid_of(model.tags.get(tags.UID), model.model_id)
    folder = local_folder(model.artifact_location)
    if folder is None:
        import mlflow.artifacts

        folder = scratch / "fetched" / uid
        folder.mkdir(parents=True)
        with _no_progress_bar():
            if client.list_logged_model_artifacts(model.model_id):
                folder = Path(
                    mlflow.artifacts.download_artifacts(
                        artifact_uri=model.artifact_location,
                        dst_path=str(folder),
                        tracking_uri=client.tracking_uri,
                    )
                )
    found = dict(files.inside(folder))
    if files.MLMODEL in found:
        content, withheld = files.portable(found[files.MLMODEL], examples=leaves.examples)
        for name in withheld:
            found.pop(name, None)
        if content is not None:
            found[files.MLMODEL] = _written(scratch / uid / files.MLMODEL, content)
    return {f"models/{uid}/{name}": path for name, path in found.items()}


@contextlib.contextmanager
def _no_progress_bar() -> Iterator[None]:
    before = os.environ.get(_NO_BAR)
    os.environ[_NO_BAR] = "false"
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(_NO_BAR, None)
        else:
            os.environ[_NO_BAR] = before
