"""The types that parameters have: what pydantic checks, and their names in words."""

from __future__ import annotations

import datetime as dt
import decimal
import pathlib
import re
import uuid
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal, Optional, Union, get_args, get_origin

import pydantic
from pydantic import BeforeValidator, Field, Strict, TypeAdapter


def _calendar(value: object) -> object:
    """Refuse numbers, which pydantic takes for seconds since 1970."""
    if isinstance(value, (int, float)) or (
        isinstance(value, str) and re.fullmatch(r"\s*[+-]?[\d.]+\s*", value)
    ):
        raise ValueError("a number is no date or time")
    return value


# Not strict: text of a date is one.
_CALENDAR = (BeforeValidator(_calendar), Strict(strict=False))
# Full name -> what pydantic checks.
KNOWN: dict[str, Any] = {
    "int": int,
    "float": float,
    "bool": bool,
    "str": str,
    "list": list,
    "dict": dict,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "object": Any,
    "typing.Any": Any,
    "typing.Text": str,
    "datetime.date": Annotated[dt.date, *_CALENDAR],
    "datetime.datetime": Annotated[dt.datetime, *_CALENDAR],
    "datetime.time": Annotated[dt.time, *_CALENDAR],
    "datetime.timedelta": Annotated[dt.timedelta, *_CALENDAR],
    "pathlib.Path": pathlib.Path,
    "pathlib.PosixPath": pathlib.Path,
    "pathlib.PurePath": pathlib.PurePath,
    "os.PathLike": pathlib.Path,
    "decimal.Decimal": decimal.Decimal,
    "uuid.UUID": uuid.UUID,
    "pydantic.PositiveInt": Annotated[int, Field(gt=0)],
    "pydantic.NonNegativeInt": Annotated[int, Field(ge=0)],
    "pydantic.NegativeInt": Annotated[int, Field(lt=0)],
    "pydantic.NonPositiveInt": Annotated[int, Field(le=0)],
    "pydantic.PositiveFloat": Annotated[float, Field(gt=0)],
    "pydantic.NonNegativeFloat": Annotated[float, Field(ge=0)],
    "pydantic.NegativeFloat": Annotated[float, Field(lt=0)],
    "pydantic.NonPositiveFloat": Annotated[float, Field(le=0)],
    "pydantic.StrictInt": int,
    "pydantic.StrictFloat": float,
    "pydantic.StrictStr": str,
    "pydantic.StrictBool": bool,
    # The notebook looks for the file, in its own folder.
    "pydantic.FilePath": pathlib.Path,
    "pydantic.DirectoryPath": pathlib.Path,
    "pydantic.NewPath": pathlib.Path,
}
_LISTS = ("List", "Sequence", "MutableSequence", "Collection", "Iterable")
_MAPPINGS = ("Dict", "Mapping", "MutableMapping")
for _home in ("typing", "typing_extensions", "collections.abc"):
    KNOWN |= {f"{_home}.{name}": list for name in _LISTS}
    KNOWN |= {f"{_home}.{name}": dict for name in _MAPPINGS}
KNOWN |= {"typing.Tuple": tuple, "typing.Set": set, "typing.FrozenSet": frozenset}

_TEXTUAL = (
    str, pathlib.PurePath, dt.date, dt.datetime, dt.time, dt.timedelta, decimal.Decimal, uuid.UUID,
)  # fmt: skip
_SIGNS = {
    "ge": "at least {}",
    "gt": "above {}",
    "le": "at most {}",
    "lt": "below {}",
    "multiple_of": "a multiple of {}",
    "min_length": "length at least {}",
    "max_length": "length at most {}",
    "pattern": "as {}",
}


