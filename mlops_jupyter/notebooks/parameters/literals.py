"""Values as Python writes them: read from a notebook's code, and written into it."""

from __future__ import annotations

import ast
import datetime as dt
import decimal
import math
import pathlib
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from mlops_jupyter.notebooks.parameters.names import Names

# Python's own compiler takes 200 brackets at most.
_DEEPEST = 100

# What a default may call: it only makes a value.
_MAKERS: dict[str, Callable[..., Any]] = {
    "datetime.date": dt.date,
    "datetime.datetime": dt.datetime,
    "datetime.time": dt.time,
    "datetime.timedelta": dt.timedelta,
    "datetime.timezone": dt.timezone,
    "datetime.date.fromisoformat": dt.date.fromisoformat,
    "datetime.datetime.fromisoformat": dt.datetime.fromisoformat,
    "datetime.time.fromisoformat": dt.time.fromisoformat,
    "pathlib.Path": pathlib.Path,
    "pathlib.PurePath": pathlib.PurePath,
    "decimal.Decimal": decimal.Decimal,
    "uuid.UUID": uuid.UUID,
    "float": float,
    "set": set,
    "list": list,
    "dict": dict,
    "tuple": tuple,
}
_CONSTANTS: dict[str, Any] = {
    "math.inf": math.inf,
    "math.nan": math.nan,
    "numpy.inf": math.inf,
    "numpy.nan": math.nan,
    "datetime.timezone.utc": dt.UTC,
    "datetime.UTC": dt.UTC,
}
# Without an import that says so, a name is taken for these all the same, as after `import *`.
_BARE = {"Path": "pathlib.Path", "date": "datetime.date", "Decimal": "decimal.Decimal"}


def evaluate(node: ast.expr, names: Names) -> object:
    """Return the value of an expression that is a literal, or makes a date, a path and such.

    Raises
    ------
    ValueError
        It is more than that.

    Examples
    --------
    >>> from mlops_jupyter.notebooks.parameters.names import Names
    >>> evaluate(ast.parse("[1, -2.5, 'a']", mode="eval").body, Names())
    [1, -2.5, 'a']
    """
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, MemoryError, RecursionError):
        pass
    match node:
        case ast.List(elts) | ast.Tuple(elts) | ast.Set(elts):
            made: Any = {ast.List: list, ast.Tuple: tuple, ast.Set: set}[type(node)]
            return made(evaluate(item, names) for item in elts)
        case ast.Dict(keys, values) if all(key is not None for key in keys):
            pairs = zip(keys, values, strict=True)
            return {evaluate(k, names): evaluate(v, names) for k, v in pairs if k is not None}
        case ast.UnaryOp(ast.USub(), operand):
            value = evaluate(operand, names)
            if isinstance(value, (int, float, dt.timedelta)):
                return -value
        case ast.Call(func, args, keywords):
            return _made(names, func, args, keywords)
        case ast.Name() | ast.Attribute():
            name, known = names.full(node)
            if known and name in _CONSTANTS:
                return _CONSTANTS[name]
    raise ValueError(ast.unparse(node))


def _made(
    names: Names, function: ast.expr, args: list[ast.expr], keywords: list[ast.keyword]
) -> object:
    name, known = names.full(function)
    maker = _MAKERS.get(name if known else _BARE.get(name, name))
    if maker is None:
        raise ValueError(name)
    given = [evaluate(arg, names) for arg in args]
    named = {str(word.arg): evaluate(word.value, names) for word in keywords}
    try:
        return maker(*given, **named)
    except Exception as error:  # noqa: BLE001 - the notebook will raise it where it is executed
        raise ValueError(str(error)) from None


class Writer:
    """Writes values as Python, and knows which modules they need.

    Parameters
    ----------
    taken : collection of str
        Names that the notebook's parameters have: no module gets one of them.
    """

    def __init__(self, taken: Collection[str] = ()) -> None:
        self._taken = taken
        self.modules: dict[str, str] = {}

    def imports(self) -> list[str]:
        """Return the lines that what was written needs."""
        return [f"import {name} as {alias}" for name, alias in sorted(self.modules.items())]

    def write(self, value: object, depth: int = 0) -> str:
        """Return an expression whose value is this.

        Raises
        ------
        ValueError
            There is none, or it is nested too deeply.

        Examples
        --------
        >>> writer = Writer()
        >>> writer.write([1, "é", dt.date(2024, 1, 31)]), writer.imports()
        ("[1, 'é', _datetime.date.fromisoformat('2024-01-31')]", ['import datetime as _datetime'])
        """
        if depth > _DEEPEST:
            raise ValueError("nested too deeply")
        if isinstance(value, (list, tuple, set, frozenset, dict)):
            return self._collection(value, depth + 1)
        if isinstance(value, float) and not math.isfinite(value):
            word = "nan" if math.isnan(value) else "inf"
            return f"{'-' if value < 0 else ''}{self._of('math')}.{word}"
        if value is None or type(value) in (bool, int, float, str):
            return repr(value)
        return self._object(value)

    def _collection(self, value: Any, depth: int) -> str:
        if isinstance(value, dict):
            pairs = (f"{self.write(k, depth)}: {self.write(v, depth)}" for k, v in value.items())
            return f"{{{', '.join(pairs)}}}"
        inside = ", ".join(self.write(item, depth) for item in value)
        match value:
            case list():
                return f"[{inside}]"
            case tuple():
                return f"({inside},)" if len(value) == 1 else f"({inside})"
            case frozenset():
                return f"{self._of('builtins')}.frozenset([{inside}])"
        return f"{{{inside}}}" if value else "{*()}"

    def _object(self, value: object) -> str:  # noqa: PLR0911 - one line for each type
        match value:
            case dt.datetime():
                return f"{self._of('datetime')}.datetime.fromisoformat({value.isoformat()!r})"
            case dt.date():
                return f"{self._of('datetime')}.date.fromisoformat({value.isoformat()!r})"
            case dt.time():
                return f"{self._of('datetime')}.time.fromisoformat({value.isoformat()!r})"
            case dt.timedelta():
                parts = f"{value.days}, {value.seconds}, {value.microseconds}"
                return f"{self._of('datetime')}.timedelta({parts})"
            case pathlib.Path():
                return f"{self._of('pathlib')}.Path({str(value)!r})"
            case pathlib.PurePath():
                return f"{self._of('pathlib')}.PurePath({str(value)!r})"
            case decimal.Decimal():
                return f"{self._of('decimal')}.Decimal({str(value)!r})"
            case uuid.UUID():
                return f"{self._of('uuid')}.UUID({str(value)!r})"
        raise ValueError(f"a {type(value).__name__} cannot be written into a notebook")

    def _of(self, module: str) -> str:
        """Return the name of a module; its own would hide what the notebook calls so."""
        alias = f"_{module}"
        while alias in self._taken:
            alias = f"_{alias}"
        return self.modules.setdefault(module, alias)
