"""How the columns of a comparison look: how far each moved, what moved in it, and a picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from mlops_jupyter.data.reading.names import type_shown
from mlops_jupyter.render import html, text
from mlops_jupyter.render.histogram import histogram
from mlops_jupyter.render.table import Cell, Column, Table

if TYPE_CHECKING:
    from mlops_jupyter.data.comparing.records import ColumnChange, ColumnSide, Value
    from mlops_jupyter.render.html import Markup

_SHOWN = 25  # columns; the others are counted
_NAMES = 12
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WRAPPED = "display:inline-block;min-width:6em;max-width:22em;overflow-wrap:anywhere"
_CENTS = 0.0005  # a share that shows as 0.1 %


def split(columns: Sequence[ColumnChange]) -> tuple[list[ColumnChange], list[ColumnChange]]:
    """Return the columns to show and those that there is nothing or little to say of."""
    moved = [each for each in columns if each.moved]
    return moved[:_SHOWN], [*moved[_SHOWN:], *(each for each in columns if not each.moved)]


def still(columns: Sequence[ColumnChange]) -> str:
    """Say in a line which columns are not in the table."""
    moved = sum(each.moved for each in columns)
    if moved:
        less = text.plural(moved, "column")
        return f"and {less} that moved less; {len(columns) - moved:,} that hardly moved"
    return f"hardly moved, or not at all: {names_shown([each.column for each in columns])}"


def table(columns: Sequence[ColumnChange], *, by_key: bool, pictures: bool) -> Table:
    """Return a row per column; by a key with how many rows changed, and one of them."""
    headings = [Column("column")]
    headings += [Column("rows changed", "right")] if by_key else []
    headings += [Column("distance", "right"), Column("what moved")]
    headings += [Column("example")] if by_key else []
    headings += [Column("old ▇ and new ━")] if pictures else []
    rows = [[*_row(each, by_key=by_key, pictures=pictures)] for each in columns]
    return Table(headings, rows, row_headers=True)


def _row(column: ColumnChange, *, by_key: bool, pictures: bool) -> Iterator[str | Cell]:
    name = text.shorten(text.clean(column.column), 60)
    type_ = text.shorten(text.clean(type_shown(column.type)), 40)
    yield Cell(
        name,
        html.join(html.element("strong", name, style=_WRAPPED), html.element("br"), _small(type_)),
    )
    if by_key:
        yield f"{column.rows_changed or 0:,}"
    yield _distance(column)
    yield "; ".join(_moved(column)) or "about the same distribution"
    if by_key:
        yield _change(column)
    if pictures:
        yield Cell("", _picture(column))


def _distance(column: ColumnChange) -> str | Cell:
    if column.distance is None:
        return "–"
    shown = f"{column.distance:.3f}" if column.distance < 1000 else text.number(column.distance, 3)
    kind = "sd" if column.distance_kind == "wasserstein" else "JS"
    return Cell(f"{shown} {kind}", html.join(shown, " ", _small(kind)))


def _moved(column: ColumnChange) -> Iterator[str]:
    """Say in plain words what moved."""
    old, new = column.old, column.new
    if column.shown_as in ("numbers", "lengths", "times"):
        yield from _measures(column)
    if abs(old.missing - new.missing) >= _CENTS:
        yield f"missing {_percent(old.missing)} → {_percent(new.missing)}"
    for word, count, names in (
        ("new", column.new_count, column.new_categories),
        ("gone", column.gone_count, column.gone_categories),
    ):
        if count:
            more = f" and {count - len(names):,} more" if names and count > len(names) else ""
            yield f"{word}: {names_shown(names)}{more}" if names else f"{count:,} {word}"
    if column.shown_as == "categories" and column.overlay and not column.gone_count:
        yield from _share(column)


def _measures(column: ColumnChange) -> Iterator[str]:
    old, new = column.old, column.new
    if old.mean is None or new.mean is None:
        return
    what = "mean length" if column.shown_as == "lengths" else "mean"
    before, after = _measure(column, old.mean), _measure(column, new.mean)
    if before != after:
        yield f"{what} {before} → {after}"
    if old.std is not None and new.std is not None and column.shown_as != "times":
        spread = text.number(old.std, 3), text.number(new.std, 3)
        if spread[0] != spread[1]:
            yield f"sd {spread[0]} → {spread[1]}"
    span = _span(column, old), _span(column, new)
    if span[0] != span[1]:
        yield f"range {span[0]} → {span[1]}"


def _span(column: ColumnChange, side: ColumnSide) -> str:
    if side.min is None or side.max is None:
        return "–"
    return f"{_measure(column, side.min)} … {_measure(column, side.max)}"


def _measure(column: ColumnChange, value: float | None) -> str:
    if value is None:
        return "–"
    if column.shown_as != "times":
        return text.number(value)
    try:
        moment = _EPOCH + timedelta(seconds=value)
    except OverflowError:  # beyond the year 9999
        return text.number(value)
    return f"{moment:%Y-%m-%d}" if column.type == "DATE" else f"{moment:%Y-%m-%d %H:%M}"


def _share(column: ColumnChange) -> Iterator[str]:
    """Name the category whose share moved most."""
    bars = column.overlay
    assert bars is not None  # noqa: S101 - asked before
    named = len(bars.labels) - (1 if bars.others else 0)
    shares = list(zip(bars.labels, bars.old, bars.new, strict=True))[:named]
    label, before, after = max(shares, key=lambda each: abs(each[2] - each[1]))
    if abs(after - before) >= _CENTS and _percent(before) != _percent(after):
        yield f"{text.shorten(text.clean(label), 30)}: {_percent(before)} → {_percent(after)}"


def _change(column: ColumnChange) -> str:
    if column.example is None:
        return ""
    return f"{text.clean(column.example_key)}: {values_shown(column.example)}"


def names_shown(names: Sequence[str]) -> str:
    """Return the first of some names."""
    more = f" and {len(names) - _NAMES:,} more" if len(names) > _NAMES else ""
    return ", ".join(text.shorten(text.clean(name), 40) for name in names[:_NAMES]) + more


def values_shown(value: Value) -> str:
    """Return a value of one row in both states."""
    return f"{value_shown(value.before)} → {value_shown(value.after)}"


def value_shown(value: str | None) -> str:
    """Return a value, or what stands for none."""
    if value is None:
        return "–"
    return text.shorten(text.clean(value), 40) or "''"


def _picture(column: ColumnChange) -> Markup:
    bins = column.overlay
    if bins is None:
        return html.join()
    # The bar of all others would dwarf the ones with a name.
    shown = len(bins.labels) - 1 if bins.others else len(bins.old)
    start, end = _ends(column)
    if bins.labels:
        bars = zip(bins.labels, bins.old, bins.new, strict=True)
        span = ", ".join(
            f"{text.clean(name)} {_percent(a)} → {_percent(b)}" for name, a, b in [*bars][:shown]
        )
    else:
        what = "length" if column.shown_as == "lengths" else "value"
        span = f"{what} from {start} to {end}"
    return histogram(
        bins.old[:shown],
        bins.new[:shown],
        alt=f"Distribution of {text.clean(column.column)}, old and new: {span}",
        ends=(start, end),
        labels=bins.labels[:shown],
    )


def _ends(column: ColumnChange) -> tuple[str, str]:
    """Return what stands under the first and the last bin."""
    bins = column.overlay
    if bins is None or not bins.edges:
        return "", ""
    lows = [s.min for s in (column.old, column.new) if s.min is not None]
    highs = [s.max for s in (column.old, column.new) if s.max is not None]
    low = f"< {_measure(column, bins.edges[1])}"
    high = f"≥ {_measure(column, bins.edges[-2])}"
    start = low if bins.below or not lows else _measure(column, min(lows))
    end = high if bins.above or not highs else _measure(column, max(highs))
    return start, end


def _percent(share: float) -> str:
    """Return a share in per cent, with a digit where it is small.

    Examples
    --------
    >>> _percent(0.024), _percent(0.312), _percent(0)
    ('2.4 %', '31 %', '0 %')
    """
    if share == 0 or share >= 0.1:
        return f"{share * 100:.0f} %"
    return f"{share * 100:.2g} %"


def _small(words: str) -> Markup:
    return html.element("span", words, style=f"color:{html.MUTED};font-size:85%")
