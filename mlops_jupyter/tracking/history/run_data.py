"""The data of a run, out of what this package, MLflow or anybody else wrote about it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.history import foreign
from mlops_jupyter.tracking.history.summaries import parsed
from mlops_jupyter.tracking.run_parts import DataColumn, DataInput, DataOutput
from mlops_jupyter.workspace import without_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlflow.entities import Run as MlflowRun

_MAX_INPUTS = 200
_MAX_COLUMNS = 200
# Where a source says what it is, in the order of trust.
_PLACES = (("uri",), ("url",), ("path",), ("tags", "mlflow.source.name"))


def inputs(run: MlflowRun) -> list[DataInput]:
    """Return what a run read."""
    found = run.inputs.dataset_inputs if run.inputs else []
    return [_input(entry) for entry in found[:_MAX_INPUTS]]


def outputs(known: Mapping[str, str]) -> list[DataOutput]:
    """Return what a run's cell wrote."""
    try:
        value: Any = json.loads(known.get(tags.OUTPUTS) or "[]")
    except (ValueError, RecursionError):
        return []
    return [
        DataOutput(
            path=path,
            size=foreign.whole(entry.get("size")),
            digest=foreign.text(entry.get("digest")),
            version=foreign.text(entry.get("version")),
        )
        for entry in (value if isinstance(value, list) else [])[:_MAX_INPUTS]
        if isinstance(entry, dict) and (path := foreign.text(entry.get("path")))
    ]


def _input(entry: Any) -> DataInput:
    dataset = entry.dataset
    source, profile = parsed(dataset.source), parsed(dataset.profile)
    said = {tag.key: tag.value for tag in entry.tags}
    places = (foreign.text(foreign.part(source, *keys)) for keys in _PLACES)
    query = foreign.text(source.get("sql"))
    return DataInput(
        name=dataset.name,
        source=without_credentials(next(filter(None, places), "")),
        digest=dataset.digest,
        version=said.get(tags.DATA),
        context=said.get(tags.DATA_CONTEXT),
        rows=foreign.whole(profile.get("num_rows")),
        columns=foreign.whole(profile.get("num_columns")),
        size=foreign.whole(profile.get("size")),
        files=foreign.whole(profile.get("num_files")),
        kind=foreign.text(profile.get("kind")),
        etag=foreign.text(profile.get("etag")),
        query=without_credentials(query) if query else None,
        column_types=_columns(parsed(dataset.schema)),
    )


def _columns(schema: Any) -> list[DataColumn]:
    listed = foreign.part(schema, "mlflow_colspec")
    found = []
    for entry in listed[:_MAX_COLUMNS] if isinstance(listed, list) else []:
        name = foreign.text(foreign.part(entry, "name"))
        kinds = (foreign.text(foreign.part(entry, key)) for key in ("dtype", "type"))
        kind = next(filter(None, kinds), "")
        if name:
            found.append(DataColumn(name=name, type=kind))
    return found
