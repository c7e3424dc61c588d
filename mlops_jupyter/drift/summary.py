"""What both sides of a column look like, small enough to keep: numbers, and shared bins."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from mlops_jupyter.data.comparing.bins import BARS, edges_between
from mlops_jupyter.drift.pairs import Both, Pair, Statistics, text
from mlops_jupyter.drift.report import ColumnType, Finding, Histogram, Summary

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIDES = ("in the reference", "in current")
_LABEL = 60  # characters kept of a category's name


def describe(pair: Pair, type_: ColumnType) -> tuple[Summary, Summary, Histogram]:
    """Return both summaries and the shared histogram of a column.

    Parameters
    ----------
    pair : Pair
        The column on both sides.
    type_ : str
        What the engine took it for.
    """
    counted = Both(
        *(
            Summary(count=count, missing=1 - count / rows, unique=unique)
            for count, rows, unique in zip(pair.count, pair.rows, pair.distinct(), strict=True)
        )
    )
    if type_ == "categorical":
        before, after = (
            summary.model_copy(update=alone)
            for summary, alone in zip(counted, _alone(pair), strict=True)
        )
        return before, after, _bars(pair)
    statistics = pair.statistics()
    before, after = (
        summary.model_copy(update=_finite(side))
        for summary, side in zip(counted, statistics, strict=True)
    )
    return before, after, _bins(pair, statistics, type_)


def about_values(pair: Pair, type_: ColumnType) -> Iterator[Finding]:
    """Yield what is worth knowing of a compared column's values: constant ones, new categories."""
    distinct = pair.distinct()
    constant = [
        f"{side} {text(_only_value(pair, place))[:_LABEL]}"
        for place, (side, count) in enumerate(zip(_SIDES, distinct, strict=True))
        if count == 1
    ]
    if constant:
        message = f"{pair.column} is constant: {', '.join(constant)}"
        yield Finding(kind="constant", column=pair.column, message=message)
    if type_ != "categorical":
        return
    found = pair.frequencies()
    before, after = found.counts
    if new := [
        value for value, a, b in zip(found.values, before, after, strict=True) if b > a == 0
    ]:
        shown = ", ".join(text(value)[:_LABEL] for value in new[:5])
        more = f" and {len(new) - 5:,} more" if len(new) > 5 else ""
        message = f"{pair.column} has values that the reference lacks: {shown}{more}"
        yield Finding(kind="new_categories", column=pair.column, message=message)


def _only_value(pair: Pair, place: int) -> object:
    if "float" in pair.storage:
        # All values of the other side, which may be millions, would have to be counted for this.
        return [*pair.statistics()][place].min
    found = pair.frequencies()
    return found.values[int([*found.counts][place].argmax())]


def _alone(pair: Pair) -> Both[dict[str, float]]:
    """Return how much of either side is in categories that the other lacks, and how many."""
    before, after = pair.frequencies().counts
    found = (
        {
            "unseen": float(side[other == 0].sum() / side.sum()),
            "unseen_values": int(((other == 0) & (side > 0)).sum()),
        }
        for side, other in ((before, after), (after, before))
    )
    return Both(*found)


def _finite(side: Statistics) -> dict[str, float]:
    numbers = {
        "mean": side.mean,
        "std": side.std,
        "min": side.min,
        "median": side.median,
        "max": side.max,
    }
    return {key: n for key, n in numbers.items() if math.isfinite(n)}


def _bins(pair: Pair, statistics: Both[Statistics], type_: ColumnType) -> Histogram:
    """Bin both sides alike; far tails are gathered in the end bins, so that the rest is seen."""
    whole = type_ == "text" or all(held == "integer" for held in pair.storage)
    before, after = statistics
    low, high = min(before.min, after.min), max(before.max, after.max)
    q01, q99 = min(before.q01, after.q01), max(before.q99, after.q99)
    core = (q99 / 2 - q01 / 2) / 2  # halves: 1e308 - -1e308 is too much
    below = q99 > q01 and q01 / 2 - low / 2 > core
    above = q99 > q01 and high / 2 - q99 / 2 > core
    edges = edges_between(q01 if below else low, q99 if above else high, whole=whole)
    shares = pair.histogram(edges).map(lambda side: side / side.sum())
    return Histogram(
        kind="lengths" if type_ == "text" else "numbers",
        edges=[float(f"{edge:.6g}") for edge in edges],
        reference=[round(float(share), 4) for share in shares.reference],
        current=[round(float(share), 4) for share in shares.current],
        below=below,
        above=above,
    )


def _bars(pair: Pair) -> Histogram:
    """Return the share of each frequent category; rare ones are gathered in a last bar."""
    found = pair.frequencies()
    before, after = found.counts.map(lambda side: side / side.sum())
    shares: dict[Any, tuple[float, float]] = {
        value: (float(a), float(b)) for value, a, b in zip(found.values, before, after, strict=True)
    }
    ranked = sorted(shares, key=lambda value: -max(shares[value]))
    kept = ranked if len(ranked) <= BARS else ranked[: BARS - 1]
    gathered = ranked[len(kept) :]
    if all(isinstance(value, int | float) for value in kept):
        kept = sorted(kept)
    else:
        kept = sorted(kept, key=lambda value: -shares[value][0])
    bars = [shares[value] for value in kept]
    labels = [text(value)[:_LABEL] for value in kept]
    if gathered:
        bars.append((sum(shares[v][0] for v in gathered), sum(shares[v][1] for v in gathered)))
        labels.append("others")
    return Histogram(
        kind="categories",
        labels=labels,
        reference=[round(bar[0], 4) for bar in bars],
        current=[round(bar[1], 4) for bar in bars],
        others=len(gathered),
    )