@dataclass(frozen=True)
class Type:
    """What a parameter takes.

    Attributes
    ----------
    annotation : type or typing form
        What pydantic checks; ``Any`` where nothing is known.
    unknown : str
        The annotation as the notebook writes it, where it is none of ours.
    """

    annotation: Any = Any
    unknown: str = ""

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        """What checks values: an int is no float, no bool is an int."""
        return TypeAdapter(self.annotation, config=pydantic.ConfigDict(strict=True))

    @property
    def nullable(self) -> bool:
        """Whether it takes None."""
        return self.annotation is Any or type(None) in members(self.annotation)

    @property
    def textual(self) -> bool:
        """Whether all it takes is written as text: a name, a date, a path."""
        kinds = [kind for kind in members(self.annotation) if kind is not type(None)]
        return bool(kinds) and all(_is_textual(kind) for kind in kinds)

    @property
    def takes_text(self) -> bool:
        """Whether any text will do."""
        return self.annotation is Any or str in members(self.annotation)

    @property
    def kind(self) -> str:
        """Its name without what is inside: "list", "int"; "any" of several."""
        kinds = [kind for kind in members(self.annotation) if kind is not type(None)]
        return shown(get_origin(kinds[0]) or kinds[0]) if len(kinds) == 1 else "any"

    @property
    def description(self) -> str:
        """What the annotation says of the parameter: ``Field(description=…)``."""
        told = _metadata(self.annotation)
        found = [getattr(item, "description", None) or item for item in told]
        return next((text for text in found if isinstance(text, str)), "")

    def or_none(self) -> Type:
        """Return the type that takes None too."""
        return self if self.nullable else Type(Optional[self.annotation])  # noqa: UP045

    def __str__(self) -> str:
        return shown(self.annotation)


ANY = Type()


def of_value(value: object) -> Type:
    """Return the type of a default; None says nothing about what else it takes.

    Examples
    --------
    >>> str(of_value(6)), str(of_value(True)), str(of_value(["a"])), str(of_value(None))
    ('int', 'bool', 'list', 'any')
    """
    for name, kind in KNOWN.items():
        bare = members(kind)[0]
        if type(value) is bare or (name == "pathlib.Path" and isinstance(value, pathlib.Path)):
            return Type(kind)
    return ANY


def members(annotation: Any) -> list[Any]:
    """Return what a union is of, without rules; of any other type, itself."""
    if get_origin(annotation) is Annotated:
        return members(get_args(annotation)[0])
    if _is_union(annotation):
        return [kind for member in get_args(annotation) for kind in members(member)]
    return [annotation]


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, type(int | str))


def _is_textual(kind: Any) -> bool:
    if get_origin(kind) is Literal:
        return all(isinstance(value, str) for value in get_args(kind))
    return kind in _TEXTUAL


def _metadata(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()


def shown(annotation: Any) -> str:  # noqa: PLR0911 - one line for each form
    """Return a type in words.

    Examples
    --------
    >>> shown(Annotated[int, Field(ge=1)]), shown(int | None), shown(Literal["a", "b"])
    ('int (at least 1)', 'int or None', "one of 'a', 'b'")
    """
    if annotation is Any:
        return "any"
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        rules = ", ".join(_rules(annotation))
        return shown(inside[0]) + (f" ({rules})" if rules else "")
    if _is_union(annotation):
        named = sorted(inside, key=lambda member: member is type(None))
        return " or ".join(shown(member) for member in named)
    if origin is Literal:
        return f"one of {', '.join(map(repr, inside))}"
    if annotation is type(None):
        return "None"
    if origin is not None:
        return f"{origin.__name__}[{', '.join('…' if i is ... else shown(i) for i in inside)}]"
    return str(annotation.__name__)


def _rules(annotation: Any) -> list[str]:
    found: list[str] = []
    for told in _metadata(annotation):
        for rule in getattr(told, "metadata", [told]):
            found += [
                words.format(value)
                for name, words in _SIGNS.items()
                if (value := getattr(rule, name, None)) is not None
            ]
    return found


def schema(wanted: Type) -> dict[str, Any]:
    """Return a type's JSON schema."""
    return dict(wanted.adapter.json_schema())
