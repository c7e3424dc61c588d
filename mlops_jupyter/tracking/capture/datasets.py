"""Data of a run in MLflow's form: a dataset with its source, schema and profile."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow.entities import Dataset

    from mlops_jupyter.tracking.run_parts import DataInput

# Kind -> MLflow's name for the type of a source; addresses have their scheme's.
_SOURCE_TYPES = {"file": "local", "folder": "local", "sql": "sql"}


def of(entry: DataInput) -> Dataset:
    """Return an input as the dataset that MLflow's pages show."""
    from mlflow.entities import Dataset

    source: dict[str, Any] = {"uri": entry.source}
    kind = _SOURCE_TYPES.get(entry.kind or "", "code")
    if entry.kind == "url":
        scheme = entry.source.partition("://")[0]
        kind = "http" if scheme in ("http", "https") else scheme
        source = {"url": entry.source} if kind == "http" else source
    elif entry.kind == "sql":
        source["sql"] = entry.query
    elif entry.kind in ("builtin", "frame"):
        source = {"tags": {"mlflow.source.name": entry.source}}
    profile = {
        "num_rows": entry.rows, "num_columns": entry.columns, "size": entry.size,
        "num_files": entry.files, "etag": entry.etag, "kind": entry.kind,
    }  # fmt: skip
    return Dataset(
        name=entry.name[:500],
        digest=entry.digest[:36],
        source_type=kind,
        source=json.dumps(source),
        schema=_schema(entry),
        profile=json.dumps({key: value for key, value in profile.items() if value is not None}),
    )


def _schema(entry: DataInput) -> str | None:
    """Return the columns as MLflow's pages show them; the library's own type stands beside."""
    if not entry.column_types:
        return None
    columns = [
        {
            "name": column.name[:200],
            "type": _mlflow_type(column.type),
            "dtype": column.type[:100],
            "required": False,
        }
        for column in entry.column_types
    ]
    return json.dumps({"mlflow_colspec": columns})


def _mlflow_type(kind: str) -> str:
    lowered = kind.lower()
    for begins, name in (
        ("int64", "long"), ("uint32", "long"), ("uint64", "long"), ("int", "integer"),
        ("uint", "integer"), ("float64", "double"), ("double", "double"), ("float", "float"),
        ("decimal", "double"), ("bool", "boolean"), ("date", "datetime"), ("timestamp", "datetime"),
        ("binary", "binary"),
    ):  # fmt: skip
        if lowered.startswith(begins):
            return name
    return "string"
