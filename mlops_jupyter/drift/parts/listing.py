"""Which parts the values of a column make."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mlops_jupyter.drift.columns import pairs
from mlops_jupyter.drift.expressions.asking import database_of
from mlops_jupyter.drift.expressions.overviews import is_finite
from mlops_jupyter.drift.expressions.tables import ExpressionTables
from mlops_jupyter.drift.pairs import Both, text
from mlops_jupyter.drift.report import Finding
from mlops_jupyter.drift.sides import tables_of
from mlops_jupyter.errors import BadInput

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops_jupyter.drift.pairs import Pair, Tables
    from mlops_jupyter.drift.sides import Source

MOST = 100  # parts of a column that are listed
_VALUES = 10  # numbers with so few different values are parts by value, not by range
_QUARTERS = (0.25, 0.5, 0.75)
_LABEL = 60  # characters of a value that are shown


@dataclass(frozen=True)
class Part:
    """Rows of both sides that have something in common.

    Attributes
    ----------
    column : str
        What they have it in.
    label : str
        It, in words.
    rows : Both of int
        How many rows of either side.
    value : object
        The value they all have; None where it is a range or missing.
    low, high : float or None
        The range, without its upper end; None where it has no end.
    missing : bool
        Whether these are the rows without a value; infinities count as such.
    """

    column: str
    label: str
    rows: Both[int]
    value: Any = None
    low: float | None = None
    high: float | None = None
    missing: bool = False


@dataclass(frozen=True)
class Parts:
    """The parts of a column.

    Attributes
    ----------
    listed : list of Part
        The parts, at most `MOST`: the largest ones where there are more.
    others : int
        How many values are not listed.
    """

    listed: list[Part]
    others: int = 0


def parts_of(before: Source, after: Source, column: str) -> Parts:
    """Return the parts that a column makes: its values, or ranges that hold a quarter each.

    The quarters are the reference's: a part is the same range of values on both sides.

    Parameters
    ----------
    before, after : Source
        The reference and current.
    column : str
        A column of both.

    Raises
    ------
    NotFound
        There is no such column.
    BadInput
        It makes no parts: dates, or another type on either side.

    Examples
    --------
    >>> sides = [drift.sides.read(ws, f"data/{month}.csv", month) for month in ("june", "july")]
    >>> [part.label for part in parts_of(*sides, "carrier").listed]
    ['B6', 'EV', 'UA']
    """
    tables = tables_of(before, after)
    pair = next(
        (item for item in pairs(tables, [column]) if not isinstance(item, Finding)),
        None,
    )
    if pair is None or "dates" in pair.families:
        raise BadInput(
            f"{column} makes no parts of the data", "choose a column of numbers or categories"
        )
    gone = Both(*(rows - count for rows, count in zip(pair.rows, pair.count, strict=True)))
    found = _by_range(pair, tables) if _is_wide(pair) else _by_value(pair)
    if sum(gone):
        found.listed.append(Part(column, "missing", gone, missing=True))
    return found


def _is_wide(pair: Pair) -> bool:
    return pair.families.current == "numbers" and pair.distinct_together() > _VALUES


def _by_value(pair: Pair) -> Parts:
    found = pair.frequencies()
    before, after = found.counts
    largest = sorted(range(len(found.values)), key=lambda place: -int(before[place] + after[place]))
    return Parts(
        [
            Part(
                pair.column,
                text(found.values[place])[:_LABEL],
                Both(int(before[place]), int(after[place])),
                value=found.values[place],
            )
            for place in sorted(largest[:MOST])
        ],
        max(len(largest) - MOST, 0),
    )


def _by_range(pair: Pair, tables: Tables) -> Parts:
    import numpy as np

    cuts = sorted({float(cut) for cut in _quarters(pair, tables)})
    sides = pair.statistics()
    low, high = min(side.min for side in sides), max(side.max for side in sides)
    cuts = [cut for cut in cuts if cut > low]  # below the least value is nothing
    counts = pair.histogram(np.array([low, *cuts, max([high, *cuts])]))
    ends = [None, *cuts, None]
    return Parts(
        [
            Part(pair.column, _range(start, end), Both(int(a), int(b)), low=start, high=end)
            for (start, end), a, b in zip(pairwise(ends), *counts, strict=True)
        ]
    )


def _quarters(pair: Pair, tables: Tables) -> NDArray[Any]:
    import numpy as np

    if not isinstance(tables, ExpressionTables):
        cuts: NDArray[Any] = np.quantile(
            pair.series().reference.to_numpy(dtype="float64"), _QUARTERS
        )
        return cuts
    table = tables.sides.reference
    place = tables.names.reference.index(pair.column)
    values = table[table.columns[place]].cast("float64")
    asked = table.filter(is_finite(values)).aggregate(
        **{f"q{number}": values.quantile(at) for number, at in enumerate(_QUARTERS)}
    )
    return np.asarray([*database_of(table).row(asked).values()], dtype="float64")


def _range(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return "all values"
    if low is None:
        return f"below {high:g}"
    return f"{low:g} and more" if high is None else f"{low:g} to below {high:g}"
