"""A drift report as text: for terminals, files, and viewers that show no HTML."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from mlops_jupyter.drift.view import heading, words
from mlops_jupyter.drift.view.grouping import groups
from mlops_jupyter.drift.view.order import ordered
from mlops_jupyter.drift.view.performance import performance_text
from mlops_jupyter.drift.view.strip import strip_text
from mlops_jupyter.render.table import Column, Table
from mlops_jupyter.render.text import number, plural, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlops_jupyter.drift.report import ColumnDrift, DriftReport

_WIDTH = 100
_NARROWEST = 30  # of what changed
_NAME = 32
_SHORT = {
    "Wasserstein distance": "Wasserstein",
    "Jensen-Shannon distance": "Jensen-Shannon",
    "Kolmogorov-Smirnov p": "K-S p",
    "Kullback-Leibler divergence": "Kullback-Leibler",
}
_LAST = "what changed"
_LISTED = 5  # findings of a kind
_MANY, _QUIET = 40, 10  # of more columns than that, so many that did not drift


def report_text(report: DriftReport) -> str:
    """Return the verdicts for the terminal, without a final newline."""
    parts = [_head(report)]
    if report.performance:
        parts.append(performance_text(report.performance, report.findings))
    if report.periods:
        parts.append(strip_text(report.periods))
    parts += [
        _columns(ordered(report.columns)),
        _findings(report),
        "\n".join(heading.files(report)),
    ]
    return "\n\n".join(part.strip("\n") for part in parts if part)


def _head(report: DriftReport) -> str:
    begins, columns = heading.telling(report)
    said = "; ".join(f"{name}: {moved}" for name, moved in columns)
    sentence = f"{begins}: {said}" if said else ""
    facts = [
        ("reference", words.side(report.reference)),
        ("current", words.side(report.current)),
        *heading.how(report),
    ]
    lines = [report.headline]
    for line in (sentence, heading.left_out(report)):
        lines += _wrapped(line, "  ")
    for name, what in facts:
        lines += _wrapped(f"{name:<9}  {what}", " " * 11)
    return "\n".join(lines)


def _wrapped(line: str, indent: str) -> list[str]:
    return textwrap.wrap(
        line,
        _WIDTH,
        subsequent_indent=indent,
        drop_whitespace=True,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _columns(columns: Sequence[ColumnDrift]) -> str:
    """Return the table; of very many columns those that drifted, and the nearest to it."""
    if not columns:
        return ""
    # A text stands with what describes it, so that quiet ones may be among those that drifted.
    last = max((place for place, column in enumerate(columns, 1) if column.drifted), default=0)
    shown = columns if len(columns) <= _MANY else columns[: last + _QUIET]
    more = len(columns) - len(shown)
    said = f"\nand {plural(more, 'more column')} that did not drift" if more else ""
    return f"{_table(shown)}{said}"


def _table(columns: Sequence[ColumnDrift]) -> str:
    """Return a table; what changed is broken into lines that fit."""
    heads = [Column("column"), Column("verdict"), Column("score", "right")]
    heads += [Column("drift"), Column("method"), Column(_LAST)]
    rows = [
        [
            shorten(words.name(column), _NAME),
            words.verdict(column),
            number(column.score, 3),
            words.rule(column).removeprefix("drift "),
            _SHORT.get(words.method(column), words.method(column)),
            "",
        ]
        for column in columns
    ]
    marks = [_marks(column) for column in columns]
    if any(marks):
        heads.insert(1, Column("model"))
        for row, mark in zip(rows, marks, strict=True):
            row.insert(1, mark)
    taken = max(map(len, Table(heads[:-1], [row[:-1] for row in rows]).to_text().splitlines()))
    room = max(_WIDTH - taken - 2, _NARROWEST)
    lines = [
        line
        for row, column in zip(rows, columns, strict=True)
        for line in _lines(row[:-1], words.changes(column), room)
    ]
    return Table(heads, lines).to_text()


def _lines(cells: list[str], changes: list[str], room: int) -> Iterator[list[str]]:
    """Yield a row with what changed; in rows below it what has no room there."""
    lines = [""]
    for place, change in enumerate(changes):
        said = change if place == len(changes) - 1 else f"{change};"
        joined = f"{lines[-1]} {said}".strip()
        if len(joined) <= room:
            lines[-1] = joined
        else:
            lines += textwrap.wrap(said, room, break_on_hyphens=False)
    first, *rest = [line for line in lines if line] or [""]
    yield [*cells, first]
    for line in rest:
        yield ["" for _ in cells] + [line]


def _marks(column: ColumnDrift) -> str:
    """Say what a column is to a model, or to a text column."""
    said = [str(column.role)] if column.role else []
    if column.importance is not None:
        said.append(words.percent(column.importance))
    if column.of is not None:
        said.append(f"about {shorten(words.label(column.of), _NAME)}")
    return ", ".join(said)


def _findings(report: DriftReport) -> str:
    lines = []
    for group in groups(report):
        if group.title:
            lines.append(f"{group.kind}: {group.title}")
        shown = group.lines[:_LISTED] if group.title else group.lines
        lines += [f"{'  ' if group.title else ''}{line}" for line in shown]
        if more := group.more + len(group.lines) - len(shown):
            lines.append(f"  and {more:,} more")
    return "\n".join(["findings", *(f"  {line}" for line in lines)]) if lines else ""
