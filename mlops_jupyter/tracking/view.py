"""Runs as tables and cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.render import html, text
from mlops_jupyter.render.html import Markup
from mlops_jupyter.render.table import Cell, Column, Table

if TYPE_CHECKING:
    from mlops_jupyter.tracking.records import Run, Runs, RunSummary, TrackedCell, Tracking

_TONES = {"FINISHED": "good", "FAILED": "bad", "KILLED": "warn", "RUNNING": "brand"}
_NO_RUNS = "no runs yet: `%mlops track NAME`, then train something"


def runs_text(runs: Runs) -> str:
    """Return the list of runs for the terminal."""
    body = _runs_table(runs).to_text()
    return f"{body}\n(older runs are left out: --limit)" if runs.more else body


def runs_html(runs: Runs) -> str:
    """Return the list of runs for the notebook."""
    title = f"Runs of {runs.experiment}" if runs.experiment else "Runs"
    note = text.plural(len(runs.runs), "run") + (" and older ones" if runs.more else "")
    return str(html.card(title, _runs_table(runs).to_html(), note=note))


def run_text(run: Run) -> str:
    """Return one run for the terminal."""
    s = run.summary
    lines = [
        f"{text.clean(s.name)}  {s.status}  {text.clean(s.experiment)}",
        *(f"  {name:<12}{text.clean(value)}" for name, value in _facts(run)),
    ]
    for title, table in _sections(run):
        if table.rows:
            lines += ["", title, *("  " + line for line in table.to_text().splitlines())]
    return "\n".join(lines)


def run_html(run: Run) -> str:
    """Return one run for the notebook."""
    s = run.summary
    facts = Table([Column(""), Column("")], [[name, value] for name, value in _facts(run)])
    sections: list[object] = [_without_head(facts)]
    for title, table in _sections(run):
        if table.rows:
            sections.append(
                html.element(
                    "details",
                    html.element("summary", f"{title} ({len(table.rows)})"),
                    table.to_html(),
                    **({"open": "open"} if len(table.rows) <= 8 else {}),
                )
            )
    if run.error:
        sections.append(
            html.element(
                "details",
                html.element("summary", "traceback"),
                html.element("pre", run.error, style="font-size:85%;overflow-x:auto"),
            )
        )
    title = html.join(s.name, " ", html.badge(s.status, _TONES.get(s.status, "muted")))
    return str(html.card(title, *sections, note=s.experiment))


def cell_text(cell: TrackedCell) -> str:
    """Return the line under a tracked cell, for the terminal."""
    mark = {"FINISHED": "✓", "FAILED": "✗"}.get(cell.status, "■")
    return "\n".join([f"{mark} {cell.status} {_cell_line(cell)}", *_cell_notes(cell)])


def cell_html(cell: TrackedCell) -> str:
    """Return the line under a tracked cell, for the notebook."""
    notes = [html.element("div", note, style=f"color:{html.WARN}") for note in _cell_notes(cell)]
    line = html.join(
        html.badge(cell.status.lower(), _TONES.get(cell.status, "muted")), " ", _cell_line(cell)
    )
    return str(html.element("div", line, *notes, style="font-size:90%"))


def tracking_text(tracking: Tracking) -> str:
    """Return whether tracking is on, for the terminal."""
    return "\n".join([_tracking_line(tracking), *(f"  ! {text.clean(n)}" for n in tracking.notes)])


def tracking_html(tracking: Tracking) -> str:
    """Return whether tracking is on, for the notebook."""
    notes = [
        html.element("div", f"! {note}", style=f"color:{html.WARN}") for note in tracking.notes
    ]
    return str(html.element("div", _tracking_line(tracking), *notes, style="font-size:90%"))


def _cell_line(cell: TrackedCell) -> str:
    if not cell.run_id:
        return "trained, but not tracked"
    trained = cell.models[-1] if cell.models else ""
    if len(cell.models) > 1:
        trained = f"{text.plural(len(cell.models), 'fit')}, last {trained}"
    metric = f"{cell.metric} {text.number(cell.value)}" if cell.metric else ""
    captured = f"captured {', '.join(cell.captured)}" if cell.captured else ""
    where = f"run {cell.name} in {cell.experiment} (run:{cell.run_id[:8]})"
    attempt = f"attempt {cell.attempt}" if cell.attempt > 1 else ""
    parts = (where, attempt, trained, metric, captured)
    return text.clean(" · ".join(part for part in parts if part))


def _cell_notes(cell: TrackedCell) -> list[str]:
    return [text.clean(f"  not captured: {reason}") for reason in cell.not_captured]


def _tracking_line(tracking: Tracking) -> str:
    if not tracking.on:
        return "tracking is off"
    where = f"runs go to {tracking.store} ({tracking.store_reason})"
    notebook = f"notebook {tracking.notebook}" if tracking.notebook else "notebook not found"
    return text.clean(f"tracking experiment {tracking.experiment} · {where} · {notebook}")


def _runs_table(runs: Runs) -> Table:
    known = {run.run_id for run in runs.runs}
    columns = [
        Column("run"), Column("status"), Column("experiment"),
        Column("metric", "right", whole=True), Column("model"), Column("data"),
        Column("started", whole=True), Column("took", "right", whole=True), Column("id"),
    ]  # fmt: skip
    rows = [_row(run, nested=run.parent_run_id in known) for run in _parents_first(runs)]
    return Table(columns, rows, empty=_NO_RUNS)


def _parents_first(runs: Runs) -> list[RunSummary]:
    """Put child runs below their parent, oldest first; the parents stay newest first."""
    known = {run.run_id for run in runs.runs}
    children: dict[str, list[RunSummary]] = {}
    for run in reversed(runs.runs):
        if run.parent_run_id in known:
            children.setdefault(str(run.parent_run_id), []).append(run)
    ordered: list[RunSummary] = []
    # A stack instead of recursion: parents come from the store and may form a chain of any length.
    stack = [run for run in reversed(runs.runs) if run.parent_run_id not in known]
    while stack:
        run = stack.pop()
        ordered.append(run)
        stack.extend(reversed(children.pop(run.run_id, [])))
    return ordered


def _row(run: RunSummary, *, nested: bool) -> list[str | Cell]:
    name = f"└ {run.name}" if nested else run.name
    metric = ""
    if run.main_metric:
        metric = f"{run.main_metric} {text.number(run.metrics.get(run.main_metric))}"
    return [
        name,
        Cell(run.status, html.badge(run.status.lower(), _TONES.get(run.status, "muted"))),
        run.experiment,
        metric,
        run.model or "",
        ", ".join(run.data),
        text.when(run.started),
        text.duration(run.duration_s),
        Cell(run.run_id[:8], html.element("code", run.run_id[:8])),
    ]


def _facts(run: Run) -> list[tuple[str, str]]:
    s = run.summary
    commit = (run.code.commit or "")[:9]
    changed = f", {text.plural(len(run.code.changed), 'changed file')}" if run.code.changed else ""
    code = f"{commit or 'no commit'}{f' on {run.code.branch}' if run.code.branch else ''}{changed}"
    facts = [
        ("run", f"run:{s.run_id}"),
        ("started", f"{text.when(s.started)}, took {text.duration(s.duration_s)}"),
        ("notebook", s.notebook or ""),
        ("code", code),
        ("model", ", ".join(m.uri for m in run.models) or s.model or ""),
        ("python", run.environment.get("python", "")),
        ("store", run.store),
        ("error", _last_line(run.error)),
    ]
    return [(name, value) for name, value in facts if value]


def _last_line(traceback: str | None) -> str:
    lines = (traceback or "").strip().splitlines()
    return lines[-1] if lines else ""


def _sections(run: Run) -> list[tuple[str, Table]]:
    s = run.summary
    metrics = [[key, text.number(value)] for key, value in sorted(s.metrics.items())]
    params = [[key, text.shorten(value, 60)] for key, value in sorted(s.params.items())]
    data = [[i.version or i.name, i.source, text.number(i.rows), i.digest[:12]] for i in run.inputs]
    files = [[a.path, text.size(a.size) if a.size is not None else ""] for a in run.artifacts]
    packages = [[key, value] for key, value in run.environment.items()]
    pair = (Column("name"), Column("value", "right"))
    return [
        ("metrics", Table(pair, metrics)),
        ("parameters", Table(pair, params)),
        (
            "data",
            Table(
                [Column("data"), Column("source"), Column("rows", "right"), Column("hash")], data
            ),
        ),
        ("artifacts", Table([Column("file"), Column("size", "right")], files)),
        ("environment", Table(pair, packages)),
    ]


def _without_head(table: Table) -> Markup:
    rows = (
        html.element(
            "tr",
            html.element(
                "th",
                name,
                scope="row",
                style=f"text-align:left;color:{html.MUTED};padding-right:12px",
            ),
            html.element("td", value, style="text-align:left"),
        )
        for name, value in table.rows
    )
    return html.element("table", html.element("tbody", *rows), style="border-collapse:collapse")
