"""Reading runs back: ``mlops runs`` and ``mlops show``."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlops_jupyter.errors import NotFound, UsageError
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.records import (
    Artifact,
    Code,
    DataInput,
    Model,
    Run,
    Runs,
    RunSummary,
)
from mlops_jupyter.tracking.store import client as open_client

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun

    from mlops_jupyter.workspace import Workspace

_MAX_ARTIFACTS = 200
# A run's main metric, where nobody named one: the first of these it has, test before training.
_MAIN_METRICS = (
    "test_auc", "test_roc_auc", "val_auc", "auc", "roc_auc", "test_f1", "f1", "f1_score",
    "test_accuracy", "val_accuracy", "accuracy", "test_r2", "r2", "test_rmse", "rmse", "mae",
    "mean_test_score", "best_cv_score", "val_loss", "loss", "score",
)  # fmt: skip


def runs(workspace: Workspace, *, experiment: str | None = None, limit: int = 20) -> Runs:
    """List runs, newest first.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    experiment : str, optional
        Only runs of this experiment.
    limit : int
        At most so many (1 to 1000).

    Returns
    -------
    Runs
        The runs; ``more`` says whether there are older ones.

    Raises
    ------
    NotFound
        No such experiment; names the ones there are.
    StoreUnavailable
        The store does not answer.

    Examples
    --------
    >>> [run.name for run in runs(ws, experiment="trees").runs]
    ['forest']
    """
    if not 1 <= limit <= 1000:
        raise UsageError(f"limit is {limit}", "give a number from 1 to 1000")
    opened = open_client(workspace)
    experiments = {e.experiment_id: e.name for e in opened.search_experiments()}
    if experiment is not None:
        chosen = [key for key, value in experiments.items() if value == experiment]
        if not chosen:
            known = ", ".join(sorted(experiments.values())) or "none"
            raise NotFound(f"no experiment {experiment!r}", f"there are: {known}")
    else:
        chosen = list(experiments)
    page = (
        opened.search_runs(chosen, max_results=limit, order_by=["attributes.start_time DESC"])
        if chosen
        else []
    )
    return Runs(
        runs=[_summary(run, experiments) for run in page],
        store=workspace.store.shown,
        experiment=experiment,
        more=bool(getattr(page, "token", None)),
    )


def show(workspace: Workspace, reference: str) -> Run:
    """Return one run with what made it.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    reference : str
        ``run:ID``, an id or the beginning of one (six characters or more), a run's name, or
        ``last``.

    Raises
    ------
    NotFound
        No such run.
    UsageError
        Several runs match; lists them.

    Examples
    --------
    >>> show(ws, "forest").summary.params["n_estimators"]
    '5'
    """
    opened = open_client(workspace)
    run = find(opened, reference)
    experiment = opened.get_experiment(run.info.experiment_id)
    known: Mapping[str, str] = run.data.tags
    code = _json_tag(known, tags.CODE)
    return Run(
        summary=_summary(run, {run.info.experiment_id: experiment.name}),
        code=Code(
            commit=code.get("commit") or known.get(tags.GIT_COMMIT),
            branch=code.get("branch") or known.get(tags.GIT_BRANCH),
            changed=code.get("changed", []),
        ),
        inputs=[_data_input(entry) for entry in run.inputs.dataset_inputs] if run.inputs else [],
        models=_models(opened, run),
        artifacts=_artifacts(opened, run.info.run_id),
        environment={k: str(v) for k, v in _json_tag(known, tags.ENVIRONMENT).items()},
        tags=dict(known),
        error=known.get(tags.ERROR),
        store=workspace.store.shown,
    )


def newest_trained(workspace: Workspace) -> RunSummary | None:
    """Return the newest run that trained a model; None where there is none."""
    opened = open_client(workspace)
    experiments = {e.experiment_id: e.name for e in opened.search_experiments()}
    page = opened.search_runs(
        list(experiments),
        f"tags.`{tags.MODEL}` != ''",
        max_results=1,
        order_by=["attributes.start_time DESC"],
    )
    return _summary(page[0], experiments) if page else None


def find(opened: MlflowClient, reference: str) -> MlflowRun:
    """Find the run that a reference means; see `show`."""
    from mlflow.exceptions import MlflowException

    wanted = reference.removeprefix("run:").strip()
    everywhere = [e.experiment_id for e in opened.search_experiments()]
    newest = ["attributes.start_time DESC"]
    if wanted == "last":
        page = opened.search_runs(everywhere, max_results=1, order_by=newest)
        if not page:
            raise NotFound("there are no runs yet", "`%mlops track NAME`, then train something")
        return page[0]
    if len(wanted) == 32:
        try:
            return opened.get_run(wanted)
        except MlflowException:
            pass  # it may be a name of 32 letters
    for condition in (f"tags.`{tags.UID}` = {_quoted(wanted)}", f"run_name = {_quoted(wanted)}"):
        page = opened.search_runs(everywhere, condition, max_results=10, order_by=newest)
        if page:
            return _only(page, wanted)
    if len(wanted) >= 6 and wanted.isalnum():
        recent = opened.search_runs(everywhere, max_results=1000, order_by=newest)
        page = [run for run in recent if run.info.run_id.startswith(wanted)]
        if page:
            return _only(page, wanted)
    raise NotFound(f"no run {wanted!r}", "`mlops runs` lists them; `last` is the newest")


def _only(page: list[MlflowRun], wanted: str) -> MlflowRun:
    if len(page) == 1:
        return page[0]
    listed = ", ".join(f"run:{run.info.run_id}" for run in page[:5])
    raise UsageError(
        f"{wanted!r} may mean any of {len(page)} runs", f"name one by its id: {listed}"
    )


def _quoted(text: str) -> str:
    """Quote a value for MLflow's filter language, which has no escape for its own quote."""
    return f'"{text}"' if "'" in text else f"'{text}'"


