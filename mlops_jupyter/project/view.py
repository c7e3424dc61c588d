"""The project as a whole, as text and HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops_jupyter.render import html, text
from mlops_jupyter.render.table import Cell, Column, Table

if TYPE_CHECKING:
    from mlops_jupyter.project.records import (
        Demo,
        Diagnosis,
        Initialised,
        ProjectStatus,
        RestoredInputs,
    )

_SHOWN = 3
_MARKS = {"ok": "✓", "note": "!", "bad": "✗"}
_TONES = {"ok": "good", "note": "warn", "bad": "bad"}


def initialised_text(made: Initialised) -> str:
    """Return what was done, for the terminal."""
    steps = [f"  {text.clean(step)}" for step in made.done or ["nothing to do"]]
    return "\n".join([f"workspace {text.clean(made.root)}", *steps, f"  {_runs_go_to(made)}"])


def initialised_html(made: Initialised) -> str:
    """Return what was done, for the notebook."""
    steps = html.join(*(html.element("li", step) for step in made.done or ["nothing to do"]))
    listed = html.element("ul", steps, style="margin:0")
    return str(html.card("Workspace", listed, _runs_go_to(made), note=made.root))


def status_text(status: ProjectStatus) -> str:
    """Return three lines for the terminal."""
    return "\n".join(f"{name:<6} {text.clean(line)}" for name, line, _ in _lines(status))


def status_html(status: ProjectStatus) -> str:
    """Return three rows for the notebook."""
    rows = [
        [name, Cell(line, html.join(html.badge("!", tone), " ", line)) if tone else line]
        for name, line, tone in _lines(status)
    ]
    table = Table([Column("what"), Column("where it stands")], rows)
    return str(html.card("Status", table.to_html(), note=status.root))


def inputs_text(inputs: RestoredInputs) -> str:
    """Return a line for each version that is back."""
    table = "\n".join(f"  {line}" for line in _inputs(inputs).to_text().split("\n"))
    return "\n".join([f"{text.clean(inputs.run)}: {text.clean(_inputs_news(inputs))}", table])


def inputs_html(inputs: RestoredInputs) -> str:
    """Return the same as a card."""
    return str(html.card(inputs.run, _inputs(inputs).to_html(), note=_inputs_news(inputs)))


def _inputs_news(inputs: RestoredInputs) -> str:
    if inputs.not_kept:
        return f"what is kept of what it read is back; not kept: {', '.join(inputs.not_kept)}"
    if all(each.unchanged for each in inputs.restored):
        return "what it read is there already: nothing was written"
    return "what it read is back"


def _inputs(inputs: RestoredInputs) -> Table:
    rows = [
        [
            each.ref,
            each.path,
            text.size(each.size),
            f"what was there is kept: {each.replaced}"
            if each.replaced
            else ("was there already" if each.unchanged else ""),
        ]
        for each in inputs.restored
    ]
    return Table([Column("data"), Column("place"), Column("size", "right"), Column("")], rows)


def diagnosis_text(diagnosis: Diagnosis) -> str:
    """Return a line for each check, and one below it that mends it."""
    lines = []
    for check in diagnosis.checks:
        lines.append(f"{_MARKS[check.state]} {check.name:<12} {text.clean(check.found)}")
        if check.mend:
            lines.append(f"  {'':<12} → {text.clean(check.mend)}")
    return "\n".join(lines)


def diagnosis_html(diagnosis: Diagnosis) -> str:
    """Return a table for the notebook."""
    rows: list[list[str | Cell]] = [
        [
            Cell(_MARKS[check.state], html.badge(_MARKS[check.state], _TONES[check.state])),
            check.name,
            check.found,
            check.mend,
        ]
        for check in diagnosis.checks
    ]
    table = Table([Column(""), Column("what"), Column("found"), Column("what to do")], rows)
    verdict = "all is well" if diagnosis.healthy else "something needs mending"
    return str(html.card("Doctor", table.to_html(), note=verdict))


def demo_text(demo: Demo) -> str:
    """Return a dozen lines for the terminal."""
    lines = [f"✓ {name:<10} {text.clean(sentence)}" for name, sentence in _happened(demo)]
    width = max((len(command) for command, _ in demo.next_steps), default=0)
    steps = [f"  {command:<{width}}   {shows}" for command, shows in demo.next_steps]
    return "\n".join([*lines, "", "Next:", *steps])


def demo_html(demo: Demo) -> str:
    """Return the same for the notebook."""
    rows = (html.element("li", f"{name}: {sentence}") for name, sentence in _happened(demo))
    steps = (
        html.element("li", html.element("code", command), f" {shows}")
        for command, shows in demo.next_steps
    )
    return str(html.card("Demo", html.element("ul", *rows), html.element("ul", *steps)))


def _happened(demo: Demo) -> list[tuple[str, str]]:
    """Say in a line each what the demo did, and what its notebook shows."""
    lines = [("workspace", f"{demo.folder}, with git, DVC and a tracking store")]
    if demo.run is not None:
        took = text.duration(demo.run.duration_s)
        lines.append(("notebook", f"{demo.run.cells_executed} cells as one run, in {took}"))
        lines.append(("executed", f"{demo.folder}/{demo.run.output}"))
    return lines + [line for result in demo.shown for line in _told_by(result)]


def _told_by(result: dict[str, Any]) -> list[tuple[str, str]]:
    if result["kind"] == "data_version":
        rows = f", {text.plural(result['rows'], 'row')}" if result["rows"] else ""
        return [("data", f"{result['ref']}{rows}, {text.size(result['size'])}")]
    if result["kind"] == "tracked_cell":
        return [("model", f"{', '.join(result['models'])} in run {result['name']}")]
    if result["kind"] == "logged":
        values = ", ".join(f"{k} {text.number(v)}" for k, v in result["metrics"].items())
        return [("metric", values)]
    if result["kind"] == "drift_report":
        drifted = [column["column"] for column in result["columns"] if column["drifted"]]
        compared = f"{result['reference']['label']} against {result['current']['label']}"
        named = f": {', '.join(drifted)}" if drifted else ""
        return [("drift", f"{compared}: {len(drifted)} of {len(result['columns'])} columns{named}")]
    return []


def _runs_go_to(made: Initialised) -> str:
    return f"runs go to {made.store} ({made.store_reason})"


def _lines(status: ProjectStatus) -> list[tuple[str, str, str]]:
    """Return name, sentence and tone of each line."""
    lines = [("code", *_code(status)), ("data", *_data(status)), ("model", *_model(status))]
    if status.waiting:
        waits = text.plural(status.waiting, "run")
        lines.append(("runs", f"{waits} not on the tracking server yet: `mlops sync`", "warn"))
    return lines


def _code(status: ProjectStatus) -> tuple[str, str]:
    code = status.code
    if status.code_problem:
        return status.code_problem, "bad"
    where = code.branch or ("no branch" if code.commit else "not in git")
    commit = f" at {code.commit[:9]}" if code.commit else ", no commit yet"
    if not code.changed:
        return f"{where}{commit}, clean", ""
    return f"{where}{commit}, {text.plural(len(code.changed), 'changed file')}", "warn"


def _data(status: ProjectStatus) -> tuple[str, str]:
    if not status.data:
        return "no versions yet: `mlops data snapshot PATH`", ""
    said = {*status.changed_data, *status.absent_data}
    groups = (
        ("", [ref for ref in status.data if ref not in said]),
        ("the file differs now: ", status.changed_data),
        ("not in the work tree: ", status.absent_data),
    )
    line = "; ".join(f"{what}{_few(refs)}" for what, refs in groups if refs)
    return line, "warn" if status.changed_data else ""


def _few(refs: list[str]) -> str:
    # One more name says no less than "and 1 more".
    if len(refs) <= _SHOWN + 1:
        return ", ".join(refs)
    return f"{', '.join(refs[:_SHOWN])} and {len(refs) - _SHOWN} more"


def _model(status: ProjectStatus) -> tuple[str, str]:
    model = status.model
    if status.model_problem:
        return status.model_problem, "bad"
    if model is None:
        return "none trained yet: `%mlops track NAME`, then train something", ""
    parts = [f"{model.model} (run {model.name}, {text.when(model.started)})"]
    if model.main_metric:
        parts.append(f"{model.main_metric} {text.number(model.metrics.get(model.main_metric))}")
    if model.data:
        parts.append(f"trained on {', '.join(model.data)}")
    if model.stale and model.stale.reasons:
        return f"{', '.join(parts)}; stale: {model.stale.said}", "warn"
    return ", ".join(parts), ""
