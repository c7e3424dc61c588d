"""Values for parameters, checked before any kernel starts."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pydantic_core

from mlops_jupyter.errors import BadInput, UsageError
from mlops_jupyter.notebooks.parameters import convert, types
from mlops_jupyter.notebooks.parameters.reading import TAG

if TYPE_CHECKING:
    from mlops_jupyter.notebooks.parameters.reading import Parameter

_HOW_TO_TAG = (
    f"tag the cell that sets the defaults: select it in JupyterLab, open the property "
    f"inspector (the gear wheels, top right), add the tag '{TAG}'"
)
_DATES = {"date": "2013-01-31", "datetime": "2013-01-31T08:30", "time": "08:30"}
_SHOWN = 200
# A name in R, Julia, Scala and the others that Papermill knows.
_FOREIGN_NAME = re.compile(r"[^\W\d][\w.]*|\.[^\W\d][\w.]*")


def check(
    parameters: Mapping[str, Parameter] | None, given: Sequence[str] | Mapping[str, object] | None
) -> dict[str, Any]:
    r"""Check values against the parameters of a notebook.

    Parameters
    ----------
    parameters : mapping or None
        What `read` found.
    given : sequence of str, mapping or None
        ``["name=value", …]`` as on a command line, or values by name.

    Returns
    -------
    dict
        The given values by name, each of its parameter's type.

    Raises
    ------
    UsageError
        Not ``name=value``, or a name twice.
    BadInput
        A parameter that the notebook does not have, or a value of another type.

    Examples
    --------
    >>> from mlops_jupyter.notebooks.parameters.reading import from_code
    >>> check(from_code("month = 6\nname = 'a'"), ["month=7", "name=007"])
    {'month': 7, 'name': '007'}
    """
    read = convert.fit if isinstance(given, Mapping) else convert.parse
    wanted = given if isinstance(given, Mapping) else split(given or ())
    return {name: _value(_known(parameters, name), value, read) for name, value in wanted.items()}


def require(parameters: Mapping[str, Parameter] | None, values: Mapping[str, Any]) -> None:
    """Refuse to go on without a value for a parameter that has no default.

    Raises
    ------
    BadInput
        There is none.
    """
    for parameter in (parameters or {}).values():
        if parameter.required and parameter.name not in values:
            raise BadInput(
                f"parameter '{parameter.name}' has no default, and no value is given",
                f"it takes {article(parameter.type)}: -p {parameter.name}=…",
            )


def check_unseen(given: Sequence[str] | Mapping[str, object] | None) -> dict[str, Any]:
    """Return values for a notebook in another language: each as JSON would read it, or text."""
    if isinstance(given, Mapping):
        found = dict(given)
    else:
        found = {n: convert.parse(types.ANY, text) for n, text in split(given or ()).items()}
    for name in found:
        if not _FOREIGN_NAME.fullmatch(name):
            raise BadInput(f"{name!r} is no name of a variable", "rename it")
    return found


def split(given: Sequence[str]) -> dict[str, str]:
    """Return names and texts of ``name=value`` words.

    Raises
    ------
    UsageError
        A word is none, or a name is there twice.
    """
    found: dict[str, str] = {}
    for word in given:
        name, equals, text = word.partition("=")
        name = name.strip()
        if not equals or not name:
            raise UsageError(f"{word!r} is not name=value", "write -p name=value")
        if name in found:
            raise UsageError(f"parameter '{name}' is given twice", "give it once")
        found[name] = text
    return found


def _known(parameters: Mapping[str, Parameter] | None, name: str) -> Parameter:
    if parameters is None:
        raise BadInput(
            f"parameter '{name}' is given, and the notebook has no code cell tagged '{TAG}'",
            _HOW_TO_TAG,
        )
    if name not in parameters:
        close = difflib.get_close_matches(name, parameters, n=1)
        listed = ", ".join(f"{p.name} ({p.type})" for p in parameters.values()) or "none"
        guess = f"did you mean '{close[0]}'? " if close else ""
        raise BadInput(f"the notebook has no parameter '{name}'", f"{guess}it has: {listed}")
    if number := parameters[name].undone:
        raise BadInput(
            f"parameter '{name}' is set again by cell {number}, which is tagged '{TAG}' too",
            "take the tag from that cell, or the assignment out of it",
        )
    return parameters[name]


def _value(parameter: Parameter, value: Any, read: Any) -> object:
    try:
        return read(parameter.type, value)
    except convert.MisfitError as misfit:
        raise _wrong(parameter, value, misfit) from None


def _wrong(parameter: Parameter, value: object, misfit: convert.MisfitError) -> BadInput:
    default = parameter.source or "none"
    hint = f"its default is {default if len(default) <= _SHOWN else default[:_SHOWN] + '…'}"
    if parameter.type.kind in ("list", "dict", "tuple", "set"):
        example = '{"a": 1}' if parameter.type.kind == "dict" else '["a", "b"]'
        hint += f"; write it as JSON, in quotes for the shell: '{example}'"
    if form := _DATES.get(parameter.type.kind):
        hint += f"; write it as {form}"
    if misfit.is_number:
        hint += f"; annotate it in the notebook to take any number: {parameter.name}: float = …"
    if isinstance(value, str) and (guess := convert.near(parameter.type, value)):
        hint = f"did you mean {guess!r}? {hint}"
    reason = f": {misfit}" if str(misfit) else ""
    wanted = f"parameter '{parameter.name}' takes {article(parameter.type)}"
    return BadInput(f"{wanted}, not {_shown(value)}{reason}", hint)


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except RecursionError:
        return f"a {type(value).__name__}"
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def article(wanted: types.Type) -> str:
    """Return a type's name as a sentence has it."""
    name = str(wanted)
    if name == "any":
        return "what can be written as Python"
    if name.startswith(("one of", "None")):
        return name
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def as_logged(
    parameters: Mapping[str, Parameter] | None, values: Mapping[str, Any]
) -> dict[str, Any]:
    r"""Return all parameters of a run as JSON has them: defaults where no value was given.

    Each, as text, is read back as the value that it was: a run can be repeated from its record.

    Examples
    --------
    >>> from mlops_jupyter.notebooks.parameters.reading import from_code
    >>> as_logged(from_code("import datetime as dt\nday = dt.date(2024, 1, 31)\nn = 1"), {"n": 2})
    {'day': '2024-01-31', 'n': 2}
    """
    defaults = {p.name: p.default for p in (parameters or {}).values() if not p.required}
    return {name: in_json(value) for name, value in {**defaults, **values}.items()}


def in_json(value: object) -> Any:
    """Return a value as JSON has it; what JSON has no word for, as text."""
    plain = pydantic_core.to_jsonable_python(value, inf_nan_mode="constants", fallback=str)
    return json.loads(json.dumps(plain))