def _summary(run: MlflowRun, experiments: Mapping[str, str]) -> RunSummary:
    known: Mapping[str, str] = run.data.tags
    started = _moment(run.info.start_time)
    ended = _moment(run.info.end_time)
    metrics = dict(run.data.metrics)
    return RunSummary(
        run_id=run.info.run_id,
        uid=known.get(tags.UID),
        name=run.info.run_name or run.info.run_id[:8],
        experiment=experiments.get(run.info.experiment_id, run.info.experiment_id),
        status=run.info.status,
        started=started or datetime.fromtimestamp(0, UTC),
        ended=ended,
        duration_s=(ended - started).total_seconds() if ended and started else None,
        params=dict(run.data.params),
        metrics=metrics,
        main_metric=main_metric(metrics, known.get(tags.MAIN_METRIC)),
        data=_json_list(known.get(tags.DATA)),
        model=known.get(tags.MODEL) or known.get("estimator_name"),
        notebook=known.get(tags.NOTEBOOK),
        parent_run_id=known.get(tags.PARENT),
    )


def main_metric(metrics: Mapping[str, float], named: str | None = None) -> str | None:
    """Return the metric to show where there is room for one.

    What the user logged comes before what was computed on the training data.

    Examples
    --------
    >>> main_metric({"training_score": 0.99, "test_auc": 0.7})
    'test_auc'
    """
    if named in metrics:
        return named
    for name in _MAIN_METRICS:
        if name in metrics:
            return name
    own = [name for name in metrics if not name.startswith(("training_", "system/"))]
    if own:
        return own[0]
    for name in ("training_roc_auc", "training_score"):
        if name in metrics:
            return name
    return next(iter(metrics), None)


def _data_input(entry: Any) -> DataInput:
    dataset = entry.dataset
    source = _parsed(dataset.source)
    profile = _parsed(dataset.profile)
    context = {tag.key: tag.value for tag in entry.tags}
    return DataInput(
        name=dataset.name,
        source=str(source.get("uri") or source.get("tags", {}).get("mlflow.source.name") or ""),
        digest=dataset.digest,
        version=context.get(tags.DATA),
        rows=profile.get("num_rows"),
        size=profile.get("size"),
    )


def _models(opened: MlflowClient, run: MlflowRun) -> list[Model]:
    found = opened.search_logged_models(
        [run.info.experiment_id], filter_string=f"source_run_id = '{run.info.run_id}'"
    )
    return [
        Model(name=model.name, uri=model.model_uri, flavor=model.tags.get(tags.MODEL))
        for model in found
    ]


def _artifacts(opened: MlflowClient, run_id: str) -> list[Artifact]:
    """List files, folders opened, up to a limit; hidden ones are ours and left out."""
    found: list[Artifact] = []
    folders = [""]
    while folders and len(found) < _MAX_ARTIFACTS:
        for entry in opened.list_artifacts(run_id, folders.pop(0) or None):
            if entry.is_dir:
                folders.append(entry.path)
            else:
                found.append(Artifact(path=entry.path, size=entry.file_size))
    return found[:_MAX_ARTIFACTS]


def _moment(milliseconds: int | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None
    except (OverflowError, ValueError, OSError):  # others write to the store as well
        return None


def _json_tag(known: Mapping[str, str], name: str) -> dict[str, Any]:
    return _parsed(known.get(name))


def _json_list(text: str | None) -> list[str]:
    try:
        value = json.loads(text or "[]")
    except ValueError:
        return []
    return [str(entry) for entry in value] if isinstance(value, list) else []


def _parsed(text: str | None) -> dict[str, Any]:
    """Read JSON that others may have written: anything but an object counts as empty."""
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
