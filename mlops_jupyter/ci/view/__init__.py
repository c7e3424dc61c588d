"""What the verbs of CI return, as text and HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.render import html
from mlops_jupyter.render.table import Column, Table
from mlops_jupyter.render.text import clean, number, plural

if TYPE_CHECKING:
    from mlops_jupyter.ci.records import BuildReport, NotebookDelta, Workflow

_MOST = 40  # lines of a diff
_VERDICTS = {True: "drifted", False: "none", None: "nothing compared"}
_SAID = {
    "written": "written",
    "unchanged": "is as it should be",
    "behind": "has fallen behind",
    "missing": "is not there",
}


def workflow_text(workflow: Workflow) -> str:
    """Return what became of a workflow, for the terminal."""
    lines = [f"{clean(workflow.path)} {_SAID[workflow.state]}", *_changes(workflow)]
    return "\n".join(lines)


def workflow_html(workflow: Workflow) -> str:
    """Return the same as a card."""
    changes = _changes(workflow)
    body = [html.element("pre", "\n".join(changes))] if changes else []
    return str(html.card(workflow.path, *body, note=_SAID[workflow.state]))


def _changes(workflow: Workflow) -> list[str]:
    """Return the lines to look at; a file that is new or missing is not repeated."""
    if workflow.state != "behind":
        return []
    lines = [clean(line) for line in workflow.changes]
    more = len(lines) - _MOST
    return lines[:_MOST] + ([f"… and {plural(more, 'line')} more"] if more > 0 else [])


def report_text(report: BuildReport) -> str:
    """Return a build's report for the terminal."""
    lines = [_title(report)]
    for each in report.notebooks:
        lines += [
            clean(_heading(each)),
            *(f"  {line}" for line in _metrics(each).to_text().split("\n")),
        ]
    lines += [clean(line) for line in _gates(report)]
    lines += [f"note: {clean(note)}" for note in report.notes]
    return "\n".join([*lines, f"written to {clean(report.path)}"])


def report_html(report: BuildReport) -> str:
    """Return the same as a card."""
    parts = [
        html.join(html.element("strong", _heading(each)), _metrics(each).to_html())
        for each in report.notebooks
    ]
    said = html.notes([*_gates(report), *report.notes])
    return str(html.card(_title(report), *parts, said, note=report.path))


def _title(report: BuildReport) -> str:
    return f"Build of {clean(report.commit[:8])} against {clean(report.base)}"


def _heading(notebook: NotebookDelta) -> str:
    against = "" if notebook.base_run_id else ", new: the base has no finished run of it"
    return f"{notebook.notebook}: {notebook.status}{against}"


def _metrics(notebook: NotebookDelta) -> Table:
    columns = (Column("metric"), *(Column(name, "right") for name in ("base", "here", "delta")))
    rows = [
        [each.metric, number(each.base), number(each.here), number(each.delta)]
        for each in notebook.metrics
    ]
    return Table(
        [*columns, Column("")],
        [[*row, each.verdict or ""] for row, each in zip(rows, notebook.metrics, strict=True)],
    )


def _gates(report: BuildReport) -> list[str]:
    return [
        f"drift {each.reference} → {each.current}: {_VERDICTS[each.drifted]}, "
        f"{each.columns} of {plural(each.of, 'column')}"
        for each in report.drift
    ]
