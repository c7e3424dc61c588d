"""What was changed about runs, and their journals, as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.render import html, text
from mlops_jupyter.render.table import Column, Table

if TYPE_CHECKING:
    from mlops_jupyter.tracking.history.journal_records import Journal
    from mlops_jupyter.tracking.history.records import EditedRun, EditedRuns

_MOST_BELOW = 5


def edited_text(edited: EditedRuns) -> str:
    """Return what was done, for the terminal."""
    return "\n".join(_lines(edited))


def edited_html(edited: EditedRuns) -> str:
    """Return what was done, for the notebook."""
    lines = (html.element("div", line) for line in _lines(edited))
    return str(html.element("div", *lines, style="font-size:90%"))


def journal_text(journal: Journal) -> str:
    """Return a journal's cells, a line each, for the terminal."""
    rows = [
        [
            f"[{cell.execution_count or ' '}]",
            text.shorten(next(iter(cell.source.strip().splitlines()), ""), 70),
            text.duration(cell.duration_s) if cell.duration_s is not None else "",
            "raised" if cell.raised else "",
        ]
        for cell in journal.cells
    ]
    columns = [Column("cell", "right"), Column("code"), Column("took", "right"), Column("")]
    return "\n".join([*_about(journal), Table(columns, rows, empty="no cells").to_text()])


def journal_html(journal: Journal) -> str:
    """Return a journal's cells, to open and close, for the notebook."""
    lines = [html.element("div", line) for line in _about(journal)]
    cells = [
        html.element(
            "div",
            html.element("code", f"[{cell.execution_count or ' '}]"),
            f" {text.duration(cell.duration_s)} " if cell.duration_s is not None else " ",
            html.badge("raised", "bad") if cell.raised else "",
            html.element("pre", cell.source, style="font-size:85%;overflow-x:auto;margin:2px 0"),
        )
        for cell in journal.cells
    ]
    title = f"{text.plural(len(journal.cells), 'cell')} of {journal.name}"
    shown = html.element("details", html.element("summary", title), *cells)
    return str(html.card(f"Journal of {journal.name}", *lines, shown))


def _about(journal: Journal) -> list[str]:
    lines = [f"{text.shorten(journal.name, 60)} (run:{journal.run_id[:8]})"]
    if journal.runnable is not None:
        lines.append(
            "runs again from top to bottom" if journal.runnable else f"does not run: {journal.why}"
        )
    if journal.secrets:
        lines.append(f"needs in the environment: {', '.join(journal.secrets)}")
    if journal.order:
        lines.append(f"its cells ran {journal.order}")
    if journal.path:
        lines.append(f"written to {journal.path}")
    return [text.clean(line) for line in lines]


def _lines(edited: EditedRuns) -> list[str]:
    named = [run for run in edited.runs if run.parent is None]
    below = [run for run in edited.runs if run.parent is not None]
    lines = [_line(edited, run) for run in named]
    lines += [f"  {_line(edited, run)}, below run:{run.parent}" for run in below[:_MOST_BELOW]]
    if len(below) > _MOST_BELOW:
        lines.append(f"  and {text.plural(len(below) - _MOST_BELOW, 'more run')} below")
    if edited.action == "deleted" and named:
        lines.append(f"back with: mlops restore {' '.join(run.run_id[:8] for run in named)}")
    return [text.clean(line) for line in lines]


def _line(edited: EditedRuns, run: EditedRun) -> str:
    what = [f"{key}={text.shorten(value, 60)}" for key, value in edited.tags.items()]
    what += [f"without {key}" for key in edited.removed]
    said = f": {', '.join(what)}" if what else ""
    name = text.shorten(run.name, 60)
    return f"{edited.action} {name} in {run.experiment} (run:{run.run_id[:8]}){said}"
