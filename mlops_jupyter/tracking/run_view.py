"""One run as text and as a card, and the parts that its page shares with the card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mlops_jupyter.render import html, text, vega
from mlops_jupyter.render.html import Markup
from mlops_jupyter.render.table import Cell, Column, Table
from mlops_jupyter.tracking import tags

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops_jupyter.results import Chart
    from mlops_jupyter.tracking.run_record import Relative, Run

# How a moment is written: relative to now, unless it is for a reader elsewhere.
When = Callable[[datetime], str]

TONES = {"FINISHED": "good", "FAILED": "bad", "KILLED": "warn", "RUNNING": "brand"}
# Rows that a card shows of one table; the rest is in the page and in JSON.
_MAX_ROWS = 40
_SYSTEM = "system/"
# Tags that MLflow and this package set for themselves.
_OURS = ("mlops.", "mlflow.", "estimator_")
_PRE = "font-size:85%;overflow-x:auto;max-height:30em;margin:2px 0"


@dataclass(frozen=True)
class Section:
    """A titled table; `folded` where a reader seldom looks."""

    title: str
    table: Table
    folded: bool = False


def run_text(run: Run) -> str:
    """Return one run for the terminal."""
    s = run.summary
    if run.page:
        return f"wrote {text.clean(run.page)}: one page about run {text.clean(s.name)}"
    lines = [
        f"{text.clean(s.name)}  {s.status}  {text.clean(s.experiment)}",
        *(f"  {name:<12}{text.clean(value)}" for name, value in facts(run)),
        *(f"  ! not here: {text.clean(reason)}" for reason in run.missing),
    ]
    for section in sections(run, limit=_MAX_ROWS):
        lines += ["", section.title]
        lines += ["  " + line for line in section.table.to_text().splitlines()]
    if run.charts:
        lines += ["", "charts (pictures in a notebook, and by --html FILE)"]
        lines += ["  " + text.shorten(text.clean(chart.alt), 110) for chart in run.charts]
    return "\n".join(lines)


def run_html(run: Run) -> str:
    """Return one run for the notebook, with static pictures of its charts."""
    s = run.summary
    if run.page:
        return str(html.card(html.join("wrote ", html.element("code", run.page)), note=s.name))
    body: list[object] = [fact_list(run), *warnings(run.missing)]
    if run.note:
        body.append(html.element("p", run.note, style="white-space:pre-wrap;max-width:60em"))
    if run.charts:
        body.append(pictures(run.charts))
    for section in sections(run, limit=_MAX_ROWS):
        few = len(section.table.rows) <= 8 and not section.folded
        body.append(_folded(section.title, len(section.table.rows), section.table.to_html(), few))
    if run.code.cell:
        body.append(_folded("cell", None, html.element("pre", run.code.cell, style=_PRE)))
    if run.packages:
        lines = "\n".join(f"{name}=={version}" for name, version in run.packages.items())
        listed = html.element("pre", lines, style=_PRE)
        body.append(_folded("packages", len(run.packages), listed))
    if run.error:
        body.append(_folded("traceback", None, html.element("pre", run.error, style=_PRE)))
    title = html.join(s.name, " ", *badges(run))
    return str(html.card(title, *body, note=s.experiment))


def badges(run: Run) -> list[Markup]:
    """Return what stands beside a run's name: its status, and whether its model is stale."""
    s = run.summary
    status = html.badge(s.status, TONES.get(s.status, "muted"))
    if s.stale is None or not s.stale.reasons:
        return [status]
    return [status, Markup(" "), html.badge(f"stale: {s.stale.short}", "warn", title=s.stale.said)]


