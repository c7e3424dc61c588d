"""Reading ``--where``: conditions on runs, as a person writes them.

=====================================  ==================================================
``test_auc > 0.7``                     a metric or a parameter, whichever has that name
``metric.x``, ``param.x``, ``tag.x``   to say which; ``metric.`a b` `` for any name
``status``, ``name``, ``experiment``,  what every run has; ``started`` and ``ended`` are
``started``, ``ended``, ``duration``,  compared with a date (``2026-11-01``, local time),
``model``, ``data``, ``notebook``,     ``today``, ``yesterday`` or an age (``7d``, ``2h``),
``id``, ``uid``, ``parent``            ``duration`` with seconds or ``5min``
``stale``                              it has a model that is; ``stale = data`` (``file``, ``code``)
``=  !=  <  <=  >  >=``                numbers where both sides are, else text
``in (a, b)``, ``not in (a, b)``       one of several
``like 'a%'``, ``ilike``               ``%`` any text, ``_`` one sign; ``ilike`` ignores case
``is null``, ``is not null``           whether the run has it
``and``, ``or``, ``not``, ``( )``      as usual; ``and`` binds closer than ``or``
=====================================  ==================================================

A comparison with what a run does not have is false. Nothing is ever evaluated as code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from mlops_jupyter.errors import UsageError

Kind = Literal["attribute", "metric", "param", "tag", "bare"]
Operator = Literal[
    "=", "!=", "<", "<=", ">", ">=", "in", "not in", "like", "ilike", "is null", "is not null"
]

_PREFIXES: dict[str, Kind] = {
    "metric": "metric", "metrics": "metric",
    "param": "param", "params": "param", "parameter": "param", "parameters": "param",
    "tag": "tag", "tags": "tag",
    "attribute": "attribute", "attributes": "attribute", "run": "attribute",
}  # fmt: skip
# What every run has, by our name and by MLflow's.
ATTRIBUTES = {
    "status": "status", "name": "name", "run_name": "name", "experiment": "experiment",
    "started": "started", "start_time": "started", "ended": "ended", "end_time": "ended",
    "duration": "duration", "model": "model", "data": "data", "notebook": "notebook",
    "id": "id", "run_id": "id", "uid": "uid", "parent": "parent", "stale": "stale",
}  # fmt: skip
_COMPARATORS: dict[str, Operator] = {
    "=": "=", "==": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=",
}  # fmt: skip
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    | (?P<operator>==|!=|<>|<=|>=|[=<>])
    | (?P<sign>[(),])
    | (?P<word>(?:[^\s()<>=!,'"`]|`[^`]*`)+)
    )""",
    re.VERBOSE | re.DOTALL,
)
_DEEPEST = 50


class Token(NamedTuple):
    """A piece of a condition; `start` counts from 0."""

    kind: str
    text: str
    start: int


@dataclass(frozen=True)
class Subject:
    """What is compared: a metric, a parameter, a tag or what every run has."""

    kind: Kind
    name: str
    start: int = 0


@dataclass(frozen=True)
class Value:
    """What it is compared with; quoted values are text, never numbers or words."""

    text: str
    quoted: bool = False
    start: int = 0

    @property
    def number(self) -> float | None:
        """The number it is, if it is one."""
        return None if self.quoted else as_number(self.text)


@dataclass(frozen=True)
class Comparison:
    """One comparison; `values` is empty for ``is null``."""

    subject: Subject
    operator: Operator
    values: tuple[Value, ...] = ()


@dataclass(frozen=True)
class Not:
    """The contrary of a condition."""

    part: Condition


