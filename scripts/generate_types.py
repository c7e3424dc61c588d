"""Write labextension/src/generated.ts: the Results as TypeScript, from their JSON schemas.

The panel's types are the server's, so they are not written a second time by hand. A test in
tests/contracts fails when the file is not what this script would write.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlops_jupyter._version import __version__
from mlops_jupyter.results import Result
from mlops_jupyter.server.answers import PROTOCOL, Failure, Handshake
from mlops_jupyter.tracking.records import Runs
from mlops_jupyter.tracking.run_record import Run

TARGET = Path(__file__).parents[1] / "labextension" / "src" / "generated.ts"
ANSWERS = (Handshake, Runs, Run, Failure)
_HEAD = """\
// Written by scripts/generate_types.py from the Python records: change those, then run it.

/** The version of the package that this panel belongs to. */
export const VERSION = '{version}';

/** The version of the routes that this panel speaks. */
export const PROTOCOL = {protocol};
"""
_SIMPLE = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean"}


def source() -> str:
    """Return the file's content."""
    interfaces: dict[str, str] = {}
    for answer in ANSWERS:
        schema = answer.model_json_schema(mode="serialization")
        for name, part in schema.pop("$defs", {}).items():
            interfaces[name] = _interface(name, part)
        marks = {}
        if issubclass(answer, Result):
            marks = {"kind": f"'{answer.kind}'", "schema_version": "number"}
        interfaces[answer.__name__] = _interface(answer.__name__, schema, marks)
    parts = [interfaces[name] for name in sorted(interfaces)]
    return "\n".join([_HEAD.format(version=__version__, protocol=PROTOCOL), *parts])


def _interface(name: str, schema: dict[str, Any], marks: dict[str, str] | None = None) -> str:
    fields = dict(marks or {})
    fields |= {key: _type(value) for key, value in schema["properties"].items()}
    lines = [_field(key, value) for key, value in fields.items()]
    return "\n".join([f"export interface {name} {{", *lines, "}", ""])


def _field(key: str, value: str) -> str:
    """Return a field as prettier would write it."""
    line = f"  {key}: {value};"
    if len(line) <= 80 or " | " not in value:
        return line
    return "\n".join([f"  {key}:", *(f"    | {each}" for each in value.split(" | "))]) + ";"


def _type(schema: dict[str, Any]) -> str:  # noqa: PLR0911 - one for each form
    """Return the TypeScript type of a part of a JSON schema."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "allOf" in schema:
        return _type(schema["allOf"][0])
    if "anyOf" in schema:
        return " | ".join(_type(each) for each in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(f"'{each}'" for each in schema["enum"])
    match schema.get("type"):
        case "null":
            return "null"
        case "array":
            inner = _type(schema["items"])
            return f"({inner})[]" if " | " in inner else f"{inner}[]"
        case "object":
            values = schema["additionalProperties"]
            # A specification of Vega-Lite has a schema of its own.
            return f"Record<string, {'unknown' if values is True else _type(values)}>"
        case simple:
            return _SIMPLE[str(simple)]


if __name__ == "__main__":
    TARGET.write_text(source(), encoding="utf-8")
