"""How the verdict on a model is shown: a part of the card, and of the text in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.drift.view import performance_words as words
from mlops_jupyter.drift.view.words import percent
from mlops_jupyter.render import html
from mlops_jupyter.render.html import badge, element, join, notes
from mlops_jupyter.render.table import Cell, Column, Table
from mlops_jupyter.render.text import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlops_jupyter.drift.performance_record import Metric, Performance, Segment
    from mlops_jupyter.drift.report import Finding
    from mlops_jupyter.render.html import Markup

# What findings are about a model: these belong to this part, and need not be said elsewhere.
FINDINGS = frozenset(
    {"no_labels", "labels_missing", "few_labels", "predictions_missing", "new_classes"}
)
_TONES = {"worse": "bad", "better": "good", "no change": "good", "unknown": "warn"}


def performance_html(performance: Performance, findings: Sequence[Finding] = ()) -> Markup:
    """Return the part of the card that says how the model's error moved.

    Parameters
    ----------
    performance : Performance
        The verdict.
    findings : sequence of Finding
        Those of the report; what is not about the model (see `FINDINGS`) is passed over.
    """
    estimate = words.estimate(performance)
    return element(
        "div",
        element(
            "div",
            badge(words.verdict(performance), _TONES[performance.verdict]),
            " ",
            element("strong", _spaced(words.sentence(performance))),
        ),
        *(element("div", _spaced(line)) for line in words.reasons(performance)),
        _metrics(performance).to_html(),
        _titled("Where it got worse", _segments(performance)) if performance.segments else "",
        element("div", _spaced(estimate), style="margin:4px 0") if estimate else "",
        notes(_spaced(line) for line in [*_said(findings), *words.basis(performance)]),
        style="margin:8px 0",
    )


def performance_text(performance: Performance, findings: Sequence[Finding] = ()) -> str:
    """Return the same for a terminal.

    Parameters
    ----------
    performance : Performance
        The verdict.
    findings : sequence of Finding
        Those of the report; what is not about the model is passed over.
    """
    lines = [words.sentence(performance), *words.reasons(performance), ""]
    lines.append(_metrics(performance).to_text())
    if performance.segments:
        lines += ["", "Where it got worse", _segments(performance).to_text()]
    if estimate := words.estimate(performance):
        lines += ["", estimate]
    lines += ["", *(f"  {line}" for line in [*_said(findings), *words.basis(performance)])]
    return "\n".join(lines)


def _said(findings: Sequence[Finding]) -> list[str]:
    return [clean(finding.message) for finding in findings if finding.kind in FINDINGS]


def _metrics(performance: Performance) -> Table:
    """Return a table of metrics, with the columns that have something to say."""
    metrics = performance.metrics
    shown: list[tuple[Column, Callable[[Metric], str | Cell]]] = [
        (Column("metric"), _name),
        (Column("reference", "right", whole=True), lambda metric: words.value(metric.reference)),
    ]
    if any(metric.current is not None for metric in metrics):
        shown += [
            (Column("current", "right", whole=True), lambda metric: words.value(metric.current)),
            (Column("change", "right", whole=True), words.metric_change),
        ]
    if any(metric.estimate is not None for metric in metrics):
        shown.append((Column("current, estimated", "right", whole=True), words.estimated))
    rows = [[cell(metric) for _, cell in shown] for metric in metrics]
    return Table([column for column, _ in shown], rows, row_headers=True)


def _name(metric: Metric) -> Cell:
    goal = "best at 0" if metric.better == "zero" else f"{metric.better} is better"
    name = words.name(metric.name)
    return Cell(name, join(name, " ", _muted(goal)))


def _segments(performance: Performance) -> Table:
    columns = [
        Column("where"),
        Column("of current", "right", whole=True),
        Column("reference", "right", whole=True),
        Column("current", "right", whole=True),
        # Broken where a page or a window is narrow: cut off they would not be read.
        Column("change (95 % interval)", "right"),
        Column("rows", "right"),
    ]
    rows = [_segment(segment) for segment in performance.segments]
    return Table(columns, rows, row_headers=True)


def _segment(segment: Segment) -> list[str | Cell]:
    where = words.where(segment)
    return [
        Cell(where, element("strong", where)),
        percent(segment.share),
        words.value(segment.reference),
        words.value(segment.current),
        words.segment_change(segment),
        f"{segment.rows_reference:,} → {segment.rows_current:,}",
    ]


def _titled(title: str, table: Table) -> Markup:
    return join(element("div", element("strong", title), style="margin-top:4px"), table.to_html())


def _muted(line: str) -> Markup:
    return element("span", line, style=f"color:{html.MUTED};font-size:85%")


def _spaced(line: str) -> str:
    """Keep a number and its sign in one line."""
    return line.replace(" %", "\N{NO-BREAK SPACE}%")
