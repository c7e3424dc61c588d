"""Writing one run into a store."""

from __future__ import annotations

import contextlib
import random
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import uuid6

from mlops_jupyter.errors import BadInput, StoreUnavailable
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.capture import context
from mlops_jupyter.tracking.capture.masking import of_this_process as masker
from mlops_jupyter.tracking.store import liveness
from mlops_jupyter.tracking.store.metric_buffer import BUFFER
from mlops_jupyter.tracking.store.opening import client as open_client
from mlops_jupyter.tracking.store.opening import quiet_links
from mlops_jupyter.tracking.store.readiness import was_deleted
from mlops_jupyter.workspace import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlflow import MlflowClient

    from mlops_jupyter.tracking.capture.code import CodeState
    from mlops_jupyter.tracking.capture.resources import Usage
    from mlops_jupyter.workspace import Workspace

Final = Literal["FINISHED", "FAILED", "KILLED"]
RunKind = Literal["cell", "notebook", "script", "sweep", "pipeline"]

# What MLflow's stores take: longer values are cut, never refused.
_TAG_LIMIT = 5000
_PARAM_LIMIT = 6000
_BATCH = 1000


@dataclass
class OpenRun:
    """A run that is being written.

    Attributes
    ----------
    run_id : str
        MLflow's id.
    uid : str
        Our own id (UUIDv7), the same wherever the run goes.
    name, experiment : str
        As shown.
    experiment_id : str
        MLflow's id of the experiment.
    started_ms : int or None
        When it began, in milliseconds since 1970.
    attempt : int
        Which attempt of its cell it is.
    over : str or None
        How it ended; None while it is open.
    entity : mlflow.entities.Run
        As it was created.
    """

    client: MlflowClient = field(repr=False)
    run_id: str
    uid: str
    name: str
    experiment: str
    experiment_id: str
    started_ms: int | None = None
    attempt: int = 1
    over: Final | None = None
    entity: Any = field(default=None, repr=False)

    def log_params(self, params: Mapping[str, object]) -> None:
        """Record parameters, as text."""
        from mlflow.entities import Param

        masked = {key: masker().value(key, str(value)) for key, value in params.items()}
        entities = [Param(key, value[:_PARAM_LIMIT]) for key, value in masked.items()]
        self.client.log_batch(self.run_id, params=entities)

    def log_metrics(self, metrics: Mapping[str, float], step: int = 0) -> None:
        """Record metrics, all at one moment."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        entities = [Metric(key, float(value), now, step) for key, value in metrics.items()]
        self.client.log_batch(self.run_id, metrics=entities)

    def log_usage(self, usage: Usage, *, prefix: str = "") -> None:
        """Record what was used, `prefix` before the names of totals; written when the run ends."""
        BUFFER.add(self.client, self.run_id, usage.named(prefix))
        curves = usage.curve_points()
        for start in range(0, len(curves), _BATCH):
            self.client.log_batch(self.run_id, metrics=curves[start : start + _BATCH])

    def set_tags(self, values: Mapping[str, str]) -> None:
        """Set tags; longer values than a store takes are cut."""
        from mlflow.entities import RunTag

        entities = [RunTag(key, value[:_TAG_LIMIT]) for key, value in values.items()]
        self.client.log_batch(self.run_id, tags=entities)

    def log_artifact(self, path: Path, folder: str = "") -> None:
        """Store a file with the run, below `folder`."""
        self.client.log_artifact(self.run_id, str(path), folder or None)

    def finish(self, status: Final = "FINISHED", error: str | None = None) -> None:
        """Close the run, once what was logged is written; `error` is kept as a tag."""
        BUFFER.flush()
        if error:
            self.set_tags({tags.ERROR: masker().text(error)})
        with quiet_links():
            self.client.set_terminated(self.run_id, status)
        liveness.ended(self.run_id)
        self.over = status


def traceback_of(error: BaseException | None) -> str | None:
    """Return the end of an error's traceback, as long as a tag may be."""
    if error is None:
        return None
    # Masked before it is cut: half a credential looks like none.
    return masker().text("".join(traceback.format_exception(error)))[-4000:]


