"""The run of a notebook, as text and as a card."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mlops_jupyter.render import html, text
from mlops_jupyter.render.table import Column, Table

if TYPE_CHECKING:
    from mlops_jupyter.notebooks.records import NotebookRun

# Cells below this many seconds are none to speak of.
_SLOW, _SHOWN, _WIDTH = 0.5, 5, 60
_TONES = {"FINISHED": "good", "FAILED": "bad", "KILLED": "warn"}


def run_text(run: NotebookRun) -> str:
    """Return a notebook's run for the terminal."""
    lines = [f"{text.clean(run.name)}  {run.status}  {text.clean(run.experiment)}"]
    lines += [f"  {name:<12}{text.clean(value)}" for name, value in _facts(run)]
    for title, table in _sections(run):
        if table.rows:
            lines += ["", title, *("  " + line for line in table.to_text().splitlines())]
    return "\n".join(lines)


def run_html(run: NotebookRun) -> str:
    """Return a notebook's run for the notebook it was started from."""
    facts = Table([Column("fact"), Column("value")], _facts(run)).to_html()
    sections = [
        html.element("details", html.element("summary", title), table.to_html(), open="open")
        for title, table in _sections(run)
        if table.rows
    ]
    title = html.join(run.name, " ", html.badge(run.status, _TONES.get(run.status, "muted")))
    return str(html.card(title, facts, *sections, note=run.experiment))


def _facts(run: NotebookRun) -> list[tuple[str, str]]:
    cells = f"{run.cells_executed} of {run.cells_total}"
    facts = [
        ("run", f"run:{run.run_id}"),
        ("notebook", run.notebook),
        ("executed", run.output),
        ("log", run.log or ""),
        ("cells", f"{cells}, took {text.duration(run.duration_s)}"),
        ("error", run.error or ""),
        ("kept here", f"{run.kept_here}; then: mlops sync" if run.kept_here else ""),
    ]
    return [(name, value) for name, value in facts if value]


def _sections(run: NotebookRun) -> list[tuple[str, Table]]:
    pair = (Column("name"), Column("value", "right"))
    metrics = [[key, text.number(value)] for key, value in sorted(run.metrics.items())]
    parameters = [[key, str(value)] for key, value in run.parameters.items()]
    returned = [
        [key, text.shorten(json.dumps(value, ensure_ascii=False), _WIDTH)]
        for key, value in run.returned.items()
        if key not in run.metrics
    ]
    return [
        ("metrics", Table(pair, metrics)),
        ("returned", Table(pair, returned)),
        ("slowest cells", _slowest(run)),
        ("parameters", Table(pair, parameters)),
    ]


def _slowest(run: NotebookRun) -> Table:
    """Return the cells that took longest, where any took a while."""
    long = [cell for cell in run.cells if cell.duration_s >= _SLOW]
    found = sorted(long, key=lambda cell: -cell.duration_s)[:_SHOWN]
    columns = (
        Column("cell", "right"),
        Column("took", "right"),
        Column("memory", "right"),
        Column("first line"),
    )
    rows = [
        [
            str(cell.number),
            text.duration(cell.duration_s),
            text.size(cell.peak_memory) if cell.peak_memory else "–",
            cell.line,
        ]
        for cell in found
    ]
    return Table(columns, rows)
