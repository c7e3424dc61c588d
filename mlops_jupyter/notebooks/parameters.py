"""The parameters of a notebook: names, types and defaults, and values checked against them."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_jupyter.errors import BadInput, UsageError
from mlops_jupyter.notebooks import parameter_types as types

if TYPE_CHECKING:
    from mlops_jupyter.notebooks.parameter_types import Type
    from mlops_jupyter.notebooks.source import Source

TAG = "parameters"
_HOW_TO_TAG = (
    f"tag the cell that sets the defaults: select it in JupyterLab, open the property "
    f"inspector (the gear wheels, top right), add the tag '{TAG}'"
)


@dataclass(frozen=True)
class Parameter:
    """A variable that the `parameters` cell sets.

    Attributes
    ----------
    name : str
        The variable.
    type : Type
        What it takes: as annotated, or as its default is.
    default : object
        The value; the expression's text where it is not a literal.
    """

    name: str
    type: Type
    default: object


def read(source: Source) -> dict[str, Parameter] | None:
    """Return the parameters of a notebook.

    Returns
    -------
    dict or None
        By name, in order; None where there is no cell to say so, or not in Python.

    Raises
    ------
    BadInput
        The cell is not Python.
    """
    cell = source.tagged_cell(TAG)
    if cell is None or source.language != "python":
        return None
    return from_code(cell)


def from_code(code: str) -> dict[str, Parameter]:
    r"""Return the parameters that a cell's code sets.

    Examples
    --------
    >>> found = from_code("rate: float = 1\nname = 'forest'")
    >>> [(p.name, str(p.type), p.default) for p in found.values()]
    [('rate', 'float', 1), ('name', 'str', 'forest')]
    """
    # Magics and shell lines are no Python; blanked, so that line numbers stay.
    lines = ["" if line.lstrip()[:1] in ("%", "!", "?") else line for line in code.splitlines()]
    try:
        tree = ast.parse("\n".join(lines))
    except SyntaxError as error:
        raise BadInput(
            f"the cell tagged '{TAG}' is not Python: {error.msg} (line {error.lineno})",
            "keep to plain assignments in it: name = value",
        ) from None
    found: dict[str, Parameter] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign):
            targets, annotation = statement.targets, None
        elif isinstance(statement, ast.AnnAssign):
            targets, annotation = [statement.target], statement.annotation
        else:
            continue
        if statement.value is None:  # `name: int`, without a default
            continue
        default, known = _literal(statement.value)
        fitting = types.of_annotation(annotation) or (types.of_value(default) if known else None)
        for target in targets:
            if isinstance(target, ast.Name):
                found[target.id] = Parameter(target.id, fitting or types.ANY, default)
    return found


def _literal(node: ast.expr) -> tuple[object, bool]:
    """Return an expression's value, or its text and False."""
    try:
        return ast.literal_eval(node), True
    except ValueError:
        return ast.unparse(node), False


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
    >>> check(from_code("month = 6\nname = 'a'"), ["month=7", "name=007"])
    {'month': 7, 'name': '007'}
    """
    if not given:
        return {}
    if isinstance(given, Mapping):
        return {name: _of_type(_known(parameters, name), value) for name, value in given.items()}
    return {
        name: _from_text(_known(parameters, name), text) for name, text in _split(given).items()
    }


def check_unseen(given: Sequence[str] | Mapping[str, object] | None) -> dict[str, Any]:
    """Return values for a notebook in another language: each as JSON would read it, or text."""
    if isinstance(given, Mapping):
        return dict(given)
    return {name: types.parse(types.ANY, text) for name, text in _split(given or ()).items()}


def _split(given: Sequence[str]) -> dict[str, str]:
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
            f"parameter '{name}' is given, and the notebook has no cell tagged '{TAG}'",
            _HOW_TO_TAG,
        )
    if name in parameters:
        return parameters[name]
    close = difflib.get_close_matches(name, parameters, n=1)
    listed = ", ".join(f"{p.name} ({p.type})" for p in parameters.values()) or "none"
    guess = f"did you mean '{close[0]}'? " if close else ""
    raise BadInput(f"the notebook has no parameter '{name}'", f"{guess}it has: {listed}")


def _from_text(parameter: Parameter, text: str) -> object:
    try:
        return types.parse(parameter.type, text)
    except ValueError:
        raise _wrong(parameter, text) from None


def _of_type(parameter: Parameter, value: object) -> object:
    try:
        return types.fit(parameter.type, value)
    except ValueError:
        raise _wrong(parameter, value) from None


def _wrong(parameter: Parameter, value: object) -> BadInput:
    article = "an" if str(parameter.type)[0] in "aeiou" else "a"
    hint = f"its default is {parameter.default!r}"
    if parameter.type.kind in ("list", "dict"):
        hint += '; write it as JSON, in quotes for the shell: \'["a", "b"]\''
    if parameter.type.kind == "int":
        hint += f"; annotate it in the notebook to take any number: {parameter.name}: float = …"
    return BadInput(
        f"parameter '{parameter.name}' takes {article} {parameter.type}, not {value!r}", hint
    )


def as_logged(
    parameters: Mapping[str, Parameter] | None, values: Mapping[str, Any]
) -> dict[str, Any]:
    """Return all parameters of a run: defaults where no value was given."""
    defaults = {p.name: p.default for p in (parameters or {}).values()}
    return {**defaults, **values}