def open_run(
    workspace: Workspace,
    *,
    experiment: str,
    name: str | None = None,
    extra_tags: Mapping[str, str] | None = None,
    run_kind: RunKind = "notebook",
    parent_run_id: str | None = None,
    store: Store | None = None,
) -> OpenRun:
    """Create a run that carries its identity, code state and notebook.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    experiment : str
        Name of the experiment; made when missing.
    name : str, optional
        Name of the run; MLflow invents one otherwise.
    extra_tags : mapping, optional
        Further tags.
    run_kind : {"cell", "notebook", "script", "sweep", "pipeline"}
        What made it.
    parent_run_id : str, optional
        The run it belongs to.
    store : Store, optional
        Another store than the workspace's choice.

    Raises
    ------
    StoreUnavailable
        The store does not answer.
    Conflict
        The experiment was deleted.
    """
    opened = open_client(workspace, store)
    return create(
        opened,
        workspace,
        experiment_id=ensure_experiment(opened, workspace, experiment, store),
        experiment=experiment,
        name=name,
        extra_tags=extra_tags or {},
        run_kind=run_kind,
        parent_run_id=parent_run_id,
    )


def create(
    opened: MlflowClient,
    workspace: Workspace,
    *,
    experiment_id: str,
    experiment: str,
    name: str | None,
    extra_tags: Mapping[str, str],
    run_kind: RunKind,
    parent_run_id: str | None = None,
    namespace: dict[str, object] | None = None,
    code: CodeState | None = None,
    started_ms: int | None = None,
) -> OpenRun:
    """Create a run through a client that is open already; see `open_run`."""
    uid = str(uuid6.uuid7())
    all_tags = {
        tags.UID: uid,
        tags.KIND: run_kind,
        **context.tags_of_here(workspace, namespace, code),
        **extra_tags,
    }
    if parent_run_id:
        all_tags[tags.PARENT] = parent_run_id
    store = _store_of(opened, workspace)
    _there(store)
    all_tags |= liveness.sign(workspace, store)
    with _own_chance():
        run = opened.create_run(
            experiment_id,
            started_ms,
            tags={key: value[:_TAG_LIMIT] for key, value in all_tags.items()},
            run_name=name,
        )
    liveness.opened(workspace, store, run.info.run_id)
    return OpenRun(
        opened,
        run.info.run_id,
        uid,
        run.info.run_name or "",
        experiment,
        experiment_id,
        started_ms=run.info.start_time,
        entity=run,
    )


def _there(store: Store) -> None:
    """Refuse to write into a file that was removed: an open connection would go on doing so.

    Raises
    ------
    StoreUnavailable
        It was.
    """
    if store.sqlite_path is not None and not store.sqlite_path.exists():
        raise StoreUnavailable(
            f"the tracking store {store.shown} was removed", "restart the kernel"
        )


def _store_of(opened: MlflowClient, workspace: Workspace) -> Store:
    """Return the store that a client is of: a notebook may have gone to another meanwhile."""
    uri = opened.tracking_uri
    known = (workspace.store, workspace.embedded_store)
    return next((store for store in known if store.uri == uri), Store(uri, "a client"))


@contextlib.contextmanager
def _own_chance() -> Iterator[None]:
    """Let MLflow draw a run's name without touching the user's seeded random numbers."""
    before = random.getstate()
    random.seed()
    try:
        yield
    finally:
        random.setstate(before)


def ensure_experiment(
    opened: MlflowClient, workspace: Workspace, experiment: str, store: Store | None = None
) -> str:
    """Return the id of an experiment, made when missing.

    Raises
    ------
    BadInput
        The name is empty.
    Conflict
        It was deleted.
    """
    from mlflow.exceptions import MlflowException

    if not experiment.strip():
        raise BadInput("an experiment needs a name", "mlops track NAME")
    found = opened.get_experiment_by_name(experiment)
    if found is None:
        try:
            return str(opened.create_experiment(experiment, _artifact_root(workspace, store)))
        except MlflowException:  # another process made it in between
            found = opened.get_experiment_by_name(experiment)
            if found is None:
                raise
    if found.lifecycle_stage == "deleted":
        raise was_deleted(store or workspace.store, experiment, str(found.experiment_id))
    return str(found.experiment_id)


def _artifact_root(workspace: Workspace, store: Store | None) -> str | None:
    """Artifacts of the embedded store stay in the workspace, whatever folder one is in."""
    if not (store or workspace.store).embedded:
        return None
    return (workspace.artifacts_dir / str(uuid6.uuid7())[-12:]).as_uri()
