"""The run of a notebook, as text and as a card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.render import html, text
from mlops_jupyter.render.table import Column, Table

if TYPE_CHECKING:
    from mlops_jupyter.notebooks.records import NotebookRun

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
        ("cells", f"{cells}, took {text.duration(run.duration_s)}"),
        ("error", run.error or ""),
        ("kept here", f"{run.kept_here}; then: mlops sync" if run.kept_here else ""),
    ]
    return [(name, value) for name, value in facts if value]


def _sections(run: NotebookRun) -> list[tuple[str, Table]]:
    pair = (Column("name"), Column("value", "right"))
    metrics = [[key, text.number(value)] for key, value in sorted(run.metrics.items())]
    parameters = [[key, str(value)] for key, value in run.parameters.items()]
    return [("metrics", Table(pair, metrics)), ("parameters", Table(pair, parameters))]
