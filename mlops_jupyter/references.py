r"""References: how a run, a model version, a data version or a drift report is named.

==============================  =======================================================
``run:ID``                      a run, by MLflow's id or ours
``model:NAME@VERSION``          a model version; ``@alias`` as well; the newest without
``data:NAME@vN``                a data version; ``@N`` is understood; the newest without
``data:PATH@HASH``              what a run read, by eight or more hex digits of its hash
``data:NAME@LABEL``             the version with this label, unless all of it is a name
``drift:RUN@N``                 the Nth drift report kept with a run; the last without ``@N``
anything else                   a path; ``./data:x`` is a file named ``data:x``
==============================  =======================================================

The prefix may be left out where the verb fixes the kind.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Literal

from mlops_jupyter.errors import UsageError

Kind = Literal["run", "model", "data", "drift", "path"]

_PREFIXES: tuple[Kind, ...] = ("run", "model", "data", "drift")
_SHAPES = {
    "run": "run:ID", "model": "model:NAME@VERSION", "data": "data:NAME@vN", "drift": "drift:RUN@N",
    "path": "a path",
}  # fmt: skip
# Eight digits without a v are the beginning of a hash.
_DATA_VERSION = re.compile(r"(?P<name>.+)@(?:v|(?![0-9]{8}))(?P<version>[1-9][0-9]*)", re.DOTALL)
_DRIFT_COUNT = re.compile(r"(?P<run>.+)@(?P<count>[1-9][0-9]{0,8})", re.DOTALL)
_WORD = re.compile(r"(?P<word>[A-Za-z]{2,}):")


@dataclass(frozen=True)
class Reference:
    """What a reference names.

    Attributes
    ----------
    kind : {"run", "model", "data", "drift", "path"}
        What kind of thing.
    name : str
        The run's id, the model's or the data's name, or the path; of a drift report its run. With
        data's name goes a label: only who knows all names can tell it from one that holds an ``@``.
    version : str, optional
        A model's version or alias, a data version's number, which of a run's drift reports; None
        for the newest, and for runs and paths.

    Examples
    --------
    >>> str(Reference("data", "flights", "3"))
    'data:flights@v3'
    """

    kind: Kind
    name: str
    version: str | None = None

    def __str__(self) -> str:
        if self.kind == "path":
            return f"./{self.name}" if _WORD.match(self.name) else self.name
        if self.version is None:
            return f"{self.kind}:{self.name}"
        mark = "v" if self.kind == "data" else ""
        return f"{self.kind}:{self.name}@{mark}{self.version}"

    @property
    def number(self) -> int | None:
        """A data version's number."""
        return int(self.version) if self.kind == "data" and self.version else None


def parse(text: str, kind: Kind | None = None) -> Reference:
    """Read a reference.

    Parameters
    ----------
    text : str
        What the user wrote.
    kind : {"run", "model", "data", "drift", "path"}, optional
        The kind that the verb takes: the prefix may then be left out. Drift reports are only for
        those that ask for them.

    Raises
    ------
    UsageError
        It is of another kind than the verb takes, lacks its name, or has a misspelt prefix.

    Examples
    --------
    >>> parse("data:flights@v3")
    Reference(kind='data', name='flights', version='3')
    >>> parse("flights@3", "data") == parse("data:flights@v3")
    True
    >>> parse("data/flights.parquet").kind
    'path'
    """
    if kind == "path":
        return _read("path", text, text)
    prefix, colon, rest = text.partition(":")
    if colon and prefix in _PREFIXES:
        if kind is not None and prefix != kind:
            raise UsageError(
                f"{text!r} is a {prefix} reference; a {kind} is needed here",
                f"write {_SHAPES[kind]}",
            )
        if prefix == "drift" and kind is None:
            raise UsageError(
                f"{text!r} is a drift report, which is not taken here",
                "`mlops show` and `mlops compare` take it",
            )
        return _read(prefix, rest, text)
    if kind is not None:
        return _read(kind, text, text)
    _refuse_misspelt(text)
    return _read("path", text, text)


def _read(kind: Kind, rest: str, text: str) -> Reference:
    if not rest.strip():
        raise UsageError(f"{text!r} names nothing", f"write {_SHAPES[kind]}")
    if kind == "run":
        if re.search(r"\s", rest):
            raise UsageError(f"{text!r}: a run's id has no spaces", "`mlops runs` lists the ids")
        return Reference("run", rest)
    if kind == "drift":
        counted = _DRIFT_COUNT.fullmatch(rest)
        return (
            Reference("drift", counted["run"], counted["count"])
            if counted
            else (Reference("drift", rest))
        )
    if kind == "path":
        # What __str__ put before a name that looks like a prefix.
        plain = rest.removeprefix("./")
        return Reference("path", plain if _WORD.match(plain) else rest)
    if kind == "data":
        found = _DATA_VERSION.fullmatch(rest)
        return Reference("data", found["name"], found["version"]) if found else _newest(rest, text)
    name, at, version = rest.rpartition("@")
    if not at:
        return Reference("model", rest)
    if not name or not version:
        raise UsageError(f"{text!r} lacks a name or a version", f"write {_SHAPES[kind]}")
    return Reference("model", name, version)


def _newest(rest: str, text: str) -> Reference:
    """Return a data reference without a version; what looks like a wrong one is refused."""
    name, at, version = rest.rpartition("@")
    if at and (not name or re.fullmatch(r"v\d*|\d{0,7}|latest|newest", version)):
        raise UsageError(
            f"{text!r}: '@{version}' is no data version",
            f"write {_SHAPES['data']} with N from 1; without @vN it is the newest",
        )
    return Reference("data", rest)


def _refuse_misspelt(text: str) -> None:
    """Refuse what is nearly a prefix: it would be taken for a missing file."""
    found = _WORD.match(text)
    if found and (close := difflib.get_close_matches(found["word"].lower(), _PREFIXES, n=1)):
        rest = text[found.end() :]
        raise UsageError(
            f"{text!r}: there is no prefix '{found['word']}:'",
            f"did you mean `{close[0]}:{rest.lstrip('/')}`? A file of that name is `./{text}`",
        )
