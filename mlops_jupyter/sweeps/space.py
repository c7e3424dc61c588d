"""The space of a sweep: which values each parameter may take."""

from __future__ import annotations

import functools
import itertools
import math
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mlops_jupyter.errors import UsageError

# A grid that is larger than this was not meant.
GRID_LIMIT = 10_000
# So many values of a range are checked one by one; of a longer one, its ends.
_CHECKED = 1_000
_NUMBER = r"[-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\.\.({_NUMBER})(?:\.\.({_NUMBER}))?(:log)?")
_HOW = "write low..high, low..high..step, or low..high:log"

# Checks values by name against the notebook's parameters, and returns them typed.
Check = Callable[[Sequence[str] | Mapping[str, object]], Mapping[str, Any]]


@dataclass(frozen=True)
class Choices:
    """Values that are listed."""

    values: tuple[Any, ...]

    @property
    def count(self) -> int | None:
        """How many there are."""
        return len(self.values)

    def draw(self, chance: random.Random) -> object:
        """Return one of them."""
        return chance.choice(self.values)

    def __str__(self) -> str:
        return ",".join(str(value) for value in self.values)


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included.

    Attributes
    ----------
    low, high : int or float
        The ends; both int, or both float.
    step : int or float, optional
        From one to the next; None where all between are meant.
    log : bool
        As many between 1 and 10 as between 10 and 100.
    """

    low: float
    high: float
    step: float | None = None
    log: bool = False

    @property
    def whole(self) -> bool:
        """Whether these are whole numbers."""
        return isinstance(self.low, int)

    @property
    def count(self) -> int | None:
        """How many there are; None where that is without number, or not evenly spread."""
        if self.step is None:
            return None
        return int((_exact(self.high) - _exact(self.low)) // _exact(self.step)) + 1

    @property
    def values(self) -> Iterator[float]:
        """The numbers in order, where they can be counted."""
        return (self._at(index) for index in range(self.count or 0))

    def _at(self, index: int) -> float:
        # 0.1 three times is 0.3 in decimals, and is not in binary.
        assert self.step is not None  # noqa: S101 - asked for by what counted them
        exact = _exact(self.low) + index * _exact(self.step)
        return int(exact) if self.whole else float(exact)

    def draw(self, chance: random.Random) -> float:
        """Return one of them."""
        if self.count is not None:
            return self._at(chance.randrange(self.count))
        if not self.log:
            return chance.uniform(self.low, self.high)
        # The half on both sides lets the ends of whole numbers come up as often as the others.
        half = 0.5 if self.whole else 0.0
        drawn = math.exp(chance.uniform(math.log(self.low - half), math.log(self.high + half)))
        return min(max(round(drawn) if self.whole else drawn, self.low), self.high)

    def __str__(self) -> str:
        step = "" if self.step is None or (self.whole and self.step == 1) else f"..{self.step}"
        return f"{self.low}..{self.high}{step}{':log' if self.log else ''}"


Axis = Choices | Range


@dataclass(frozen=True)
class Space:
    """What is searched.

    Attributes
    ----------
    axes : mapping
        By name of the parameter, in order. One with a single value is fixed.
    """

    axes: Mapping[str, Axis]

    @property
    def size(self) -> int | None:
        """How many points there are; None where they cannot be counted."""
        counts = [axis.count for axis in self.axes.values()]
        return None if None in counts else math.prod(filter(None, counts))

    def grid(self) -> Iterator[dict[str, Any]]:
        """Return all points, the last parameter changing fastest.

        Raises
        ------
        UsageError
            They cannot be counted, or are too many.
        """
        endless = [name for name, axis in self.axes.items() if axis.count is None]
        if endless:
            name, axis = endless[0], self.axes[endless[0]]
            raise UsageError(
                f"a grid cannot hold all of {name}={axis}",
                f"give a step ({name}=0..1..0.25) or a list, or search at random: --search random",
            )
        if (size := self.size or 0) > GRID_LIMIT:
            counts = " × ".join(f"{axis.count:,}" for axis in self.axes.values())
            raise UsageError(
                f"the grid has {size:,} trials ({counts}); more than {GRID_LIMIT:,} are refused",
                "take fewer values, or look at some of them: --search random --trials 100",
            )
        points = itertools.product(*(axis.values for axis in self.axes.values()))
        return (dict(zip(self.axes, point, strict=True)) for point in points)

    def sample(self, count: int, seed: int) -> list[dict[str, Any]]:
        """Return points drawn at random, no two alike; the same ones for the same seed.

        A longer sample begins with the shorter one.

        Raises
        ------
        UsageError
            There are not as many.
        """
        if self.size is not None and self.size < count:
            raise UsageError(
                f"{count} trials are wanted, and the space has {self.size} points",
                "try them all: --search grid",
            )
        chance = random.Random(seed)  # noqa: S311 - no secret
        seen: dict[str, dict[str, Any]] = {}
        while len(seen) < count:
            point = {name: axis.draw(chance) for name, axis in self.axes.items()}
            seen.setdefault(repr(point), point)
        return list(seen.values())


def read(given: Sequence[str] | Mapping[str, object], check: Check) -> Space:
    """Read a space, each value checked against the notebook's parameters.

    Parameters
    ----------
    given : sequence of str or mapping
        ``["lr=0.01,0.1", "depth=3..9"]``; or by name lists of values, single values, and text
        as on the command line.
    check : callable
        Checks values against the notebook, and returns them typed.

    Raises
    ------
    UsageError
        It is not written as one.
    BadInput
        A parameter that the notebook does not have, or a value of another type.

    Examples
    --------
    >>> space = read(["lr=1e-4..1e-1:log", "depth=3..9"], check=dict)
    >>> [f"{name}: {axis}" for name, axis in space.axes.items()], space.size
    (['lr: 0.0001..0.1:log', 'depth: 3..9'], None)
    """
    by_name = given if isinstance(given, Mapping) else _split(given)
    axes = {name: _axis(name, value, check) for name, value in by_name.items()}
    if not axes:
        raise UsageError(
            "nothing is to be searched", "name parameters and their values: -p lr=0.01,0.1"
        )
    return Space(axes)


def _split(words: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in words:
        name, equals, text = word.partition("=")
        name = name.strip()
        if not equals or not name:
            raise UsageError(f"{word!r} is not name=values", "write -p lr=0.01,0.1")
        if name in found:
            raise UsageError(f"parameter '{name}' is given twice", f"write -p {name}=a,b")
        found[name] = text
    return found


def _axis(name: str, value: object, check: Check) -> Axis:
    if isinstance(value, str):
        return _from_text(name, value, check)
    if callable(tolist := getattr(value, "tolist", None)):  # an array
        value = tolist()
    if isinstance(value, list | tuple | range):
        return _choices(name, [check({name: each})[name] for each in value])
    return Choices((check({name: value})[name],))


def _from_text(name: str, text: str, check: Check) -> Axis:
    if matched := _RANGE.fullmatch(text.strip()):
        return _checked(name, _range(text, *matched.groups()), check)
    words = _listed(text)
    if len(words) > 1 and any(_RANGE.fullmatch(word.strip()) for word in words):
        raise UsageError(f"{name}={text} has a range in a list", f"a range stands alone: {_HOW}")
    return _choices(name, [check([f"{name}={word}"])[name] for word in words])


def _choices(name: str, values: list[Any]) -> Choices:
    if not values:
        raise UsageError(f"parameter '{name}' has no values", f"write -p {name}=a,b")
    shown = [repr(value) for value in values]
    if twice := next((value for value in shown if shown.count(value) > 1), None):
        raise UsageError(f"parameter '{name}' has the value {twice} twice", "give it once")
    return Choices(tuple(values))


def _range(text: str, low: str, high: str, step: str | None, log: str | None) -> Range:
    """Make a range out of its words: whole numbers where all are written so."""
    words = [word for word in (low, high, step) if word is not None]
    whole = all(re.fullmatch(r"[-+]?\d+", word) for word in words)
    first, last, *rest = (int(word) if whole else float(word) for word in words)
    by: float | None = rest[0] if rest else (1 if whole and not log else None)

    def wrong(why: str) -> UsageError:
        return UsageError(f"{text} is no range: {why}", _HOW)

    if not all(math.isfinite(number) for number in (first, last, by or 0)):
        raise wrong("a number is too large")
    if first >= last:
        raise wrong(f"{low} is not below {high}")
    if log and (rest or first <= 0):
        raise wrong("it has a step" if rest else "a log range begins above 0")
    if by is not None and not 0 < by <= last - first:
        raise wrong(f"a step of {step or by} does not fit")
    return Range(first, last, by, bool(log))


def _checked(name: str, axis: Range, check: Check) -> Range:
    few = axis.count is not None and axis.count <= _CHECKED
    for value in axis.values if few else (axis.low, axis.high):
        check({name: value})
    return axis


def _listed(text: str) -> list[str]:
    """Split at commas that are in no brackets and no double quotes.

    A word that is quoted as a whole stands for the text between.
    """
    words, depth, quoted = [""], 0, False
    for char in text:
        if char == '"':
            quoted = not quoted
        elif not quoted:
            depth += (char in "[{(") - (char in "]})")
        if char == "," and depth <= 0 and not quoted:
            words.append("")
        else:
            words[-1] += char
    return [_unquoted(word) for word in words]


def _unquoted(word: str) -> str:
    inner = word.strip()[1:-1]
    return inner if word.strip() == f'"{inner}"' and '"' not in inner else word


@functools.cache
def _exact(number: float) -> Decimal:
    return Decimal(str(number))