def chart_outputs(charts: Sequence[Chart]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return data and metadata of one notebook output for each chart."""
    return [vega.output(chart.spec, alt=chart.alt) for chart in charts]


def pictures(charts: Sequence[Chart]) -> Markup:
    """Return static pictures side by side, as far as there is room."""
    shown = (vega.picture(chart.spec, alt=chart.alt) for chart in charts)
    held = (html.element("div", each, style="max-width:100%") for each in shown)
    return html.element("div", *held, style="display:flex;flex-wrap:wrap;gap:12px;margin:8px 0")


def warnings(missing: Sequence[str]) -> list[Markup]:
    """Return a line for each thing that is not here."""
    return [
        html.element("div", f"not here: {reason}", style=f"color:{html.WARN}") for reason in missing
    ]


def facts(run: Run, *, when: When = text.when) -> list[tuple[str, str]]:
    """Return what a reader asks first."""
    s = run.summary
    known = run.environment
    found = [
        ("run", f"run:{s.run_id}"),
        ("started", f"{when(s.started)}, took {text.duration(s.duration_s)}"),
        ("attempt", _attempt(run)),
        ("part of", f"{run.parent.name} (run:{run.parent.run_id[:8]})" if run.parent else ""),
        ("notebook", s.notebook or ""),
        ("code", _code(run)),
        ("order", run.code.order or ""),
        ("data", ", ".join(map(_unprefixed, s.data))),
        ("stale", s.stale.said if s.stale else ""),
        ("not checked", "; ".join(s.stale.unknown) if s.stale else ""),
        ("model", ", ".join(m.uri for m in run.models[:3]) or s.model or ""),
        ("python", " · ".join(known[key] for key in ("python", "platform") if key in known)),
        ("store", run.store),
        ("error", text.shorten(tags.error_line(run.error), 200)),
    ]
    return [(name, value) for name, value in found if value]


def fact_list(run: Run, *, when: When = text.when) -> Markup:
    """Return the facts as a table whose rows have names."""
    named = (
        f"text-align:left;vertical-align:top;white-space:nowrap;color:{html.MUTED};"
        "padding-right:12px"
    )
    rows = (
        html.element(
            "tr",
            html.element("th", name, scope="row", style=named),
            html.element("td", value, style="text-align:left;overflow-wrap:anywhere"),
        )
        for name, value in facts(run, when=when)
    )
    return html.element("table", html.element("tbody", *rows), style="border-collapse:collapse")


def sections(run: Run, *, limit: int, when: When = text.when) -> list[Section]:
    """Return the tables that have rows; each of at most `limit`."""
    s = run.summary
    own = {key: value for key, value in s.metrics.items() if not key.startswith(_SYSTEM)}
    used = {key[len(_SYSTEM) :]: v for key, v in s.metrics.items() if key.startswith(_SYSTEM)}
    tags = {key: value for key, value in run.tags.items() if not key.startswith(_OURS)}
    files = [[a.path, _size(a.size)] for a in run.artifacts]
    models = [[m.name, m.flavor or "", m.uri] for m in run.models]
    code = [[name, "changed"] for name in run.code.changed]
    code += [[name, "not committed"] for name in run.code.modules]
    found = [
        Section("metrics", _measured(own)),
        Section(
            "parameters",
            _pairs({key: text.shorten(s.params[key], 120) for key in sorted(s.params)}),
        ),
        Section("data", _inputs(run)),
        Section("drift", _drift(run, when)),
        Section("written", _outputs(run)),
        Section("code", _table(("file", "state"), code)),
        Section("models", _table(("name", "class", "load by"), models)),
        Section("child runs", _relatives(run.children, run.best_child, "best", when)),
        Section("attempts", _relatives(run.attempts, s.run_id, "this", when)),
        Section("artifacts", _table(("file", "size "), files)),
        Section("resources", _measured(used)),
        Section("environment", _pairs(run.environment), folded=True),
        Section("tags", _pairs({key: text.shorten(tags[key], 120) for key in sorted(tags)})),
    ]
    return [
        Section(each.title, _cut(each.table, limit), each.folded)
        for each in found
        if each.table.rows
    ]


def _attempt(run: Run) -> str:
    if run.attempt is None or (run.attempt == 1 and not run.attempts):
        return ""
    known = max((a.attempt or 0 for a in run.attempts), default=0)
    return f"{run.attempt} of {known}" if known >= run.attempt else str(run.attempt)


def _code(run: Run) -> str:
    code = run.code
    changed = f", {text.plural(len(code.changed), 'changed file')}" if code.changed else ""
    shown = f"{(code.commit or '')[:9] or 'no commit'}{f' on {code.branch}' if code.branch else ''}"
    kept = ["notebook"] if code.notebook else []
    if code.journal:
        why = f": {code.not_runnable}" if code.not_runnable else ""
        runs = {True: ", which runs", False: f", which does not run as it is{why}", None: ""}
        kept.append(f"journal{runs[code.runnable]}")
    return f"{shown}{changed}" + (f"; kept: {' and '.join(kept)}" if kept else "")


def _inputs(run: Run) -> Table:
    rows = []
    for i in run.inputs:
        source = f"{i.source}: {text.shorten(i.query, 120)}" if i.query else i.source
        shape = [number for number in (i.rows, i.columns) if number is not None]
        rows.append(
            [
                _unprefixed(i.version) or i.name,
                source,
                i.context or "",
                " × ".join(f"{number:,}" for number in shape),
                _size(i.size),
                i.digest[:12],
            ]
        )
    return _table(("data", "source", "for", "rows × columns ", "size ", "hash"), rows)


def _outputs(run: Run) -> Table:
    rows = [
        [_unprefixed(o.version), o.path, _size(o.size), (o.digest or "")[:12]] for o in run.outputs
    ]
    return _table(("data", "file", "size ", "hash"), rows)


def _drift(run: Run, when: When) -> Table:
    rows: list[list[str | Cell]] = []
    for each in reversed(run.drift):  # the last first: of many the oldest are left out
        verdict, tone = _verdict(each.drifted, each.columns)
        shown = Cell(verdict, html.badge(verdict, tone))
        moved = ""
        if each.columns is not None and each.columns_drifted is not None:
            moved = f"{each.columns_drifted:,} of {each.columns:,}"
        sides = f"{text.shorten(each.before, 40)} → {text.shorten(each.after, 40)}"
        rows.append(
            [shown, moved, sides, each.error or "", when(each.kept), _short(each.reference)]
        )
    titles = (
        "verdict",
        "columns drifted ",
        "reference → current",
        "model's error",
        "kept",
        "show by",
    )
    return _table(titles, rows)


def _verdict(drifted: bool | None, columns: int | None) -> tuple[str, str]:
    """Return a verdict and its colour; where there is none it is not taken for a good one."""
    if drifted is None:
        return ("nothing compared" if columns == 0 else "not known"), "warn"
    return ("drift", "bad") if drifted else ("no drift", "good")


def _short(reference: str) -> str:
    """Return a reference to a drift report with the beginning of the run's id."""
    run, _, count = reference.removeprefix("drift:").rpartition("@")
    return f"drift:{run[:8]}@{count}"


def _unprefixed(ref: str | None) -> str:
    """Return a data version as it stands where it is said that it is data."""
    return (ref or "").removeprefix("data:")


def _size(size: int | None) -> str:
    return text.size(size) if size is not None else ""


def _relatives(runs: Sequence[Relative], marked: str | None, mark: str, when: When) -> Table:
    columns = [
        Column("run"), Column("status"), Column("metric", "right", whole=True),
        Column("started", whole=True), Column("id"), Column(""),
    ]  # fmt: skip
    rows: list[list[str | Cell]] = []
    for run in runs:
        name = f"{run.attempt} · {run.name}" if run.attempt and mark == "this" else run.name
        badge = html.badge(run.status.lower(), TONES.get(run.status, "muted"))
        value = f"{run.metric} {text.number(run.value)}" if run.metric else ""
        rows.append(
            [
                name,
                Cell(run.status, badge),
                value,
                when(run.started),
                run.run_id[:8],
                mark if run.run_id == marked else "",
            ]
        )
    return Table(columns, rows)


def _measured(values: dict[str, float | None]) -> Table:
    return _pairs({key: text.number(values[key]) for key in sorted(values)}, numbers=True)


def _pairs(values: dict[str, str], *, numbers: bool = False) -> Table:
    rows = [[key, value] for key, value in values.items()]
    return Table((Column("name"), Column("value", "right" if numbers else "left")), rows)


def _table(titles: Sequence[str], rows: Sequence[Sequence[str | Cell]]) -> Table:
    """Return a table; a title that ends with a space heads numbers."""
    columns = [Column(t.strip(), "right" if t.endswith(" ") else "left") for t in titles]
    return Table(columns, rows)


def _cut(table: Table, limit: int) -> Table:
    if len(table.rows) <= limit:
        return table
    more = [f"… {len(table.rows) - limit:,} more", *[""] * (len(table.columns) - 1)]
    return Table(table.columns, [*table.rows[:limit], more])


def _folded(title: str, count: int | None, body: Markup, unfolded: bool = False) -> Markup:
    shown = title if count is None else f"{title} ({count:,})"
    return html.element(
        "details",
        html.element("summary", shown),
        body,
        **({"open": "open"} if unfolded else {}),
    )
