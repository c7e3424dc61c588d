"""What a reference names: the node from which lineage is followed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter import references
from mlops_jupyter.data.catalog import history
from mlops_jupyter.data.catalog.guessing import did_you_mean
from mlops_jupyter.errors import NotFound
from mlops_jupyter.provenance import nodes
from mlops_jupyter.tracking.capture.context import relative
from mlops_jupyter.tracking.history import find
from mlops_jupyter.tracking.history.registered import model_version

if TYPE_CHECKING:
    from mlops_jupyter.provenance.contents import Contents
    from mlops_jupyter.provenance.finding import Finder
    from mlops_jupyter.provenance.records import LineageNode
    from mlops_jupyter.workspace import Workspace


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
        return nodes.of_model(model_version(finder.client, wanted))
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
