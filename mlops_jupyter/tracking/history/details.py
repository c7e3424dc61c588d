"""``mlops show``: one run with what made it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.history import find
from mlops_jupyter.tracking.history.summaries import json_tag, parsed, summary
from mlops_jupyter.tracking.records import Artifact, Code, DataInput, Model, Run
from mlops_jupyter.tracking.store.opening import client as open_client

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun

    from mlops_jupyter.workspace import Workspace

_MAX_ARTIFACTS = 200


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
    run = find.run(opened, reference)
    experiment = opened.get_experiment(run.info.experiment_id)
    known: Mapping[str, str] = run.data.tags
    code = json_tag(known, tags.CODE)
    return Run(
        summary=summary(run, {run.info.experiment_id: experiment.name}),
        code=Code(
            commit=code.get("commit") or known.get(tags.GIT_COMMIT),
            branch=code.get("branch") or known.get(tags.GIT_BRANCH),
            changed=code.get("changed", []),
        ),
        inputs=[_data_input(entry) for entry in run.inputs.dataset_inputs] if run.inputs else [],
        models=_models(opened, run),
        artifacts=_artifacts(opened, run.info.run_id),
        environment={k: str(v) for k, v in json_tag(known, tags.ENVIRONMENT).items()},
        tags=dict(known),
        error=known.get(tags.ERROR),
        store=workspace.store.shown,
    )


def _data_input(entry: Any) -> DataInput:
    dataset = entry.dataset
    source = parsed(dataset.source)
    profile = parsed(dataset.profile)
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
