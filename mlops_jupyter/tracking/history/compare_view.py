"""What runs differ in, as text and as a card: a few side by side, many below one another."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_jupyter.render import html, text
from mlops_jupyter.render.html import Markup
from mlops_jupyter.render.table import Cell, Column, Table
from mlops_jupyter.tracking import run_view
from mlops_jupyter.tracking.history.compare_columns import apart, headings
from mlops_jupyter.tracking.history.compare_many_view import (
    MAX_ROWS,
    WIDTH,
    grouped,
    row_each,
    rows_title,
    shown_values,
    with_more,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops_jupyter.tracking.history.compare_records import (
        CellDifference,
        Comparison,
        DataDifference,
        Difference,
        MetricDifference,
    )
    from mlops_jupyter.tracking.run_parts import DataInput

FEW = 6  # as many runs have a column each; of more, each has a row
_MOST_OPEN = 8  # cells
_MOST_LINES = 120  # of a cell's diff
_MARKS = {"better": ("better", html.GOOD), "worse": ("worse", html.BAD)}


@dataclass(frozen=True)
class _Part:
    """A titled table."""

    title: str
    table: Table
    folded: bool = False


def as_text(found: Comparison) -> str:
    """Return what differs, for the terminal."""
    lines = [_title(found)]
    if _few(found):
        lines += ["  " + line for line in _runs(found).to_text().splitlines()]
    for line in map(text.clean, _said(found)):
        lines += textwrap.wrap(line, WIDTH, subsequent_indent="  ")
    for part in _parts(found, wide=False):
        lines += ["", part.title]
        lines += ["  " + line for line in part.table.to_text().splitlines()]
    for cell in found.cells:
        lines += ["", _cell_title(cell)]
        lines += ["  " + _line(line) for line in _cut(cell.diff)]
    if found.charts:
        lines += ["", "charts (pictures in a notebook)"]
        lines += ["  " + text.shorten(text.clean(each.alt), WIDTH) for each in found.charts]
    return "\n".join(lines)


def as_html(found: Comparison) -> str:
    """Return what differs, for the notebook, with static pictures of its charts."""
    body: list[object] = [_runs(found).to_html()] if _few(found) else []
    body += [html.element("div", line) for line in _equal(found)]
    body += [html.element("div", line, style=f"color:{html.WARN}") for line in _stale(found)]
    body += [
        html.element("div", line, style=f"color:{html.MUTED}") for line in _not_compared(found)
    ]
    if found.charts:
        body.append(run_view.pictures(found.charts))
    body += [_folded(part.title, part.table.to_html(), not part.folded)
             for part in _parts(found, wide=True)]  # fmt: skip
    body += [
        _folded(_cell_title(each), _diff(each), place < _MOST_OPEN)
        for place, each in enumerate(found.cells)
    ]
    return str(html.card(_title(found), *body, note=_experiments(found)))


def chart_outputs(found: Comparison) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return data and metadata of one notebook output for each chart."""
    return run_view.chart_outputs(found.charts)


def _few(found: Comparison) -> bool:
    return len(found.runs) <= FEW


def _title(found: Comparison) -> str:
    shown = "all of" if found.everything else "what differs between"
    return f"{shown} {text.plural(len(found.runs), 'run')}"


def _experiments(found: Comparison) -> str:
    names = list(dict.fromkeys(run.experiment for run in found.runs))
    return ", ".join(text.shorten(name, 40) for name in names[:3]) + (" …" if names[3:] else "")


def _said(found: Comparison) -> list[str]:
    return [*_equal(found), *_stale(found), *_not_compared(found)]


def _equal(found: Comparison) -> list[str]:
    """Say in one line what is the same."""
    same = ", ".join(f"same {what}" for what in found.equal)
    listed = [found.facts, found.parameters, found.metrics, found.data, found.code]
    listed += [found.packages, found.environment, found.cell_counts]
    if not same and not any(listed):
        same = "nothing that is known of them differs"
    return [same] if same else []


