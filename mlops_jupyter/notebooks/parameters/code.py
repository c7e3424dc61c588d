"""The code of a cell as Python, and what its comments say."""

from __future__ import annotations

import ast
import contextlib
import io
import re
import tokenize
import warnings
from typing import NamedTuple

# Cell magics whose cell is Python all the same, and sets variables of the notebook.
_PYTHON_MAGICS = re.compile(r"\s*%%(time|capture|mlops|prun)\b.*\n?")
# Comments for tools, not for people.
_FOR_TOOLS = re.compile(r"(noqa|type:\s*ignore|pylint|pyright|mypy|fmt|ruff|pragma)\b")
# A comment above that is about the cell, not about the parameter under it.
_TITLE = re.compile(r"(this cell .*|(hyper)?-?param(eter)?s?( cell)?)[.:]?", re.IGNORECASE)


def as_python(source: str) -> str:
    r"""Return a cell's code with its magics and shell lines as IPython makes Python of them.

    Examples
    --------
    >>> as_python("%matplotlib inline\nn = 1").splitlines()[-1]
    'n = 1'
    """
    if _parses(source):
        return source
    if found := _PYTHON_MAGICS.match(source):
        source = "\n" + source[found.end() :]
        if _parses(source):
            return source
    # Late: most cells have no magics, and IPython takes a tenth of a second.
    from IPython.core.inputtransformer2 import TransformerManager

    return str(TransformerManager().transform_cell(source))


def parse(source: str) -> ast.Module:
    """Parse Python.

    Raises
    ------
    SyntaxError
        It is none.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape is the notebook's own affair
            return ast.parse(source)
    except (ValueError, RecursionError, MemoryError) as error:  # null bytes; nested too deeply
        raise SyntaxError(str(error) or "nested too deeply") from None


def _parses(source: str) -> bool:
    try:
        parse(source)
    except SyntaxError:
        return False
    return True


class Comment(NamedTuple):
    """What is said of a parameter.

    Attributes
    ----------
    text : str
        In words.
    type : str
        The type in a comment as Papermill reads it, ``# type: int  how many``.
    """

    text: str = ""
    type: str = ""


class Comments:
    """The comments of a cell, by line."""

    def __init__(self, source: str) -> None:
        self._behind: dict[int, str] = {}
        self._alone: dict[int, str] = {}
        with contextlib.suppress(tokenize.TokenError):  # then no more is said
            for token in tokenize.generate_tokens(io.StringIO(source).readline):
                if token.type == tokenize.COMMENT:
                    alone = not token.line[: token.start[1]].strip()
                    text = token.string.lstrip("#").strip()
                    (self._alone if alone else self._behind)[token.start[0]] = text

    def about(self, statement: ast.stmt) -> Comment:
        """Return what is said at a statement's end, or else on the lines right above it."""
        behind = self._behind.get(statement.end_lineno or 0, "")
        kind, text = _split_type(behind)
        return Comment(_for_people(text) or self._above(statement.lineno), kind)

    def _above(self, line: int) -> str:
        first = line
        while first - 1 in self._alone:
            first -= 1
        said = [_for_people(self._alone[number]) for number in range(first, line)]
        return " ".join(text for text in said if text and not _TITLE.fullmatch(text))


def _split_type(comment: str) -> tuple[str, str]:
    """Split ``type: list[int]  what they are``; a type may have blanks in its brackets."""
    found = re.match(r"type:(?!\s*ignore\b)\s*(.*)", comment)
    if not found:
        return "", comment
    depth = 0
    for place, char in enumerate(found[1]):
        depth += (char in "[(") - (char in "])")
        if char.isspace() and depth <= 0:
            return found[1][:place], found[1][place:].strip()
    return found[1], ""


def _for_people(text: str) -> str:
    text = text.strip("-=#* ")
    return "" if _FOR_TOOLS.match(text) else text.partition("  # ")[0]
