"""The data that a run, or the run of a model, was trained on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_jupyter import references
from mlops_jupyter.errors import NotFound, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlflow.entities import Run as MlflowRun

    from mlops_jupyter.references import Reference
    from mlops_jupyter.tracking.run_parts import DataInput
    from mlops_jupyter.workspace import Workspace


@dataclass(frozen=True)
class Trained:
    """What a run was trained on.

    Attributes
    ----------
    data : str
        The data: a version, or a path that still holds the very content.
    label : str
        The run, for people.
    reference : str
        The run or the model, for another command.
    """

    data: str
    label: str
    reference: str


def trained_on(workspace: Workspace, wanted: Reference) -> Trained:
    """Return the data that a run was trained on.

    Parameters
    ----------
    workspace : Workspace
        Where the run is.
    wanted : Reference
        A run or a registered model.

    Raises
    ------
    NotFound
        There is no such run or model, or nothing that it was trained on is kept.
    UsageError
        It was trained on several data: the hint lists them.

    Examples
    --------
    >>> with mlops.track("trees", name="late"):
    ...     table = mlops.load("data:flights@v1")
    ...     fitted = model.fit(table[["temp"]], table["temp"] > 60)
    >>> trained_on(ws, references.parse("run:late")).data
    'data:flights@v1'
    """
    from mlops_jupyter.tracking.history import find, run_data
    from mlops_jupyter.tracking.history.registered import model_version
    from mlops_jupyter.tracking.store.opening import client

    opened = client(workspace)
    reference = None
    if wanted.kind == "model":
        version = model_version(opened, wanted)
        reference = f"model:{version.name}@{version.version}"
        if not version.run_id:
            raise NotFound(
                f"{reference} comes from no run: what it was trained on is not known",
                "give the data itself: a path, a data: version, $name",
            )
    run = find.run(opened, version.run_id if wanted.kind == "model" else wanted.name)
    label = _label(run)
    data = _chosen(workspace, run_data.inputs(run), reference or label)
    return Trained(
        data,
        f"{reference}, {label}" if reference else label,
        reference or f"run:{run.info.run_id}",
    )


def _label(run: MlflowRun) -> str:
    name = f" ({run.info.run_name})" if run.info.run_name else ""
    return f"run:{run.info.run_id[:8]}{name}"


def _chosen(workspace: Workspace, inputs: Sequence[DataInput], whose: str) -> str:
    read = [each for each in inputs if each.kind != "frame" and each.context != "earlier"]
    kept = {each.name: (each, ref) for each in read if (ref := _kept(workspace, each))}
    by_reference = {ref: each for each, ref in kept.values()}
    if not by_reference:
        lost = ", ".join(each.source or each.name for each in read)
        raise NotFound(
            f"nothing that {whose} was trained on is kept" + (f": {lost}" if lost else ""),
            "give the data itself; what a tracked run reads inside the workspace is copied within "
            "[data] copy_limit_mb, and `mlops data snapshot` keeps the rest",
        )
    if len(by_reference) > 1:
        given = [each for each in inputs if each.kind == "frame"]
        fitting = [ref for ref, each in by_reference.items() if _was_given(each, given)]
        by_reference = {ref: by_reference[ref] for ref in fitting if len(fitting) == 1} or (
            by_reference
        )
    if len(by_reference) > 1:
        raise UsageError(
            f"{whose} was trained on {len(by_reference)} data",
            f"name the one to compare with: {', '.join(by_reference)}",
        )
    return next(iter(by_reference))


def _kept(workspace: Workspace, entry: DataInput) -> str | None:
    """Return what gives the content of an input; None where that is gone."""
    if entry.version:
        return entry.version
    if entry.kind not in ("file", None) or not entry.source:
        return None
    path = workspace.root / entry.source
    if not path.is_file():
        return None
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, lambda: hashlib.md5(usedforsecurity=False))
    if digest.hexdigest() != entry.digest:
        return None
    # What git keeps is not copied; this is it still.
    return str(references.Reference("path", str(path)))


def _was_given(entry: DataInput, given: Sequence[DataInput]) -> bool:
    """Whether a frame given to ``fit`` has the rows and columns of a file."""
    columns = {column.name for column in entry.column_types}
    return any(
        frame.column_types
        and frame.rows == entry.rows
        and {column.name for column in frame.column_types} <= columns
        for frame in given
    )
