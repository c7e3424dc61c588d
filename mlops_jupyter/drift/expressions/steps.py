"""Both distribution functions of a column, without bringing all values into one place.

Values are shared out by ranges. How many rows each range has is asked first; running sums then stay
within a range and start from what is before it. So Spark never gathers a column in one partition.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_jupyter.drift.expressions.buckets import chosen, number
from mlops_jupyter.drift.pairs import Both, Statistics

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis

    from mlops_jupyter.drift.expressions.asking import Database

_SHARES = (0.01, 0.5, 0.99)


@dataclass(frozen=True)
class Steps:
    """What is measured of a column's numbers.

    Attributes
    ----------
    area, gap : float
        Between both distribution functions, and their greatest distance.
    distinct : Both of int
        Different values of either side.
    together : int
        Of both.
    statistics : Both of Statistics
        Mean, spread and quantiles.
    """

    area: float
    gap: float
    distinct: Both[int]
    together: int
    statistics: Both[Statistics]


def stacked(values: Both[Any]) -> ibis.Table:
    """Return the values of both sides as one table: ``value``, and whether it is ``after``."""
    import ibis

    sides = [
        side.select(after=ibis.literal(after), value=side["value"]).filter(
            lambda table: table["value"].notnull()
        )
        for after, side in zip((False, True), values, strict=True)
    ]
    return ibis.union(*sides)


def counted(both: ibis.Table) -> ibis.Table:
    """Return each value once, with how many rows of either side have it."""
    return both.group_by("value").aggregate(
        before=both.count(where=~both["after"]), after=both.count(where=both["after"])
    )


def walked(
    counts: ibis.Table,
    edges: Sequence[float],
    started: Both[list[float]],
    rows: Both[int],
    means: Both[float],
) -> ibis.Table:
    """Return one row per range, from which `Steps` are put together.

    Parameters
    ----------
    counts : ibis.Table
        As of `counted`.
    edges : sequence of float
        Between the ranges.
    started : Both of list of float
        Rows of either side before each range.
    rows, means : Both
        Of either side.
    """
    import ibis

    as_float = counts["value"].cast("float64")
    table = counts.mutate(
        part=chosen(as_float, edges, list(range(len(edges) + 1))),
        half=as_float / number(2),
    )
    window = ibis.window(group_by="part", order_by="value", preceding=(None, 0))
    next_ = ibis.window(group_by="part", order_by="value")
    table = table.mutate(
        seen_before=table["before"].cast("float64").sum().over(window),
        seen_after=table["after"].cast("float64").sum().over(window),
        width=table["half"].lead().over(next_) - table["half"],
    )
    number_ = table["value"].cast("float64")
    leaves = started.map(lambda side: [number(rows_) for rows_ in side])
    table = table.mutate(
        seen_before=table["seen_before"] + chosen(number_, edges, leaves.reference),
        seen_after=table["seen_after"] + chosen(number_, edges, leaves.current),
    )
    distance = (
        table["seen_before"] / number(rows.reference) - table["seen_after"] / number(rows.current)
    ).abs()
    wanted: dict[str, Any] = {
        "first": table["half"].min(),
        "last": table["half"].max(),
        "area": (distance * table["width"]).sum(),
        "gap": distance.max(),
        "together": table.count(),
    }
    for side, mean in zip(("before", "after"), means, strict=True):
        deviation = number_ - number(mean)
        wanted[f"squares_{side}"] = (table[side].cast("float64") * deviation * deviation).sum()
        wanted[f"distinct_{side}"] = table.count(where=table[side] > 0)
    for side, total in zip(("before", "after"), rows, strict=True):
        for place in _places(total):
            there = table[f"seen_{side}"] > number(place)
            wanted[f"at_{side}_{place}"] = table["value"].min(where=there)
    return table.group_by("part").aggregate(**wanted)


def steps(
    database: Database,
    values: Both[ibis.Table],
    edges: Sequence[float],
    rows: Both[int],
    totals: Both[float],
) -> Steps:
    """Measure a column.

    Parameters
    ----------
    database : Database
        What answers.
    values : Both of ibis.Table
        Tables of the one column ``value``, of one type.
    edges : sequence of float
        What parts the work; none for small tables.
    rows, totals : Both
        How many values, and their sum.
    """
    counts = counted(stacked(values))
    started = _started(database, stacked(values), edges)
    means = Both(*(total / n for total, n in zip(totals, rows, strict=True)))
    # What has overflowed is no number a database can be asked with.
    asked = means.map(lambda mean: mean if math.isfinite(mean) else 0.0)
    found = sorted(
        database.rows_of(walked(counts, edges, started, rows, asked)), key=lambda row: row["part"]
    )
    return Steps(
        area=_area(found, started, rows) * 2,
        gap=max(row["gap"] for row in found),
        distinct=Both("before", "after").map(
            lambda side: sum(r[f"distinct_{side}"] for r in found)
        ),
        together=sum(row["together"] for row in found),
        statistics=Both(
            *(
                _statistics(found, side, n, mean)
                for side, n, mean in zip(("before", "after"), rows, means, strict=True)
            )
        ),
    )


def _started(database: Database, both: ibis.Table, edges: Sequence[float]) -> Both[list[float]]:
    """Return how many rows of either side are before each range."""
    if not edges:
        return Both([0.0], [0.0])
    parts = list(range(len(edges) + 1))
    by_part = both.mutate(part=chosen(both["value"].cast("float64"), edges, parts))
    found = by_part.group_by("part").aggregate(
        before=by_part.count(where=~by_part["after"]), after=by_part.count(where=by_part["after"])
    )
    rows = {row["part"]: row for row in database.rows_of(found)}

    def sums(side: str) -> list[float]:
        held = [rows[part][side] if part in rows else 0 for part in parts]
        return [float(n) for n in itertools.accumulate(held[:-1], initial=0)]

    return Both("before", "after").map(sums)


def _area(found: list[dict[str, Any]], started: Both[list[float]], rows: Both[int]) -> float:
    """Add what lies between the ranges to what lies within them. In halves, as widths are."""
    within = [row["area"] for row in found if row["area"] is not None]
    between = []
    for row, following in itertools.pairwise(found):
        place = following["part"]
        height = abs(
            started.reference[place] / rows.reference - started.current[place] / rows.current
        )
        between.append(height * (following["first"] - row["last"]))
    return math.fsum([*within, *between])


def _places(rows: int) -> list[int]:
    """Return the places of the values that quantiles lie between, from 0, and both ends."""
    inner = [int(share * (rows - 1)) for share in _SHARES]
    nexts = [min(place + 1, rows - 1) for place in inner]
    return sorted({0, rows - 1, *inner, *nexts})


def _statistics(found: list[dict[str, Any]], side: str, rows: int, mean: float) -> Statistics:
    def at(place: int) -> float:
        values = [row[f"at_{side}_{place}"] for row in found]
        return float(min(value for value in values if value is not None))

    def quantile(share: float) -> float:
        place = share * (rows - 1)
        low = int(place)
        part = place - low
        return at(low) * (1 - part) + at(min(low + 1, rows - 1)) * part

    squares = sum(row[f"squares_{side}"] for row in found)
    std = math.sqrt(squares / rows) if math.isfinite(mean) else math.inf
    q01, median, q99 = (quantile(share) for share in _SHARES)
    return Statistics(mean, std, at(0), q01, median, q99, at(rows - 1))
