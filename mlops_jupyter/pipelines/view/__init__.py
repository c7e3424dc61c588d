"""Pipelines as text and as cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.pipelines.view import picture
from mlops_jupyter.render import html, text
from mlops_jupyter.render.table import Cell, Column, Table

if TYPE_CHECKING:
    from mlops_jupyter.pipelines.records import (
        PipelineExport,
        PipelineGraph,
        PipelineRun,
        PipelineStatus,
        ProposedStage,
        StageDone,
        StageReason,
        StageState,
    )

_OUTCOMES = {
    "ran": "good",
    "restored": "good",
    "failed": "bad",
    "stopped": "warn",
    "would run": "brand",
}
_STATES = {"stale": "warn", "follows": "brand", "unchanged": "good"}
_STATUS = {"FINISHED": "good", "FAILED": "bad", "KILLED": "warn"}
_WHYS = 3


def stage_text(stage: ProposedStage) -> str:
    """Return a proposed stage for the terminal."""
    state = "written" if stage.written else "proposed, not written"
    lines = [f"stage {stage.name}  {state}", f"  {text.clean(stage.command)}"]
    for title, table in _stage_tables(stage):
        lines += ["", title, *("  " + line for line in table.to_text().splitlines())]
    if stage.notes:
        lines += ["", *(f"note: {text.clean(note)}" for note in stage.notes)]
    if not stage.written:
        lines += ["", "in dvc.yaml", *("  " + text.clean(line) for line in _lines(stage))]
    lines += ["", _what_next(stage)]
    return "\n".join(lines)


def stage_html(stage: ProposedStage) -> str:
    """Return a proposed stage for the notebook."""
    state = html.badge(*(("written", "good") if stage.written else ("proposed", "brand")))
    parts: list[object] = [html.element("code", stage.command)]
    parts += [
        html.join(html.element("div", title, style=f"color:{html.MUTED}"), table.to_html())
        for title, table in _stage_tables(stage)
    ]
    parts.append(html.notes(stage.notes))
    if not stage.written:
        shown = html.element("pre", "\n".join(_lines(stage)), style="margin:4px 0")
        parts.append(html.element("details", html.element("summary", "in dvc.yaml"), shown))
    parts.append(html.element("div", _what_next(stage), style=f"color:{html.MUTED}"))
    return str(html.card(html.join("stage ", stage.name, " ", state), *parts, note=stage.notebook))


def _lines(stage: ProposedStage) -> list[str]:
    return stage.text.splitlines()


def _stage_tables(stage: ProposedStage) -> list[tuple[str, Table]]:
    found = []
    for title, paths in (("reads", stage.dependencies), ("makes", stage.outputs)):
        if paths:
            rows: list[list[str | Cell]] = [[each.path, each.why] for each in paths]
            found.append((title, Table([Column("path"), Column("because")], rows)))
    if stage.parameters:
        values: list[list[str | Cell]] = [[k, str(v)] for k, v in stage.parameters.items()]
        columns = [Column("name"), Column("value", "right")]
        found.append((f"parameters, in params.yaml under {stage.name}", Table(columns, values)))
    return found


def _what_next(stage: ProposedStage) -> str:
    if stage.written:
        return f"written to {', '.join(stage.files)}; next: mlops pipeline run"
    return f"would be written to {', '.join(stage.files)}: say --yes"


def status_text(status: PipelineStatus) -> str:
    """Return the states of stages for the terminal."""
    return f"{_status_table(status).to_text()}\n\n{_sum(status)}"


def status_html(status: PipelineStatus) -> str:
    """Return the states of stages for the notebook."""
    return str(html.card("pipeline", _status_table(status).to_html(), note=_sum(status)))


def _status_table(status: PipelineStatus) -> Table:
    running = _running(status)
    rows: list[list[str | Cell]] = [
        [each.name, _word(each.state, _STATES.get(each.state, "muted")), _why(each, running)]
        for each in status.stages
    ]
    return Table([Column("stage"), Column("state"), Column("because")], rows, row_headers=True)


def _running(status: PipelineStatus) -> set[str]:
    return {each.name for each in status.stages if each.state in ("stale", "follows")}


def _why(state: StageState, running: set[str]) -> str:
    if state.state == "follows":
        return f"after {', '.join(name for name in state.after if name in running)}"
    return _reasons(state.reasons)


def _sum(status: PipelineStatus) -> str:
    stale = len(_running(status))
    if not stale:
        return "nothing to do"
    return f"{stale} of {text.plural(len(status.stages), 'stage')} to run: mlops pipeline run"


def _reasons(reasons: list[StageReason]) -> str:
    said = list(dict.fromkeys(reason.said for reason in reasons))
    more = f" and {len(said) - _WHYS} more" if len(said) > _WHYS else ""
    return "; ".join(said[:_WHYS]) + more


def _word(word: str, tone: str) -> Cell:
    return Cell(word, html.badge(word, tone))


def graph_text(graph: PipelineGraph) -> str:
    """Return the graph for the terminal, as DVC draws it."""
    drawn = picture.in_letters(graph)
    return f"{drawn}\n\n{_graph_table(graph).to_text()}" if drawn else "no stages yet"


def graph_html(graph: PipelineGraph) -> str:
    """Return the graph for the notebook: a picture, and the same as a table."""
    table = html.element(
        "details", html.element("summary", "stages"), _graph_table(graph).to_html()
    )
    note = text.plural(len(graph.stages), "stage")
    return str(html.card("pipeline", picture.draw(graph), table, note=note))


def _graph_table(graph: PipelineGraph) -> Table:
    rows = [
        [
            each.name,
            ", ".join(each.dependencies),
            ", ".join(each.outputs),
            ", ".join(each.parameters),
        ]
        for each in graph.stages
    ]
    names = ("stage", "reads", "makes", "parameters")
    return Table([Column(name) for name in names], rows, row_headers=True)


def run_text(run: PipelineRun) -> str:
    """Return a pass through the pipeline for the terminal."""
    lines = [f"pipeline  {_head(run)}"]
    if run.run_id:
        lines.append(f"  run:{run.run_id}")
    lines += ["", *_run_table(run).to_text().splitlines()]
    lines += [f"error: {text.clean(run.error)}"] if run.error else []
    lines += [f"kept here: {text.clean(run.kept_here)}; then: mlops sync"] if run.kept_here else []
    return "\n".join(lines)


def run_html(run: PipelineRun) -> str:
    """Return a pass through the pipeline for the notebook."""
    word = html.badge(_head(run), _STATUS[run.status])
    lines = [*([run.error] if run.error else []), *([run.kept_here] if run.kept_here else [])]
    note = f"run:{run.run_id}" if run.run_id else ""
    title = html.join("pipeline ", word)
    return str(html.card(title, _run_table(run).to_html(), html.notes(lines), note=note))


def _head(run: PipelineRun) -> str:
    if run.dry:
        count = sum(each.outcome == "would run" for each in run.stages)
        return f"{text.plural(count, 'stage')} would run" if count else "nothing to do"
    if run.status == "FINISHED" and run.run_id is None:
        return "nothing to do"
    return f"{run.status}  {text.duration(run.duration_s)}"


def _run_table(run: PipelineRun) -> Table:
    columns = [
        Column("stage"),
        Column("outcome"),
        Column("took", "right"),
        Column("run"),
        Column("because"),
    ]
    return Table(columns, [_row(each) for each in run.stages], row_headers=True)


def _row(done: StageDone) -> list[str | Cell]:
    why = _reasons(done.reasons)
    if not why and done.outcome in ("ran", "would run"):
        why = "a stage before it"
    return [
        done.name,
        _word(done.outcome, _OUTCOMES.get(done.outcome, "muted")),
        text.duration(done.seconds) if done.seconds else "",
        ", ".join(f"run:{each[:8]}" for each in done.run_ids),
        why,
    ]


def export_text(export: PipelineExport) -> str:
    """Return what was exported for the terminal."""
    lines = [_exported(export), *(f"note: {text.clean(note)}" for note in export.notes)]
    return "\n".join(lines)


def export_html(export: PipelineExport) -> str:
    """Return what was exported for the notebook."""
    return str(html.card("pipeline", _exported(export), html.notes(export.notes)))


def _exported(export: PipelineExport) -> str:
    steps = f"{text.plural(len(export.stages), 'step')} ({', '.join(export.stages)})"
    return text.clean(f"wrote {export.file}: {steps} of {export.repository} at {export.commit[:8]}")
