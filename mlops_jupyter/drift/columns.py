"""Which columns can be compared, and what is said of the others.

Engines differ, and so does what holds the values; this does not.
"""

from __future__ import annotations

import difflib
from collections import Counter
from typing import TYPE_CHECKING

from mlops_jupyter.drift.report import Finding
from mlops_jupyter.errors import BadInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlops_jupyter.drift.pairs import Pair, Tables

# Families of which nothing is compared, by the words that say so.
MIXED = (
    "numbers and text mixed",
    "values that are neither plain numbers nor plain text",
)
_SIDES = ("the reference", "current")


def pairs(tables: Tables, wanted: Sequence[str] | None = None) -> Iterator[Pair | Finding]:
    """Yield a pair for each column that can be compared, and findings for all others.

    Parameters
    ----------
    tables : Tables
        The two sides.
    wanted : sequence of str, optional
        The columns to look at; all by default.

    Raises
    ------
    NotFound
        A wanted column is on neither side.
    BadInput
        No column is asked for, or one twice.
    """
    sides = tables.names.map(Counter)
    names = list(dict.fromkeys([*tables.names.reference, *tables.names.current]))
    if wanted is not None:
        check_wanted(wanted, names)
        names = [name for name in names if name in set(wanted)]
    for name in names:
        times = sides.map(lambda side, name=name: side[name])  # type: ignore[misc]
        if not all(times):
            yield only_on_one_side(name, in_reference=bool(times.reference))
        elif any(count > 1 for count in times):
            message = f"{name} is the name of several columns: not compared"
            yield Finding(kind="duplicate_name", column=name, message=message)
        else:
            yield from _judged(tables.pair(name))


def _judged(pair: Pair) -> Iterator[Pair | Finding]:
    name = pair.column
    if any(pair.infinite):
        message = (
            f"{name} has infinities ({pair.infinite.reference:,} in the reference, "
            f"{pair.infinite.current:,} in current): left out like missing values"
        )
        yield Finding(kind="infinities", column=name, message=message)
    if empty := [side for side, count in zip(_SIDES, pair.count, strict=True) if not count]:
        message = f"{name} has no value in {' and '.join(empty)}: not compared"
        yield Finding(kind="all_missing", column=name, message=message)
        return
    if mixed := [family for family in pair.families if family in MIXED]:
        message = f"{name} holds {mixed[0]}: not compared"
        yield Finding(kind="not_compared", column=name, message=message)
        return
    before, after = pair.families
    if {before, after} == {"dates", "text"}:
        message = f"{name} holds dates on one side, text on the other: not compared"
        yield Finding(kind="dates_as_text", column=name, message=message)
        return
    if before != after:
        message = f"{name} was {before}, is now {after}: not compared"
        yield Finding(kind="type_changed", column=name, message=message)
        return
    yield pair


def only_on_one_side(name: str, *, in_reference: bool) -> Finding:
    """Return the finding about a column that the other side lacks."""
    if in_reference:
        message = f"{name} is only in the reference: missing in current"
        return Finding(kind="only_in_reference", column=name, message=message)
    message = f"{name} is only in current: not in the reference"
    return Finding(kind="only_in_current", column=name, message=message)


def check_wanted(wanted: Sequence[str], names: list[str]) -> None:
    """Refuse columns that are asked for and that there are not, or twice.

    Raises
    ------
    NotFound
        It names the column, and the one that was likely meant.
    BadInput
        No column is asked for, or one twice.
    """
    repeated = [name for name, count in Counter(wanted).items() if count > 1]
    if repeated or not wanted:
        raise BadInput(
            f"column {repeated[0]!r} is asked for twice" if repeated else "no column is asked for",
            "name each column once, or leave the choice out to compare all",
        )
    for name in wanted:
        if name not in names:
            close = difflib.get_close_matches(name, names, n=1)
            raise NotFound(
                f"no column {name!r} in reference or current",
                f"did you mean {close[0]!r}?" if close else f"there are {_some(names)}",
            )


def _some(names: object, limit: int = 8) -> str:
    listed = [str(name) for name in names]  # type: ignore[attr-defined]  # a list or dict
    more = f" and {len(listed) - limit} more" if len(listed) > limit else ""
    return ", ".join(listed[:limit]) + more or "none"
