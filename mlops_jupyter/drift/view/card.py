"""A drift report as a card: static HTML that says the verdict first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.drift.view import heading, words
from mlops_jupyter.drift.view.grouping import groups
from mlops_jupyter.drift.view.order import ordered
from mlops_jupyter.drift.view.performance import performance_html
from mlops_jupyter.drift.view.pictures import picture
from mlops_jupyter.drift.view.strip import strip_html
from mlops_jupyter.render import html
from mlops_jupyter.render.histogram import FILLED, LINE
from mlops_jupyter.render.html import Markup, badge, card, element, join
from mlops_jupyter.render.table import Cell, Column, Table
from mlops_jupyter.render.text import number, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops_jupyter.drift.report import ColumnDrift, DriftReport
    from mlops_jupyter.drift.view.grouping import Group

_PICTURES = 60  # of more columns, the least drifted are shown in words only
_WHOLE = 12  # columns up to which all are shown at once
_OPEN = 30  # drifted columns that are
_LONG_NAME = 24  # longer names may be broken anywhere
_TOGETHER = {
    " %": "\N{NO-BREAK SPACE}%",
    " → ": "\N{NO-BREAK SPACE}→\N{NO-BREAK SPACE}",
    "(sd ": "(sd\N{NO-BREAK SPACE}",
    " from ": " from\N{NO-BREAK SPACE}",
    " below ": " below\N{NO-BREAK SPACE}",
    " sd": "\N{NO-BREAK SPACE}sd",
    " row": "\N{NO-BREAK SPACE}row",
}
_BETWEEN = " · "  # seen where styles are dropped


def report_html(report: DriftReport) -> str:
    """Return the card for the notebook."""
    error = report.performance
    return str(
        card(
            join(badge(report.verdict, _tone(report)), _BETWEEN, report.count),
            _telling(report),
            _sides(report),
            performance_html(error, report.findings) if error else "",
            _apart(strip_html(report.periods)) if report.periods else "",
            *_columns(ordered(report.columns)),
            _meanings(report),
            _findings(groups(report)),
            *(element("div", line) for line in heading.files(report)),
        )
    )


def _tone(report: DriftReport) -> str:
    """Return the colour of the verdict: no green while a column drifted, or none is known."""
    if report.drifted:
        return "bad"
    if report.drifted is None:
        return "warn"
    return "warn" if any(column.drifted for column in report.columns) else "good"


def _telling(report: DriftReport) -> Markup:
    """Name the columns that tell most, and those that nothing is told of."""
    begins, columns = heading.telling(report)
    said = [
        join(element("strong", name, dir="auto"), ": ", _spaced(moved)) for name, moved in columns
    ]
    sentence = join(begins, ": ", Markup("; ").join(said)) if said else ""
    lines = [line for line in (sentence, heading.left_out(report)) if line]
    return join(*(element("div", line) for line in lines))


def _sides(report: DriftReport) -> Markup:
    """Say what was compared, and how; the signs are those of the pictures."""
    facts = [f"{name}: {_spaced(what)}" for name, what in heading.how(report)]
    return element(
        "div",
        element("span", "▇", style=f"color:{FILLED}"),
        f" reference: {_spaced(words.side(report.reference))}{_BETWEEN}",
        element("span", "━", style=f"color:{LINE}"),
        f" current: {_spaced(words.side(report.current))}",
        element("br") if facts else "",
        _BETWEEN.join(facts),
        style=f"color:{html.MUTED};margin:2px 0",
    )


def _columns(columns: list[ColumnDrift]) -> list[Markup]:
    """Return the table of columns; of many the drifted ones, with the rest to be opened."""
    if not columns:
        return []
    drawn = {column.column for column in columns[:_PICTURES]}
    drifted = [column for column in columns if column.drifted]
    rest = [column for column in columns if not column.drifted]
    if len(columns) <= _WHOLE:
        return [_table(columns, drawn)]
    more = drifted[_OPEN:]
    parts = [_table(drifted[:_OPEN], drawn)] if drifted else []
    if more:
        parts.append(_closed(f"{plural(len(more), 'more column')} that drifted", more, drawn))
    if rest:
        parts.append(_closed(f"{plural(len(rest), 'column')} that did not drift", rest, drawn))
    return parts


def _closed(title: str, columns: Sequence[ColumnDrift], drawn: set[str]) -> Markup:
    return element(
        "details",
        element("summary", title, style="cursor:pointer;padding:4px 0"),
        _table(columns, drawn),
    )


def _table(columns: Sequence[ColumnDrift], drawn: set[str]) -> Markup:
    heads = [
        Column("column"),
        Column("verdict and what changed"),
        Column("reference and current"),
    ]
    rows: list[list[str | Cell]] = [
        [
            _name(column),
            _verdict(column),
            Cell("", picture(column) if column.column in drawn else Markup("")),
        ]
        for column in columns
    ]
    return Table(heads, rows, row_headers=True).to_html()


def _name(column: ColumnDrift) -> Cell:
    shown = words.name(column)
    style = "overflow-wrap:anywhere" if len(shown) > _LONG_NAME else None
    # Isolated: letters of a script from right to left would move what stands beside them.
    name = element("strong", shown, dir="auto", style=style)
    return Cell(shown, join(name, element("br"), _muted(words.about(column))))


def _verdict(column: ColumnDrift) -> Cell:
    said = words.verdict(column)
    tone = "bad" if column.drifted else "warn" if column.score is None else "good"
    basis = f"{number(column.score, 3)} by {words.method(column)}, {words.rule(column)}"
    change = _spaced(words.change(column))
    return Cell(said, join(badge(said, tone), _BETWEEN, change, element("br"), _muted(basis)))


def _meanings(report: DriftReport) -> Markup:
    said = heading.meanings(report)
    return element("div", _muted(_BETWEEN.join(said)), style="margin:4px 0") if said else join()


def _findings(found: Sequence[Group]) -> Markup:
    if not found:
        return Markup("")
    items: list[Markup] = []
    for group in found:
        mark = join(badge(group.kind, "warn"), _BETWEEN)
        lines = [element("li", mark if not group.title else "", line) for line in group.lines]
        if not group.title:
            items += lines
            continue
        if group.more:
            lines.append(element("li", f"and {group.more:,} more"))
        title = element("summary", mark, group.title, style="cursor:pointer")
        items.append(element("li", element("details", title, element("ul", *lines))))
    return element("ul", *items, style="margin:4px 0;padding-left:18px")


def _apart(part: Markup) -> Markup:
    """Set a part apart. Its grounds are printed as well: white ink needs them."""
    printed = "print-color-adjust:exact;-webkit-print-color-adjust:exact"
    return element("div", part, style=f"margin:8px 0;{printed}")


def _muted(line: str) -> Markup:
    return element("span", _spaced(line), style=f"color:{html.MUTED};font-size:85%")


def _spaced(line: str) -> str:
    """Keep a number and what belongs to it in one line."""
    for loose, together in _TOGETHER.items():
        line = line.replace(loose, together)
    return line
