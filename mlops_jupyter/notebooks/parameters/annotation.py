"""Types out of annotations.

An annotation is never executed: what is known of its tree is built anew, the rest is unknown.
"""

from __future__ import annotations

import ast
import pathlib
from collections.abc import Callable
from typing import Annotated, Any, Literal, Optional, Union

import annotated_types
import pydantic
from pydantic import Field

from mlops_jupyter.notebooks.parameters.names import Names
from mlops_jupyter.notebooks.parameters.types import KNOWN, Type

# As after `import *`: the last part of a name, where no import says what it is.
_BARE = {name.rpartition(".")[2]: kind for name, kind in KNOWN.items() if name != "datetime.time"}


_CONSTRAINTS = {
    "ge", "gt", "le", "lt", "multiple_of", "min_length", "max_length", "pattern", "description",
}  # fmt: skip
_MAKERS: dict[str, Callable[..., Any]] = {
    f"annotated_types.{name}": getattr(annotated_types, name)
    for name in ("Ge", "Gt", "Le", "Lt", "Interval", "MinLen", "MaxLen", "Len", "MultipleOf")
}


class _UnknownError(Exception):
    """An annotation that is none of ours."""


def of_annotation(node: ast.expr, names: Names = Names()) -> Type:  # noqa: B008 - it is frozen
    """Return the type that an annotation names.

    Examples
    --------
    >>> str(of_annotation(ast.parse("list[int] | None", mode="eval").body))
    'list[int] or None'
    """
    try:
        found = Type(_build(node, names))
        found.adapter.json_schema()
    except (_UnknownError, RecursionError, TypeError, pydantic.PydanticUserError):
        return Type(unknown=_written(node))
    except Exception as error:  # a pattern that is none, a constraint that does not fit
        if type(error).__module__.partition(".")[0] not in ("pydantic", "pydantic_core"):
            raise
        return Type(unknown=_written(node))
    return found


def _written(node: ast.expr) -> str:
    quoted = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return str(node.value) if quoted else ast.unparse(node)  # type: ignore[attr-defined]


def _build(node: ast.expr, names: Names) -> Any:
    """Return the type that a syntax tree stands for, built anew."""
    match node:
        case ast.Constant(None):
            return None
        case ast.Constant(str(text)):
            try:
                return _build(ast.parse(text, mode="eval").body, names)
            except SyntaxError:
                raise _UnknownError from None
        case ast.BinOp(left, ast.BitOr(), right):
            return Union[_build(left, names), _build(right, names)]  # noqa: UP007
        case ast.Subscript(value, inner):
            return _subscript(value, inner, names)
        case ast.Name(name) if name in names.aliases:
            return _build(names.aliases[name], Names(names.imported, _without(names, name)))
        case ast.Name() | ast.Attribute():
            return _named(node, names)
    raise _UnknownError


def _without(names: Names, name: str) -> dict[str, ast.expr]:
    return {key: value for key, value in names.aliases.items() if key != name}


def _named(node: ast.expr, names: Names) -> Any:
    full, known = names.full(node)
    found = KNOWN.get(full) or (None if known else _BARE.get(full.rpartition(".")[2]))
    if found is None:
        raise _UnknownError
    return found


def _subscript(value: ast.expr, inner: ast.expr, names: Names) -> Any:
    full, _ = names.full(value)
    inside = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    match full.rpartition(".")[2]:
        case "Optional":
            return Optional[_build(inside[0], names)]  # noqa: UP045
        case "Union":
            return Union[tuple(_build(item, names) for item in inside)]  # noqa: UP007
        case "Final" | "ClassVar":
            return _build(inside[0], names)
        case "Literal":
            return Literal[tuple(_constant(item) for item in inside)]
        case "Annotated":
            told = [found for item in inside[1:] if (found := _told(item, names)) is not None]
            base = _build(inside[0], names)
            return Annotated[(base, *told)] if told else base
    return _collection(_named(value, names), inside, names)


def _collection(kind: Any, inside: list[ast.expr], names: Names) -> Any:
    """Return a list, mapping, tuple or set of what is in its brackets."""
    if kind in (list, set, frozenset) and len(inside) == 1:
        return kind[_item(inside[0], names)]
    if kind is dict and len(inside) == 2:
        return dict[_item(inside[0], names), _item(inside[1], names)]  # type: ignore[misc]  # made here
    if kind is tuple:
        endless = isinstance(inside[-1], ast.Constant) and inside[-1].value is ...
        items = [_item(item, names) for item in (inside[:-1] if endless else inside)]
        made: Any = tuple[(*items, ...)] if endless else tuple[tuple(items)]  # type: ignore[misc,valid-type]
        return made
    if kind is pathlib.Path:  # os.PathLike[str]
        return kind
    raise _UnknownError


def _item(node: ast.expr, names: Names) -> Any:
    """Return what a collection holds; of a type that is none of ours, anything."""
    try:
        return _build(node, names)
    except _UnknownError:
        return Any


def _constant(node: ast.expr) -> Any:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError):
        raise _UnknownError from None
    if not isinstance(value, (str, int, bool, type(None))):
        raise _UnknownError
    return value


def _told(node: ast.expr, names: Names) -> Any:
    """Return what `Annotated` says beside the type, where it is a rule or words of ours."""
    match node:
        case ast.Constant(str(text)):
            return text
        case ast.Call(func, args, keywords):
            full, _ = names.full(func)
            given = {word.arg: _literal(word.value) for word in keywords if word.arg}
            if full.rpartition(".")[2] == "Field":
                return Field(**{key: given[key] for key in given.keys() & _CONSTRAINTS})
            if maker := _MAKERS.get(full):
                return maker(*map(_literal, args), **given)
    return None


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        raise _UnknownError from None
