"""A drift report as text: for terminals, files, and viewers that show no HTML."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from mlops_jupyter.drift.view import heading, words
from mlops_jupyter.drift.view.grouping import groups
from mlops_jupyter.drift.view.order import ordered
from mlops_jupyter.drift.view.performance import performance_text
from mlops_jupyter.render.table import Column, Table
from mlops_jupyter.render.text import number, shorten

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


def report_text(report: DriftReport) -> str:
    """Return the verdicts for the terminal, without a final newline."""
    parts = [_head(report)]
    if report.performance:
        parts.append(performance_text(report.performance, report.findings))
    parts += [_table(ordered(report.columns)), _findings(report), "\n".join(heading.files(report))]
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
        lines += textwrap.wrap(line, _WIDTH, subsequent_indent="  ", break_on_hyphens=False)
    lines += [f"{name:<9}  {what}" for name, what in facts]
    return "\n".join(lines)


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
            words.change(column),
        ]
        for column in columns
    ]
    marks = [_marks(column) for column in columns]
    if any(marks):
        heads.insert(1, Column("of the model"))
        for row, mark in zip(rows, marks, strict=True):
            row.insert(1, mark)
    taken = max(map(len, Table(heads[:-1], [row[:-1] for row in rows]).to_text().splitlines()))
    room = max(_WIDTH - taken - 2, _NARROWEST)
    return Table(heads, [line for row in rows for line in _lines(row, room)]).to_text()


def _lines(row: list[str], room: int) -> Iterator[list[str]]:
    """Yield a row, and what of its last cell does not fit in rows below."""
    *cells, last = row
    wrapped = textwrap.wrap(last, room, break_on_hyphens=False) or [""]
    yield [*cells, wrapped[0]]
    for line in wrapped[1:]:
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
        lines += [f"{'  ' if group.title else ''}{line}" for line in group.lines]
        if group.more:
            lines.append(f"  and {group.more:,} more")
    return "\n".join(["findings", *(f"  {line}" for line in lines)]) if lines else ""
