"""The words of a magic's line."""

from __future__ import annotations

import shlex
import string
from typing import TYPE_CHECKING, Any

from mlops_jupyter.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

_MARK = "\x00"


def split(line: str, namespace: Mapping[str, object]) -> list[str]:
    """Split a line as a shell does; ``{expression}`` stands for its value, always as text.

    A value with spaces stays one word. ``$name`` is left alone: commands look it up as a live
    object. A comment at the end is passed over, as Python and shells do.

    Examples
    --------
    >>> split("log auc={auc:.3f} 'a b'  # on the test data", {"auc": 0.71234})
    ['log', 'auc=0.712', 'a b']

    Raises
    ------
    UsageError
        A quote is not closed, or an expression cannot be evaluated.
    """
    values: list[str] = []
    text = ""
    try:
        parts = list(string.Formatter().parse(_without_comment(line)))
    except ValueError as error:
        raise UsageError(
            f"the line's braces do not match: {error}", "write {{ for a brace"
        ) from None
    for literal, expression, spec, conversion in parts:
        text += literal
        if expression is not None:
            values.append(_value(expression, spec or "", conversion, namespace))
            text += f"{_MARK}{len(values) - 1}{_MARK}"
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"the line cannot be split: {error}", "close the quote") from None
    return [_filled(word, values) for word in words]


def _without_comment(line: str) -> str:
    """Cut the line at the first ``#`` that begins a word outside of quotes and expressions."""
    quote, depth, before = "", 0, " "
    for place, sign in enumerate(line):
        if before == "\\" and quote != "'":
            before = "x"  # an escaped sign is a part of its word, whatever it is
            continue
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"" and not depth:
            quote = sign
        elif sign in "{}":
            depth = max(0, depth + (1 if sign == "{" else -1))
        elif sign == "#" and before.isspace() and not depth:
            return line[:place]
        before = sign
    return line


def _value(expression: str, spec: str, conversion: str | None, names: Mapping[str, Any]) -> str:
    try:
        value = eval(expression, dict(names))  # noqa: S307 - the user's own line, as in an f-string
        if conversion == "r":
            value = repr(value)
        return format(value, spec)
    except Exception as error:  # noqa: BLE001 - the user's expression may raise anything
        raise UsageError(
            f"{{{expression}}} cannot be evaluated: {type(error).__name__}: {error}",
            "in a line, {expression} stands for its value; write {{ for a brace",
        ) from None


def _filled(word: str, values: list[str]) -> str:
    pieces = word.split(_MARK)
    return "".join(values[int(piece)] if index % 2 else piece for index, piece in enumerate(pieces))
