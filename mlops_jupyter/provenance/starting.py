"""What a reference names: the node from which lineage is followed."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter import references
from mlops_jupyter.data.catalog import history
from mlops_jupyter.data.catalog.guessing import did_you_mean
from mlops_jupyter.errors import NotFound
from mlops_jupyter.provenance import nodes
from mlops_jupyter.tracking.capture.context import relative
from mlops_jupyter.tracking.history import find

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

    from mlops_jupyter.provenance.contents import Contents
    from mlops_jupyter.provenance.finding import Finder
    from mlops_jupyter.provenance.records import LineageNode
    from mlops_jupyter.references import Reference
    from mlops_jupyter.workspace import Workspace

_SHOWN = 8


def start(workspace: Workspace, finder: Finder, contents: Contents, reference: str) -> LineageNode:
    """Return the node that a reference names.

    Raises
    ------
    NotFound
        There is no such thing, and no run knows a file of that name.
    UsageError
        It may mean several runs; or it has a misspelt prefix.
    """
    wanted = references.parse(reference)
    if wanted.kind == "run":
        return _run(finder, wanted.name)
    if wanted.kind == "model":
        return nodes.of_model(_model(finder, wanted))
    if wanted.kind == "data":
        return nodes.of_version(history.resolve(workspace, wanted), contents)
    return _path_or_run(workspace, finder, contents, wanted.name)


def _run(finder: Finder, name: str) -> LineageNode:
    try:
        found = find.run(finder.client, name)
    except NotFound:
        try:
            found = find.run(finder.client, name, deleted=True)
        except NotFound:
            found = None
        if found is None:
            raise
    return nodes.of_run(found, finder.experiments)


def _path_or_run(
    workspace: Workspace, finder: Finder, contents: Contents, name: str
) -> LineageNode:
    path = relative(workspace, Path.cwd() / name)
    there = (workspace.root / path).exists()
    if Path(name).suffix in (".ipynb", ".py") and (there or finder.of_notebook(path)):
        return nodes.of_notebook(path)
    if there:
        digest = contents.hash_now(path)
        if digest is None:
            finder.missing[
                f"{path}: it was not hashed (too large, or it may not be read); "
                "what is known goes by its name"
            ] = None
        return nodes.of_file(path, digest, contents)
    if finder.writers_at(path) or finder.readers_at(path):
        return nodes.of_file(path, "", contents)
    try:
        return _run(finder, name)
    except NotFound:
        raise NotFound(
            f"there is no file {name!r}, no run that read or wrote it, and no run of that name",
            did_you_mean(workspace, name)
            or "write run:ID, model:NAME@VERSION, data:NAME@vN, or the path of a file or notebook",
        ) from None


def _model(finder: Finder, wanted: Reference) -> ModelVersion:
    from mlflow.exceptions import MlflowException

    client = finder.client
    try:
        if wanted.version is None:
            return _newest(finder, wanted.name)
        if wanted.version.isdigit():
            return client.get_model_version(wanted.name, wanted.version)
        return client.get_model_version_by_alias(wanted.name, wanted.version)
    except MlflowException as error:
        if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise
        raise NotFound(f"there is no {wanted}", _there_are(finder, wanted.name)) from None


def _newest(finder: Finder, name: str) -> ModelVersion:
    # By the name's own latest: a filter could not hold every sign that a name may have.
    found = _versions(finder, name)
    if not found:
        raise NotFound(f"there is no model:{name}", _there_are(finder, name))
    return max(found, key=lambda version: int(version.version))


def _versions(finder: Finder, name: str) -> list[ModelVersion]:
    quoted = find.quoted(name)
    if quoted is None:
        return []
    found: list[ModelVersion] = []
    token = None
    while True:
        page = finder.client.search_model_versions(
            f"name = {quoted}", max_results=1000, page_token=token
        )
        found += page
        token = page.token
        if not token:
            return found


def _there_are(finder: Finder, name: str) -> str:
    if versions := _versions(finder, name):
        numbers = sorted((int(each.version) for each in versions), reverse=True)
        return f"its versions: {', '.join(map(str, numbers[:_SHOWN]))}"
    names = [model.name for model in finder.client.search_registered_models(max_results=1000)]
    if close := difflib.get_close_matches(name, names, n=1):
        return f"did you mean model:{close[0]}?"
    return f"registered are: {', '.join(sorted(names)[:_SHOWN])}" if names else "none is registered"
