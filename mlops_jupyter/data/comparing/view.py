"""How a comparison of data looks, as text and as HTML."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mlops_jupyter.data.comparing import columns_view
from mlops_jupyter.data.reading.names import type_shown
from mlops_jupyter.render import html, text
from mlops_jupyter.render.histogram import FILLED, LINE
from mlops_jupyter.render.table import Cell, Column, Table

if TYPE_CHECKING:
    from mlops_jupyter.data.comparing.records import (
        DataComparison,
        DataSide,
        FileChanges,
        RowExample,
        SchemaChange,
    )
    from mlops_jupyter.render.html import Markup

_SCHEMA = 20
_VALUES = 4  # of an example row
_TONES = {
    "added": "good",
    "removed": "bad",
    "changed": "warn",
    "retyped": "warn",
    "renamed": "brand",
    "reordered": "muted",
}


def comparison_text(found: DataComparison) -> str:
    """Return the comparison for a terminal."""
    lines = [text.clean(found.headline), *_sides(found)]
    lines += [f"  {kind}: {words}" for kind, words in _schema(found.schema_changes)]
    if found.columns:
        moved, still = columns_view.split(found.columns)
        lines += (
            ["", columns_view.table(moved, by_key=found.by == "key", pictures=False).to_text()]
            if moved
            else []
        )
        lines += [columns_view.still(still)] if still else []
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
    moved, still = columns_view.split(found.columns)
    if moved:
        parts.append(columns_view.table(moved, by_key=found.by == "key", pictures=True).to_html())
    if still:
        parts.append(_muted(columns_view.still(still)))
    if found.examples:
        parts.append(_examples_html(found))
    parts.append(html.notes(_remarks(found)))
    return str(html.card(found.headline, *parts))


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


def _example(example: RowExample) -> str:
    key = f"{text.clean(example.key)}: " if example.key else ""
    shown = [
        f"{text.clean(value.column)} "
        + (
            columns_view.values_shown(value)
            if example.change == "changed"
            else columns_view.value_shown(value.after or value.before)
        )
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
            yield f"{text.plural(count, 'file')} {word}: {columns_view.names_shown(names)}{more}"


def _muted(words: str) -> Markup:
    return html.element("div", words, style=f"color:{html.MUTED}")
