"""The parameters of a notebook as a JSON schema."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from mlops_jupyter.notebooks.parameters import checking, reading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlops_jupyter.notebooks.parameters.reading import Parameter
    from mlops_jupyter.notebooks.source import Source

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(source: Source) -> dict[str, Any]:
    """Return the JSON schema of what a notebook takes.

    Its shape is stable. ``properties`` has each parameter in the notebook's order, with
    ``x-type``, the type in words, and, where there are any, ``description``, ``x-default``, the
    default as the notebook writes it, and ``default``, its value in JSON.

    Parameters
    ----------
    source : Source
        The notebook. In another language than Python, it may take anything.
    """
    return of(reading.read(source), anything=source.language != "python")


def of(parameters: Mapping[str, Parameter] | None, *, anything: bool = False) -> dict[str, Any]:
    """Return the schema of parameters; with `anything`, of those that cannot be known."""
    known = (parameters or {}).values()
    return {
        "$schema": DIALECT,
        "type": "object",
        "properties": {parameter.name: _property(parameter) for parameter in known},
        "required": [parameter.name for parameter in known if parameter.required],
        "additionalProperties": anything,
    }


def _property(parameter: Parameter) -> dict[str, Any]:
    found: dict[str, Any] = parameter.type.adapter.json_schema()
    found["x-type"] = parameter.type.unknown or str(parameter.type)
    if parameter.description:
        found["description"] = parameter.description
    if not parameter.required:
        found["x-default"] = parameter.source
        if parameter.known and is_strict(value := checking.in_json(parameter.default)):
            found["default"] = value
    return found


def is_strict(value: object) -> bool:
    """Whether a value is JSON without NaN and infinities."""
    if isinstance(value, float):
        return math.isfinite(value)
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True
