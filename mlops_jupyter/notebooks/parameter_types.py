"""The types of notebook parameters: read from annotations and defaults, applied to values."""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["int", "float", "bool", "str", "list", "dict", "any"]

_BY_NAME: dict[str, Kind] = {
    "int": "int",
    "float": "float",
    "bool": "bool",
    "str": "str",
    "list": "list",
    "List": "list",
    "Sequence": "list",
    "dict": "dict",
    "Dict": "dict",
    "Mapping": "dict",
}
_TRUTH = {"true": True, "1": True, "false": False, "0": False}
_NOTHING = ("None", "null")


@dataclass(frozen=True)
class Type:
    """What a parameter takes.

    Attributes
    ----------
    kind : str
        The type's name; "any" where nothing is known.
    nullable : bool
        Whether it takes None.
    items : Type, optional
        What a list holds.
    """

    kind: Kind
    nullable: bool = False
    items: Type | None = None

    def __str__(self) -> str:
        inner = f"[{self.items}]" if self.items else ""
        return f"{self.kind}{inner}" + (" or None" if self.nullable else "")


ANY = Type("any", nullable=True)


def of_annotation(node: ast.expr | None) -> Type | None:
    """Return the type that an annotation names, or None where it is none of ours."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            return of_annotation(ast.parse(node.value, mode="eval").body)
        except SyntaxError:
            return None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _of_union([node.left, node.right])
    if isinstance(node, ast.Subscript):
        return _of_subscript(node)
    kind = _BY_NAME.get(_last_name(node))
    return Type(kind) if kind else None


def _of_subscript(node: ast.Subscript) -> Type | None:
    name = _last_name(node.value)
    inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if name == "Optional":
        found = of_annotation(inner[0])
        return replace(found, nullable=True) if found else None
    if name == "Union":
        return _of_union(inner)
    kind = _BY_NAME.get(name)
    if kind == "list":
        return Type(kind, items=of_annotation(inner[0]))
    return Type(kind) if kind else None


def _of_union(members: list[ast.expr]) -> Type | None:
    """X | None is a type of ours; other unions take anything."""
    others = [m for m in members if not (isinstance(m, ast.Constant) and m.value is None)]
    if len(others) == len(members) or len(others) != 1:
        return ANY
    found = of_annotation(others[0])
    return replace(found, nullable=True) if found else None


def _last_name(node: ast.expr | None) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def of_value(value: object) -> Type:
    """Return the type of a default; None says nothing about what else it takes.

    Examples
    --------
    >>> str(of_value(6)), str(of_value(True)), str(of_value(["a"])), str(of_value(None))
    ('int', 'bool', 'list', 'any or None')
    """
    kind = _BY_NAME.get(type(value).__name__)
    return Type(kind) if kind else ANY


def parse(wanted: Type, text: str) -> object:
    """Return the value that a word of a command line stands for.

    Raises
    ------
    ValueError
        It does not stand for one of that type.

    Examples
    --------
    >>> parse(Type("float"), "3"), parse(Type("str"), "3"), parse(ANY, "3"), parse(ANY, "x")
    (3.0, '3', 3, 'x')
    """
    if wanted.nullable and text.strip() in _NOTHING:
        return None
    return fit(wanted, _READERS[wanted.kind](text))


def _truth(text: str) -> bool:
    try:
        return _TRUTH[text.strip().lower()]
    except KeyError:
        raise ValueError(text) from None


def _guess(text: str) -> object:
    """Read a word of unknown type: JSON's numbers, words and brackets, or text."""
    if text in ("True", "False"):
        return text == "True"
    try:
        return json.loads(text)
    except ValueError:
        return text


def _collection(text: str) -> object:
    """Read a list or mapping, as JSON or as Python writes it."""
    try:
        return json.loads(text)
    except ValueError:
        try:
            return ast.literal_eval(text.strip())
        except (SyntaxError, MemoryError, RecursionError):
            raise ValueError(text) from None


_READERS: dict[Kind, Callable[[str], object]] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": _truth,
    "any": _guess,
    "list": _collection,
    "dict": _collection,
}


def fit(wanted: Type, value: object) -> object:
    """Return a Python value as its parameter takes it.

    Numbers of NumPy become Python's, tuples become lists, an int becomes a float where a float
    is wanted; nothing else is converted.

    Raises
    ------
    ValueError
        It is of another type.
    """
    value = _plain(value)
    if value is None:
        if wanted.nullable:
            return None
        raise ValueError(value)
    is_int = isinstance(value, int) and not isinstance(value, bool)
    match wanted.kind:
        case "any":
            return value
        case "int":
            fits = is_int
        case "float":
            fits = is_int or isinstance(value, float)
        case "list":
            fits = isinstance(value, list)
        case _:
            fits = type(value).__name__ == wanted.kind
    if not fits:
        raise ValueError(value)
    if wanted.kind == "float" and isinstance(value, int):
        return float(value)
    if wanted.items is not None and isinstance(value, list):
        return [fit(wanted.items, item) for item in value]
    return value


def _plain(value: object) -> object:
    """Return a value in the types that a notebook's cell can be written with."""
    if isinstance(value, str | bool | int | float | None):
        return value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    item = getattr(value, "item", None)
    if callable(item):  # a NumPy scalar
        return _plain(item())
    raise ValueError(value)
