"""Values of a type, out of words on a command line and out of Python."""

from __future__ import annotations

import ast
import difflib
import json
import os
import pathlib
import re
from typing import TYPE_CHECKING, Any, get_args

import pydantic
import pydantic_core

from mlops_jupyter.notebooks.parameters import literals, types
from mlops_jupyter.notebooks.parameters.names import Names

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlops_jupyter.notebooks.parameters.types import Type

_NOTHING = ("None", "null")
_NUMBERS = Names({"nan": "math.nan", "inf": "math.inf"})
_WHOLE = re.compile(r"\s*[+-]?\d[\d_]*\s*")
_PYTHON_WORDS = {"True": True, "False": False}
# The type says it already.
_SAID = (
    "_type", "_parsing", "json_invalid", "is_instance_of", "literal_error", "value_error",
    "_than", "_than_equal", "multiple_of", "too_short", "too_long", "pattern_mismatch",
)  # fmt: skip


class MisfitError(ValueError):
    """A value that its parameter does not take; the text says why, where the type does not.

    Attributes
    ----------
    is_number : bool
        Whether it is a number all the same, where an int is wanted.
    """

    is_number = False


def parse(wanted: Type, text: str) -> object:
    """Return the value that a word of a command line stands for.

    Text, dates and paths are taken as they are; numbers, lists and mappings as JSON or Python
    writes them.

    Raises
    ------
    MisfitError
        It does not stand for one of that type.

    Examples
    --------
    >>> from mlops_jupyter.notebooks.parameters.types import ANY, Type
    >>> parse(Type(float), "3"), parse(Type(str), "3"), parse(ANY, "3"), parse(ANY, "x")
    (3.0, '3', 3, 'x')
    """
    if wanted.nullable and text.strip() in _NOTHING:
        return None
    ways = [_as_text, _as_json] if wanted.textual else [_as_json, _as_python, _as_word]
    return _first(wanted, text, ways)


def fit(wanted: Type, value: object) -> object:
    """Return a Python value as its parameter takes it.

    Numbers of NumPy become Python's; tuples become lists where a list is wanted, an int a float
    where a float is, and the text of a date the date. A text is no number.

    Raises
    ------
    MisfitError
        It is of another type.

    Examples
    --------
    >>> from mlops_jupyter.notebooks.parameters.types import Type
    >>> fit(Type(float), 1), fit(Type(list[str]), ("a", "b"))
    (1.0, ['a', 'b'])
    """
    try:
        plain = _plain(value)
    except (ValueError, TypeError, RecursionError) as error:
        raise MisfitError(str(error)) from None
    return _first(wanted, plain, [_as_it_is, _by_json])


def near(wanted: Type, text: str) -> str | None:
    """Return the choice that a text is nearly."""
    choices = [
        choice
        for kind in types.members(wanted.annotation)
        for choice in get_args(kind)
        if isinstance(choice, str)
    ]
    return next(iter(difflib.get_close_matches(text, choices, n=1)), None)


def _first(wanted: Type, value: Any, ways: Sequence[Callable[[Type, Any], Any]]) -> object:
    """Return what the first way makes of a value that leads anywhere."""
    told: list[pydantic.ValidationError] = []
    for way in ways:
        try:
            found = way(wanted, value)
        except pydantic.ValidationError as error:
            told.append(error)
            continue
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            continue
        return _writable(found)
    raise _misfit(told)


def _writable(value: object) -> object:
    """Return a value that can be written into the notebook."""
    try:
        literals.Writer().write(value)
    except ValueError as error:
        raise MisfitError(str(error)) from None
    return value


def _misfit(told: list[pydantic.ValidationError]) -> MisfitError:
    """Return the reason of the first way that got as far as to look at the value."""
    reasons = [error.errors(include_url=False) for error in told]
    whole = [r for r in reasons if r[0]["type"] != "json_invalid"] or reasons
    chosen = whole[0] if whole else []
    if len(chosen) != 1:
        return MisfitError()
    (reason,) = chosen
    place = "".join(f"[{part!r}]" for part in reason["loc"])
    said = reason["type"].endswith(_SAID) and not place
    words = "" if said else reason["msg"].removeprefix("Input should").strip()
    found = MisfitError(f"{place} should {words}".strip() if words else "")
    found.is_number = reason["type"].startswith("int_") and _is_number(reason["input"])
    return found


def _is_number(value: object) -> bool:
    try:
        return isinstance(value, (float, str)) and bool(float(value) or True)
    except ValueError:
        return False


def _as_text(wanted: Type, text: str) -> object:
    return wanted.adapter.validate_json(json.dumps(text))


def _as_json(wanted: Type, text: str) -> object:
    return wanted.adapter.validate_json(text)


def _as_python(wanted: Type, text: str) -> object:
    if wanted.takes_text:  # 0x10 is text then
        return _as_it_is(wanted, _PYTHON_WORDS.get(text.strip(), text))
    tree = ast.parse(text.strip(), mode="eval")
    return fit(wanted, literals.evaluate(tree.body, _NUMBERS))


def _as_word(wanted: Type, text: str) -> object:
    """Read nan, inf, yes and no, and numbers that begin with 0."""
    kinds = types.members(wanted.annotation)
    if int in kinds and float not in kinds and not _WHOLE.fullmatch(text):
        raise ValueError(text)  # pydantic takes 6.0
    return wanted.adapter.validate_strings(text)


def _as_it_is(wanted: Type, value: object) -> object:
    return wanted.adapter.validate_python(value)


def _by_json(wanted: Type, value: object) -> object:
    as_json = pydantic_core.to_json(value, inf_nan_mode="constants")
    return wanted.adapter.validate_json(as_json)


def _plain(value: object) -> object:
    """Return a value in the types that a notebook's cell can be written with."""
    if isinstance(value, (list, tuple)):
        kind = tuple if isinstance(value, tuple) else list
        return kind(_plain(item) for item in value)
    if isinstance(value, (set, frozenset)):
        return type(value)(_plain(item) for item in value)
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, os.PathLike) and not isinstance(value, pathlib.PurePath):
        return os.fspath(value)
    item = getattr(value, "item", None)
    if callable(item):  # a NumPy scalar
        return _plain(item())
    to_python = getattr(value, "to_pydatetime", None)
    return to_python() if callable(to_python) else value  # pandas' Timestamp
