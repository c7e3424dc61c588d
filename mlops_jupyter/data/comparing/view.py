"""How a comparison of data looks, as text and as HTML."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from mlops_jupyter.data.reading.names import type_shown
from mlops_jupyter.render import html, text
from mlops_jupyter.render.histogram import FILLED, LINE, histogram
from mlops_jupyter.render.table import Cell, Column, Table

if TYPE_CHECKING:
    from mlops_jupyter.data.comparing.records import (
        ColumnChange,
        ColumnSide,
        DataComparison,
        DataSide,
        FileChanges,
        RowExample,
        SchemaChange,
        Value,
    )
    from mlops_jupyter.render.html import Markup

_SHOWN = 25  # columns; the others are counted
_SCHEMA = 20
_NAMES = 12
_VALUES = 4  # of an example row
_TONES = {
    "added": "good",
    "removed": "bad",
    "changed": "warn",
    "retyped": "warn",
    "renamed": "brand",
    "reordered": "muted",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WRAPPED = "display:inline-block;min-width:6em;max-width:22em;overflow-wrap:anywhere"
_CENTS = 0.0005  # a share that shows as 0.1 %


def comparison_text(found: DataComparison) -> str:
    """Return the comparison for a terminal."""
    lines = [text.clean(found.headline), *_sides(found)]
    lines += [f"  {kind}: {words}" for kind, words in _schema(found.schema_changes)]
    if found.columns:
        moved, still = _split(found.columns)
        lines += ["", _table(found, moved, pictures=False).to_text()] if moved else []
        lines += [_still(still)] if still else []
    examples = [_example(each) for each in found.examples]
    lines += ["", *examples] if examples else []
    remarks = list(_remarks(found))
    lines += ["", *remarks] if remarks else []
    return "\n".join(lines)


def comparison_html(found: DataComparison) -> str:
    """Return the comparison as a card."""
    parts: list[object] = [_legend(found)]
    schema = [
        html.element("li", html.badge(kind, _TONES[kind]), " ", words)
        for kind, words in _schema(found.schema_changes)
    ]
    parts += [html.element("ul", *schema, style="margin:4px 0")] if schema else []
    moved, still = _split(found.columns)
    if moved:
        parts.append(_table(found, moved, pictures=True).to_html())
    if still:
        parts.append(_muted(_still(still)))
    if found.examples:
        parts.append(_examples_html(found))
    parts.append(html.notes(_remarks(found)))
    return str(html.card(found.headline, *parts))


def _split(columns: Sequence[ColumnChange]) -> tuple[list[ColumnChange], list[ColumnChange]]:
    """Return the columns to show and those that there is nothing or little to say of."""
    moved = [each for each in columns if each.moved]
    return moved[:_SHOWN], [*moved[_SHOWN:], *(each for each in columns if not each.moved)]


def _still(columns: Sequence[ColumnChange]) -> str:
    moved = sum(each.moved for each in columns)
    if moved:
        less = text.plural(moved, "column")
        return f"and {less} that moved less; {len(columns) - moved:,} that hardly moved"
    return f"hardly moved, or not at all: {_names([each.column for each in columns])}"


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMES:,} more" if len(names) > _NAMES else ""
    return ", ".join(text.shorten(text.clean(name), 40) for name in names[:_NAMES]) + more


def _sides(found: DataComparison) -> list[str]:
    return [f"  old  {_side(found.old)}", f"  new  {_side(found.new)}"]


def _side(side: DataSide) -> str:
    parts = [text.clean(side.label)]
    if side.path != side.label:
        parts[0] += f" ({text.clean(side.path)})"
    if side.rows is not None:
        parts.append(text.plural(side.rows, "row"))
    if side.columns is not None:
        parts.append(text.plural(side.columns, "column"))
    parts.append(text.size(side.size))
    if side.created is not None:
        parts.append(f"made {text.when(side.created)}")
    return ", ".join(parts)


def _legend(found: DataComparison) -> Markup:
    return html.element(
        "div",
        html.element("span", "▇", style=f"color:{FILLED}"),
        f" old: {_side(found.old)}",
        html.element("br"),
        html.element("span", "━", style=f"color:{LINE}"),
        f" new: {_side(found.new)}",
        style=f"color:{html.MUTED}",
    )


def _schema(changes: Sequence[SchemaChange]) -> Iterator[tuple[str, str]]:
    for each in changes[:_SCHEMA]:
        yield each.change, _schema_words(each)
    if len(changes) > _SCHEMA:
        rest = changes[_SCHEMA:]
        yield rest[0].change, f"and {len(rest):,} more columns"


def _schema_words(change: SchemaChange) -> str:
    name = text.clean(change.column)
    told = (change.before, change.after)
    if change.change != "renamed":
        told = (type_shown(told[0]), type_shown(told[1]))
    before, after = (text.shorten(text.clean(each), 60) for each in told)
    why = f" ({change.why})" if change.why else ""
    if change.change == "renamed":
        return f"{name} → {after}, likely{why}"
    if change.change == "retyped":
        return f"{name}: {before} → {after}{why}"
    if change.change == "reordered":
        return f"columns stand in another order, from {name} on"
    return f"{name} {after or before}"


def _table(found: DataComparison, columns: Sequence[ColumnChange], *, pictures: bool) -> Table:
    by_key = found.by == "key"
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
            yield f"{word}: {_names(names)}{more}" if names else f"{count:,} {word}"
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
    return f"{text.clean(column.example_key)}: {_values(column.example)}"


def _values(value: Value) -> str:
    return f"{_value(value.before)} → {_value(value.after)}"


def _value(value: str | None) -> str:
    if value is None:
        return "–"
    return text.shorten(text.clean(value), 40) or "''"


def _example(example: RowExample) -> str:
    key = f"{text.clean(example.key)}: " if example.key else ""
    shown = [
        f"{text.clean(value.column)} "
        + (_values(value) if example.change == "changed" else _value(value.after or value.before))
        for value in example.values[:_VALUES]
    ]
    more = ", …" if len(example.values) > _VALUES else ""
    return f"{example.change:8}{key}{', '.join(shown)}{more}"


def _examples_html(found: DataComparison) -> Markup:
    rows: list[list[str | Cell]] = [
        [
            Cell(each.change, html.badge(each.change, _TONES[each.change])),
            text.clean(each.key),
            _example(each.model_copy(update={"key": ""})).removeprefix(each.change).strip(),
        ]
        for each in found.examples
    ]
    heading = ", ".join(text.clean(name) for name in found.key)
    table = Table([Column("for example"), Column(heading), Column("values")], rows)
    if not found.key:
        table = Table([table.columns[0], table.columns[2]], [[row[0], row[2]] for row in rows])
    return table.to_html()


def _remarks(found: DataComparison) -> Iterator[str]:
    for note in found.notes:
        yield text.clean(note)
    if found.file_changes is not None:
        yield from _files(found.file_changes)
    if found.possible_keys:
        names = " or ".join(text.clean(name) for name in found.possible_keys)
        yield (
            f"compared without a key, so no row counts as changed; {names} could be one: "
            f"--key {shlex.quote(text.clean(found.possible_keys[0]))}"
        )
    elif found.by == "rows" and found.rows and (found.rows.added or found.rows.removed):
        yield "compared without a key, so no row counts as changed: name one by --key"
    if found.columns:
        yield (
            "distance: Wasserstein's in standard deviations of old (sd), "
            "Jensen and Shannon's of categories (JS); as in `mlops drift`"
        )
    if found.sampled is not None:
        old, new = found.sampled
        yield f"distances of numbers and their pictures are from samples: {old:,} and {new:,} rows"


def _files(changes: FileChanges) -> Iterator[str]:
    for word, count, names in (
        ("added", changes.added_count, changes.added),
        ("changed", changes.changed_count, changes.changed),
        ("removed", changes.removed_count, changes.removed),
    ):
        if count:
            more = f" and {count - len(names):,} more" if count > len(names) else ""
            yield f"{text.plural(count, 'file')} {word}: {_names(names)}{more}"


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


def _muted(words: str) -> Markup:
    return html.element("div", words, style=f"color:{html.MUTED}")