def _stale(found: Comparison) -> list[str]:
    """Say which models would come out otherwise today."""
    told = [(run.label, run.stale) for run in found.runs if run.stale and run.stale.reasons]
    shown = [f"stale: {label}: {stale.said}" for label, stale in told[:FEW]]
    rest = ", ".join(label for label, _ in told[FEW:])
    return [*shown, f"stale too: {text.shorten(rest, 200)}"] if rest else shown


def _not_compared(found: Comparison) -> list[str]:
    return [f"not compared: {reason}" for reason in found.not_compared]


def _runs(found: Comparison) -> Table:
    """Return what a reader knows the runs by."""
    columns = [Column("run"), Column("id"), Column("status"), Column("started", whole=True),
               Column("took", "right", whole=True)]  # fmt: skip
    rows: list[list[str | Cell]] = [
        [
            text.shorten(run.name, 40),
            run.run_id[:8],
            Cell(
                run.status,
                html.badge(run.status.lower(), run_view.TONES.get(run.status, "muted")),
            ),
            text.when(run.started),
            text.duration(run.duration_s),
        ]
        for run in found.runs
    ]
    return Table(columns, rows, row_headers=True)


def _parts(found: Comparison, *, wide: bool) -> list[_Part]:
    if _few(found):
        parts = [
            _Part("metrics", _metrics(found, found.metrics, wide=wide)),
            _Part("parameters", _side_by_side(found, found.parameters, wide=wide)),
        ]
    else:
        parts = [_Part(rows_title(found, wide=wide), row_each(found, wide=wide))]
    data = [_as_difference(each) for each in found.data]
    parts += [
        _Part("run", _values(found, found.facts, wide=wide)),
        _Part("data", _values(found, data, wide=wide)),
        _Part("columns of data", _columns(found)),
        _Part("code", _values(found, found.code, wide=wide)),
        _Part("packages", _values(found, found.packages, wide=wide)),
        _Part("environment", _values(found, found.environment, wide=wide), folded=True),
        _Part("cells, against the first run", _counts(found)),
    ]
    if _few(found):
        resources = _metrics(found, found.resources, wide=wide)
        parts.append(_Part("resources", resources, folded=True))
    return [part for part in parts if part.table.rows]


def _metrics(found: Comparison, metrics: Sequence[MetricDifference], *, wide: bool) -> Table:
    titles = _headings(found, 60 if wide else 20)
    columns = [Column("metric"), *(Column(title, "right", whole=True) for title in titles)]
    rows: list[list[str | Cell]] = []
    for each in metrics[:MAX_ROWS]:
        name = text.shorten(each.metric, 60 if wide else 30)
        values = [_measured(each, place) for place in range(len(found.runs))]
        rows.append([f"{name} (best)" if each.of == "best" else name, *values])
    return Table(columns, with_more(rows, len(metrics)), row_headers=True)


def _measured(each: MetricDifference, place: int) -> str | Cell:
    """Return a value, with what it is away from the first one's."""
    value, delta = text.number(each.values[place]), each.deltas[place]
    if not place or not delta:
        return value
    away = f"{'+' if delta > 0 else ''}{text.number(delta, 3)}"
    word, colour = _MARKS.get(each.verdicts[place] or "", ("", html.MUTED))
    said = f"({away} {word})" if word else f"({away})"
    shown = html.element("span", said, style=f"color:{colour};white-space:nowrap")
    return Cell(f"{value} {said}", html.join(value, " ", shown))


def _values(found: Comparison, differences: Sequence[Difference], *, wide: bool) -> Table:
    if _few(found):
        return _side_by_side(found, differences, wide=wide)
    return grouped(found, differences, wide=wide)


