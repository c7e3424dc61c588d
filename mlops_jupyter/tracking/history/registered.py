"""Versions of registered models: looking one up by its reference."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from mlops_jupyter.errors import NotFound
from mlops_jupyter.tracking.history import find

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun
    from mlflow.entities.model_registry import ModelVersion

    from mlops_jupyter.references import Reference

_SHOWN = 8


def model_version(client: MlflowClient, wanted: Reference) -> ModelVersion:
    """Return the version of a registered model that a reference names.

    Raises
    ------
    NotFound
        There is none; the hint knows those that are there.
    """
    from mlflow.exceptions import MlflowException

    try:
        if wanted.version is None:
            return _newest(client, wanted.name)
        if wanted.version.isdigit():
            return client.get_model_version(wanted.name, wanted.version)
        return client.get_model_version_by_alias(wanted.name, wanted.version)
    except MlflowException as error:
        if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise
        raise NotFound(f"there is no {wanted}", _there_are(client, wanted.name)) from None


def run_of(client: MlflowClient, wanted: Reference) -> tuple[MlflowRun, ModelVersion | None]:
    """Return the run that a reference names, or that made the model version that it names.

    Raises
    ------
    NotFound
        There is no such run or version, or the version comes from no run.
    UsageError
        Several runs match; lists them.
    """
    if wanted.kind != "model":
        return find.run(client, wanted.name), None
    version = model_version(client, wanted)
    if not version.run_id:
        raise NotFound(
            f"model:{version.name}@{version.version} comes from no run, where its training is "
            "recorded",
            "name the run that trained it: run:ID",
        )
    return find.run(client, version.run_id), version


def _newest(client: MlflowClient, name: str) -> ModelVersion:
    # By the name's own latest: a filter could not hold every sign that a name may have.
    found = _versions(client, name)
    if not found:
        raise NotFound(f"there is no model:{name}", _there_are(client, name))
    return max(found, key=lambda version: int(version.version))


def _versions(client: MlflowClient, name: str) -> list[ModelVersion]:
    quoted = find.quoted(name)
    if quoted is None:
        return []
    found: list[ModelVersion] = []
    token = None
    while True:
        page = client.search_model_versions(f"name = {quoted}", max_results=1000, page_token=token)
        found += page
        token = page.token
        if not token:
            return found


def _there_are(client: MlflowClient, name: str) -> str:
    if versions := _versions(client, name):
        numbers = sorted((int(each.version) for each in versions), reverse=True)
        return f"its versions: {', '.join(map(str, numbers[:_SHOWN]))}"
    names = [model.name for model in client.search_registered_models(max_results=1000)]
    if close := difflib.get_close_matches(name, names, n=1):
        return f"did you mean model:{close[0]}?"
    return f"registered are: {', '.join(sorted(names)[:_SHOWN])}" if names else "none is registered"
