"""Rewriting a source so that credentials in it are fetched from the environment."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlops_jupyter import credentials
from mlops_jupyter.tracking.capture import cell_source
from mlops_jupyter.tracking.capture.masking import STARS, Masked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlops_jupyter.credentials import Span
    from mlops_jupyter.tracking.capture.masking import Masker

_IMPORT = "import mlops_jupyter as mlops"
# Calls whose second argument is a password, and those that name their second one by the first.
_LOGINS = frozenset(["HTTPBasicAuth", "HTTPDigestAuth", "BasicAuth", "login", "basic_auth"])
_NAMING = frozenset(["setdefault", "getenv", "get", "setenv", "set", "putenv"])
_QUOTE = re.compile(r"[A-Za-z]*('''|\"\"\"|'|\")")


def mask(source: str, masker: Masker) -> Masked:
    """Mask one source; see `Masker.source`."""
    source = cell_source.normal(source)
    if not _worth_a_look(source, masker):
        return Masked(source)
    tree = cell_source.parse(source)
    if tree is None:
        masked = masker.text(source)
        for span in masker.spans(source):  # seen once: outputs and other cells may repeat it
            masker.name_for(source[span.start : span.end], span.name)
        return Masked(masked, blind=masked != source, touched=masked != source)
    return _Rewriting(source, tree, masker).result()


def _worth_a_look(source: str, masker: Masker) -> bool:
    """Whether there is a literal, a comment or a line of IPython with anything in it."""
    return any(sign in source for sign in "\"'#%!") or bool(masker.spans(source))


@dataclass
class _Literal:
    node: ast.Constant | ast.JoinedStr
    name: str = ""
    runs: bool = True  # False where a call cannot stand: a docstring, a pattern


@dataclass
class _Rewriting:
    """One source being rewritten."""

    source: str
    tree: ast.Module
    masker: Masker
    secrets: dict[str, None] = field(default_factory=dict)
    blind: bool = False
    edits: list[tuple[int, int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lines = self.source.split("\n")
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)
        taken = any(
            isinstance(node, ast.Name) and node.id == "mlops" and not isinstance(node.ctx, ast.Load)
            for node in ast.walk(self.tree)
        )
        self._module = '__import__("mlops_jupyter")' if taken else "mlops"

    def result(self) -> Masked:
        """Rewrite literals, comments and lines of IPython, in one go from the end."""
        for literal in _literals(self.tree):
            self._literal(literal)
        magics = cell_source.magic_lines(self.source)
        if cell_source.blanked(self.source) != self.source and not _parses(self.source):
            self._magics(magics)
        self._comments()
        text = self.source
        end = len(text) + 1
        for start, stop, instead in sorted(self.edits, reverse=True):
            if stop <= end:
                text = text[:start] + instead + text[stop:]
                end = start
        if self.secrets and self._module == "mlops":
            text = _with_import(text)
        return Masked(text, tuple(self.secrets), self.blind, bool(self.edits))

    def _literal(self, literal: _Literal) -> None:
        node = literal.node
        start, stop = self._place(node)
        segment = self.source[start:stop]
        if isinstance(node, ast.JoinedStr):
            for part in node.values:
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    segment = self._in_f_string(segment, part.value, literal.name)
            if segment != self.source[start:stop]:
                self.edits.append((start, stop, segment))
            return
        value = node.value
        text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
        spans = self._spans(text, literal.name)
        if not spans:
            return
        if not literal.runs:
            for span in spans:
                self.masker.name_for(text[span.start : span.end], span.name)
                segment = segment.replace(text[span.start : span.end], STARS)
            self.blind |= segment == self.source[start:stop]
            self.edits.append((start, stop, segment))
            return
        self.edits.append((start, stop, self._expression(value, text, spans, literal.name)))

    def _spans(self, text: str, name: str) -> list[Span]:
        if len(text) > 3 and self.masker.knows(text):
            return [credentials.Span(0, len(text), name)]
        return credentials.in_literal(text, name)

    def _expression(self, value: object, text: str, spans: list[Span], name: str) -> str:
        """Return the literal as a sum of its harmless parts and the credentials."""
        parts: list[str] = []
        done = 0
        for span in spans:
            parts += [repr(text[done : span.start])] if span.start > done else []
            parts.append(self._call(text[span.start : span.end], _hint(name, span.name)))
            done = span.end
        parts += [repr(text[done:])] if done < len(text) else []
        together = " + ".join(parts)
        if isinstance(value, bytes):
            return f'({together}).encode("latin-1")'
        return together if len(parts) == 1 else f"({together})"

    def _in_f_string(self, segment: str, part: str, name: str) -> str:
        quote = _QUOTE.match(segment)
        inner = "'" if quote is not None and '"' in quote[1] else '"'
        for span in credentials.in_text(part):
            found = part[span.start : span.end]
            if found in segment:
                call = self._call(found, _hint(name, span.name)).replace('"', inner)
                segment = segment.replace(found, f"{{{call}}}")
            else:  # written with escapes: the text itself cannot be found again
                self.blind = True
                segment = repr(STARS)
        return segment

    def _magics(self, magics: list[tuple[int, int]]) -> None:
        for first, last in magics:
            start, stop = self._starts[first], self._starts[last + 1] - 1
            line = self.source[start:stop]
            for span in reversed(self.masker.spans(line)):
                # IPython puts values in for {expressions} of such lines.
                call = self._call(line[span.start : span.end], span.name)
                self.edits.append((start + span.start, start + span.end, f"{{{call}}}"))

    def _comments(self) -> None:
        text = cell_source.blanked(self.source) if not _parses(self.source) else self.source
        if "#" not in text:
            return
        try:
            for token in tokenize.generate_tokens(io.StringIO(text).readline):
                if token.type == tokenize.COMMENT:
                    masked = self.masker.text(token.string)
                    for span in self.masker.spans(token.string):
                        self.masker.name_for(token.string[span.start : span.end], span.name)
                    if masked != token.string:
                        start = self._starts[token.start[0] - 1] + token.start[1]
                        self.edits.append((start, start + len(token.string), masked))
        except (tokenize.TokenError, SyntaxError):  # what parses is tokenised; a last resort
            return

    def _call(self, value: str, hint: str) -> str:
        name = self.masker.name_for(value, hint)
        self.secrets[name] = None
        return f'{self._module}.secret("{name}")'

    def _place(self, node: ast.expr) -> tuple[int, int]:
        last, last_col = node.end_lineno or node.lineno, node.end_col_offset or 0
        return self._offset(node.lineno, node.col_offset), self._offset(last, last_col)

    def _offset(self, line: int, column: int) -> int:
        """Return the place in the text; Python counts columns in bytes."""
        text = self._lines[line - 1]
        if not text.isascii():
            column = len(text.encode()[:column].decode())
        return self._starts[line - 1] + column


def _literals(tree: ast.Module) -> Iterator[_Literal]:
    """Find literals with the names that the code gives them."""
    names: dict[int, str] = {}
    fixed: set[int] = set()
    inner: set[int] = set()
    for node in ast.walk(tree):
        for value, name in _named(node):
            names.setdefault(id(value), name)
        if isinstance(node, (ast.Expr, ast.MatchValue)):
            fixed.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            inner.update(id(part) for value in ast.walk(node) for part in [value] if part != node)
    for node in ast.walk(tree):
        if id(node) in inner:
            continue
        if isinstance(node, ast.JoinedStr) or (
            isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))
        ):
            yield _Literal(node, names.get(id(node), ""), id(node) not in fixed)


def _named(node: ast.AST) -> Iterator[tuple[ast.expr, str]]:  # noqa: C901, PLR0912 - a list of cases
    """Return the values that a piece of code names, with their names."""
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                    yield from zip(value.elts, map(_name, target.elts), strict=False)
                else:
                    yield value, _name(target)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield value, _name(target)
        case ast.NamedExpr(target=target, value=value):
            yield value, _name(target)
        case ast.keyword(arg=str(name), value=value):
            if name == "auth" and isinstance(value, ast.Tuple) and len(value.elts) == 2:
                yield value.elts[1], "auth_password"
            yield value, name
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                yield value, _text(key)
        case ast.Compare(left=left, comparators=[right]):
            yield right, _name(left)
            yield left, _name(right)
        case ast.Call(func=func, args=[first, second, *_]):
            called = _name(func)
            if called in _NAMING:
                yield second, _text(first)
            elif called in _LOGINS:
                yield second, "password"
        case ast.arguments():
            last = len(node.posonlyargs) + len(node.args)
            named = [*node.posonlyargs, *node.args][last - len(node.defaults) :]
            yield from ((d, a.arg) for d, a in zip(node.defaults, named, strict=True))
            for default, argument in zip(node.kw_defaults, node.kwonlyargs, strict=True):
                if default is not None:
                    yield default, argument.arg
        case _:
            return


def _name(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=key):
            return _text(key)
        case _:
            return ""


def _hint(assigned: str, found: str) -> str:
    """Name a password in ``db_url = "postgres://…"`` after both."""
    if not found or found == assigned or credentials.telling(assigned):
        return assigned or found
    return f"{assigned}_{found}".strip("_")


def _text(node: ast.AST | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _parses(source: str) -> bool:
    try:
        compile(source, "<cell>", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _with_import(text: str) -> str:
    """Put the import where Python allows it: after a cell magic, a docstring, a future import."""
    if re.search(rf"^{_IMPORT}\s*$", text, re.MULTILINE):
        return text
    lines = text.split("\n")
    after = 0
    while after < len(lines) and lines[after].lstrip().startswith("%%"):
        after += 1
    tree = cell_source.parse(text)
    for index, node in enumerate(tree.body if tree is not None else []):
        docstring = index == 0 and isinstance(node, ast.Expr) and _text(node.value)
        future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        # The last expression of a cell is what it shows, not a docstring.
        if future or (docstring and len(tree.body) > 1):  # type: ignore[union-attr]  # enumerated
            after = node.end_lineno or after
    return "\n".join([*lines[:after], _IMPORT, *lines[after:]])
