"""Both distributions of a column, over each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.drift.view import words
from mlops_jupyter.render.histogram import histogram
from mlops_jupyter.render.text import number, shorten

if TYPE_CHECKING:
    from mlops_jupyter.drift.report import ColumnDrift, Histogram
    from mlops_jupyter.render.html import Markup

_NAME = 40


def picture(column: ColumnDrift) -> Markup:
    """Draw a column's distributions: the reference filled, current as a line."""
    bins = column.histogram
    # The bar of all others would dwarf the ones with a name.
    shown = len(bins.labels) - 1 if bins.others else len(bins.reference)
    labels = [words.label(each) for each in bins.labels[:shown]]
    ends = _ends(column, bins)
    return histogram(
        bins.reference[:shown],
        bins.current[:shown],
        alt=_alt(column, labels, ends),
        ends=ends,
        labels=labels,
    )


def _alt(column: ColumnDrift, labels: list[str], ends: tuple[str, str]) -> str:
    """Say in words what the picture shows."""
    bins = column.histogram
    if bins.kind == "categories":
        shares = zip(labels, bins.reference, bins.current, strict=False)
        span = ", ".join(
            f"{each} {words.percent(before)} → {words.percent(after)}"
            for each, before, after in shares
        )
        if bins.others:
            span += f"; {bins.others:,} others not shown"
    else:
        what = "lengths" if bins.kind == "lengths" else "values"
        span = f"{what} from {ends[0]} to {ends[1]}"
    return f"Distribution of {shorten(words.name(column), _NAME)}, reference and current: {span}"


def _ends(column: ColumnDrift, bins: Histogram) -> tuple[str, str]:
    """Return what stands under the first and the last bin."""
    if not bins.edges:
        return "", ""
    lows = [s.min for s in (column.reference, column.current) if s.min is not None]
    highs = [s.max for s in (column.reference, column.current) if s.max is not None]
    start = f"< {number(bins.edges[1])}" if bins.below or not lows else number(min(lows))
    end = f"≥ {number(bins.edges[-2])}" if bins.above or not highs else number(max(highs))
    return start, end