@dataclass(frozen=True)
class Both:
    """Conditions that must hold together (``and``)."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Either:
    """Conditions of which one must hold (``or``)."""

    parts: tuple[Condition, ...]


Condition = Comparison | Not | Both | Either


def parse(text: str) -> Condition:
    """Read a condition.

    Raises
    ------
    UsageError
        It cannot be read; says where.

    Examples
    --------
    >>> parse("auc > 0.7")
    Comparison(subject=Subject(kind='bare', name='auc', start=0), operator='>', values=(Value(te...
    """
    reader = _Reader(text)
    condition = reader.either(0)
    reader.end()
    return condition


def subject(text: str) -> Subject:
    """Read a name: ``metric.x``, ``param.x``, ``tag.x``, what every run has, or a bare name.

    Examples
    --------
    >>> subject("params.depth"), subject("took")
    (Subject(kind='param', name='depth', start=0), Subject(kind='bare', name='took', start=0))
    """
    prefix, dot, rest = text.partition(".")
    if dot and rest and (kind := _PREFIXES.get(prefix.lower())):
        name = _plain(rest)
        if kind == "attribute":
            name = ATTRIBUTES.get(name, name)
        return Subject(kind, name)
    name = _plain(text)
    known = ATTRIBUTES.get(name)
    return Subject("attribute", known) if known else Subject("bare", name)


def comparisons(condition: Condition) -> Iterator[Comparison]:
    """Return every comparison in a condition."""
    match condition:
        case Comparison():
            yield condition
        case Not(part):
            yield from comparisons(part)
        case Both(parts) | Either(parts):
            for part in parts:
                yield from comparisons(part)


def as_number(text: str) -> float | None:
    """Return text as a number, if it is one."""
    try:
        return float(text)
    except ValueError:
        return None


def wrong(text: str, start: int, message: str, hint: str = "") -> UsageError:
    """Return the error for what stands at a place."""
    shown = f"{text[max(start - 40, 0) : start]}▸{text[start : start + 30]}"
    return UsageError(
        f"--where, character {start + 1}: {message}: {shown.strip()}",
        hint or "like: --where \"test_auc > 0.7 and status = FAILED and tag.team = 'x'\"",
    )


class _Reader:
    """Reads by recursive descent: either > both > negated > comparison."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(self._tokens())
        self.place = 0

    def _tokens(self) -> Iterator[Token]:
        position = 0
        while self.text[position:].strip():
            found = _TOKEN.match(self.text, position)
            if found is None:
                start = len(self.text) - len(self.text[position:].lstrip())
                raise self._unreadable(start)
            kind = str(found.lastgroup)
            yield Token(kind, found[kind], found.start(kind))
            position = found.end()

    def _unreadable(self, start: int) -> UsageError:
        if self.text[start] in "'\"`":
            return wrong(self.text, start, "this quote is not closed")
        return wrong(self.text, start, f"{self.text[start]!r} is not understood")

    def either(self, depth: int) -> Condition:
        parts = [self.both(depth)]
        while self._take_word("or"):
            parts.append(self.both(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def both(self, depth: int) -> Condition:
        parts = [self.negated(depth)]
        while self._take_word("and"):
            parts.append(self.negated(depth))
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def negated(self, depth: int) -> Condition:
        if depth > _DEEPEST:
            raise wrong(self.text, self._start(), "nested too deeply")
        if self._take_word("not"):
            return Not(self.negated(depth + 1))
        if self._take("sign", "("):
            condition = self.either(depth + 1)
            if not self._take("sign", ")"):
                raise wrong(self.text, self._start(), "a ) is missing")
            return condition
        return self._comparison()

    def end(self) -> None:
        if (token := self._next()) is None:
            return
        hint = ""
        if token.text in ("&", "&&", "|", "||"):
            hint = f"write {'and' if '&' in token.text else 'or'}"
        elif token.kind == "operator":
            hint = "compare one name at a time: `auc > 0.5 and auc < 0.7`"
        raise wrong(self.text, token.start, "`and` or `or` is expected here", hint)

    def _comparison(self) -> Comparison:
        subject_ = self._subject()
        if self._take_word("is"):
            negated = self._take_word("not")
            if not (self._take_word("null") or self._take_word("none")):
                raise wrong(self.text, self._start(), "`null` is expected after `is`")
            return Comparison(subject_, "is not null" if negated else "is null")
        if self._take_word("in"):
            return Comparison(subject_, "in", self._several())
        if self._take_word("not"):
            if not self._take_word("in"):
                raise wrong(self.text, self._start(), "`in` is expected after `not`")
            return Comparison(subject_, "not in", self._several())
        for word in ("like", "ilike"):
            if self._take_word(word):
                return Comparison(subject_, word, (self._value(word),))
        token = self._next()
        if token is None or token.kind != "operator":
            if (subject_.kind, subject_.name) == ("attribute", "stale"):
                return Comparison(subject_, "is not null")
            raise wrong(
                self.text,
                self._start(),
                f"a comparison is expected after {subject_.name!r}",
                "one of = != < <= > >=, in (…), like, is null",
            )
        self.place += 1
        return Comparison(subject_, _COMPARATORS[token.text], (self._value(token.text),))

    def _subject(self) -> Subject:
        token = self._next()
        if token is None or token.kind not in ("word", "text"):
            raise wrong(self.text, self._start(), "a name is expected here")
        if token.kind == "word" and as_number(token.text) is not None:
            raise wrong(
                self.text, token.start, "a name comes first", "like: auc > 0.5 and auc < 0.7"
            )
        self.place += 1
        if token.kind == "text":
            return Subject("bare", _unquoted(token.text), token.start)
        found = subject(token.text)
        if not found.name:
            raise wrong(self.text, token.start, "a name is expected after the dot")
        if found.kind == "attribute" and found.name not in ATTRIBUTES.values():
            names = ", ".join(sorted(set(ATTRIBUTES.values())))
            raise wrong(self.text, token.start, "no run has this", f"there are: {names}")
        return Subject(found.kind, found.name, token.start)

    def _several(self) -> tuple[Value, ...]:
        if not self._take("sign", "("):
            raise wrong(self.text, self._start(), "a ( is expected after `in`")
        values = [self._value("(")]
        while self._take("sign", ","):
            values.append(self._value(","))
        if not self._take("sign", ")"):
            raise wrong(self.text, self._start(), "a , or ) is expected here")
        return tuple(values)

    def _value(self, after: str) -> Value:
        token = self._next()
        if token is None or token.kind not in ("word", "text"):
            raise wrong(self.text, self._start(), f"a value is missing after {after!r}")
        self.place += 1
        if token.kind == "text":
            return Value(_unquoted(token.text), quoted=True, start=token.start)
        return Value(token.text, start=token.start)

    def _next(self) -> Token | None:
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def _start(self) -> int:
        token = self._next()
        return token.start if token else len(self.text)

    def _take(self, kind: str, text: str) -> bool:
        token = self._next()
        taken = token is not None and token.kind == kind and token.text.lower() == text
        self.place += taken
        return taken

    def _take_word(self, word: str) -> bool:
        return self._take("word", word)


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)


def _plain(name: str) -> str:
    return name[1:-1] if len(name) > 1 and name[0] == name[-1] == "`" else name