def _side_by_side(found: Comparison, differences: Sequence[Difference], *, wide: bool) -> Table:
    """Return a row for each difference, a column for each run."""
    names = [text.shorten(each.name, 80 if wide else 34) for each in differences[:MAX_ROWS]]
    room = WIDTH - max(map(len, names), default=0)
    width = max(120 // len(found.runs), 20) if wide else max(room // len(found.runs) - 2, 10)
    columns = [Column("name"), *(Column(title) for title in _headings(found, width))]
    rows = [
        [name, *apart(shown_values(each), width)]
        for name, each in zip(names, differences[:MAX_ROWS], strict=True)
    ]
    return Table(columns, with_more(rows, len(differences)), row_headers=True)


def _as_difference(each: DataDifference) -> Difference:
    from mlops_jupyter.tracking.history.compare_records import Difference

    values = [_data(entry) if entry is not None else None for entry in each.inputs]
    return Difference(name=each.name, values=values, unknown=each.unknown)


def _data(entry: DataInput) -> str:
    rows = f", {text.plural(entry.rows, 'row')}" if entry.rows is not None else ""
    version = f"{entry.version.removeprefix('data:')}, " if entry.version else ""
    earlier = ", read earlier" if entry.context == "earlier" else ""
    query = f", {text.shorten(entry.query, 60)}" if entry.query else ""
    return f"{version}{entry.digest[:12]}{rows}{earlier}{query}"


def _columns(found: Comparison) -> Table:
    rows: list[list[str | Cell]] = []
    for each in found.data:
        for run, changes in zip(found.runs, each.columns, strict=True):
            if changes:
                listed = text.shorten(", ".join(changes), 300)
                rows.append([text.shorten(each.name, 30), text.shorten(run.label, 24), listed])
    columns = [Column("data"), Column("run"), Column("columns")]
    return Table(columns, with_more(rows[:MAX_ROWS], len(rows)))


def _counts(found: Comparison) -> Table:
    if len(found.runs) == 2:
        return Table((), ())
    labels = {run.run_id: run.label for run in found.runs}
    rows: list[list[str | Cell]] = [
        [
            text.shorten(labels[each.run_id], 30),
            str(each.changed),
            str(each.added),
            str(each.removed),
            "yes" if each.own else "",
        ]
        for each in found.cell_counts
        if each.changed or each.added or each.removed
    ]
    columns = [Column("run"), *(Column(t, "right") for t in ("changed", "added", "removed")),
               Column("its own cell")]  # fmt: skip
    return Table(columns, with_more(rows[:MAX_ROWS], len(rows)))


def _cell_title(cell: CellDifference) -> str:
    counts = [f"[{count}]" for count in (cell.before, cell.after) if count is not None]
    what = "the run's own cell" if cell.own else "cell"
    return " ".join([what, " → ".join(counts), cell.change]).replace("  ", " ")


def _diff(cell: CellDifference) -> Markup:
    tones = {"+": (html.GOOD, "rgba(46,160,67,.15)"), "-": (html.BAD, "rgba(248,81,73,.15)")}
    lines = []
    for line in _cut(cell.diff):
        colour, ground = tones.get(line[:1], (html.MUTED if line[:2] == "@@" else None, None))
        style = ";".join(
            f"{name}:{value}"
            for name, value in (("color", colour), ("background", ground))
            if value
        )
        lines.append(html.element("span", line, "\n", style=style or None))
    return html.element(
        "pre", *lines, style="font-size:85%;overflow-x:auto;max-height:30em;margin:2px 0"
    )


def _cut(diff: str) -> list[str]:
    lines = diff.split("\n")
    if len(lines) <= _MOST_LINES:
        return lines
    return [*lines[:_MOST_LINES], f"… {len(lines) - _MOST_LINES} more lines"]


def _line(line: str) -> str:
    """Return a line of code; what drives a terminal is taken out, indents are not."""
    return text.clean(line.replace("\t", "    "))


def _headings(found: Comparison, width: int) -> list[str]:
    return headings([(run.label, run.run_id) for run in found.runs], width)


def _folded(title: str, body: Markup, unfolded: bool) -> Markup:
    attributes = {"open": "open"} if unfolded else {}
    return html.element("details", html.element("summary", title), body, **attributes)
