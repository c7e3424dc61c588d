"""Lists of runs, and of groups of runs, as tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from mlops_jupyter.data.catalog.automatic import is_reference
from mlops_jupyter.render import fitting, html, text
from mlops_jupyter.render.table import Cell, Column, Table

if TYPE_CHECKING:
    from mlops_jupyter.tracking.records import RunGroup, Runs, RunSummary

_TONES = {"FINISHED": "good", "FAILED": "bad", "KILLED": "warn", "RUNNING": "brand"}
_NO_RUNS = "no runs yet: `%mlops track NAME`, then train something"
_NONE_FOUND = "no run is like that"
# A notebook keeps what it shows: of more runs than one looks through, the first.
MOST_IN_HTML = 200
_MOST_REASONS = 4
_MOST_NAMED = 3
# How much of a name, and of how much data, a row of a notebook shows; the rest is in the title.
_NAME, _WORD, _MOST_DATA = 28, 20, 1
# What is cut first for a terminal's width, and to what width at least; a run's name goes last.
_SHRINK = (
    ("model", 14), ("data", 24), ("experiment", 12), ("best run", 20), ("run", 28), ("data", 14),
    ("model", 10), ("run", 20), ("experiment", 0), ("took", 0), ("model", 0), ("data", 0),
    ("metric", 20), ("run", 12), ("highest", 0), ("lowest", 0), ("mean", 0), ("started", 0),
    ("newest", 0), ("best", 0), ("last", 0), ("best run", 0), ("status", 0),
)  # fmt: skip


def as_text(runs: Runs, most: int | None = None) -> str:
    """Return a list of runs for the terminal, or the first `most` of it."""
    table = _table(runs)
    titles = ["run", *(column.title for column in table.columns[1:])]  # or what groups share
    shown = fitting.fitted(replace(table, rows=table.rows[:most]), titles, _SHRINK).to_text()
    left_out = len(table.rows) - most if most else 0
    notes = [f"and {left_out:,} more"] if left_out > 0 else []
    notes = [text.clean(f"({note})") for note in (*notes, *_notes(runs))]
    return "\n".join([shown, *notes, *_where_to_look(runs)])


def as_html(runs: Runs) -> str:
    """Return a list of runs for the notebook."""
    title = f"Runs of {runs.experiment}" if runs.experiment else "Runs"
    shared = None if runs.experiment else _in_common(runs)
    # There the status has a mark of what is stale.
    table = _table(runs, known=["stale", "experiment"] if shared else ["stale"])
    parts: list[object] = [replace(table, rows=table.rows[:MOST_IN_HTML]).to_html()]
    left_out = len(table.rows) - MOST_IN_HTML
    if left_out > 0:
        parts.append(_muted(f"and {left_out:,} more, that this picture leaves out"))
    parts += [_muted(note) for note in _notes(runs)]
    if runs.url:
        link = html.element("a", runs.url, href=runs.url, target="_blank", rel="noopener")
        first = (
            [html.element("code", runs.ui_command), " shows them at "] if runs.ui_command else []
        )
        parts.append(html.element("div", *first, link))
    note = f"{_count(runs)}, all of {shared}" if shared else _count(runs)
    return str(html.card(title, *parts, note=note))


def _count(runs: Runs) -> str:
    noun = "group" if runs.group else "run"
    listed = len(runs.groups) if runs.group else _listed(runs)
    if runs.total is not None and runs.total > listed:
        return f"{listed:,} of {text.plural(runs.total, noun)}"
    return text.plural(listed, noun) + (" and more" if runs.more else "")


def _listed(runs: Runs) -> int:
    """Count runs as pages do: without those below others."""
    if not runs.nested:
        return len(runs.runs)
    return sum(depth == 0 for depth in _depths(runs.runs))


def _notes(runs: Runs) -> Iterator[str]:
    """Say in which order, which way is better, and what is not in the list."""
    if runs.sorted_by:
        yield f"sorted by {runs.sorted_by}, {'highest' if runs.descending else 'lowest'} first"
    if runs.metric and runs.direction:
        what = "of each run's last value; " if runs.group else ""
        yield f"{what}{runs.direction} {runs.metric} is better"
    elif runs.metric:
        yield (
            f"whether more {runs.metric} is better is not known: --higher-is-better or "
            "--lower-is-better"
        )
    reasons = _reasons(runs.runs)
    for said, names in list(reasons.items())[:_MOST_REASONS]:
        yield f"stale: {_few(names, _MOST_NAMED)}: {text.shorten(said, 100)}"
    if len(reasons) > _MOST_REASONS:
        yield f"{len(reasons) - _MOST_REASONS} more reasons: `mlops show` tells each run's"
    listed = Counter(run.parent_run_id for run in runs.runs)
    if any(run.children > listed[run.run_id] for run in runs.runs if run.children):
        yield "▾ of so many runs below another one the best are listed; --flat lists all"
    if runs.more:
        yield f"{_count(runs)}; next: --page {runs.page + 1}"


def _reasons(runs: Sequence[RunSummary]) -> dict[str, list[str]]:
    """Return why runs are stale, and the names of those for which that holds."""
    found: dict[str, list[str]] = {}
    for run in runs:
        for reason in run.stale.reasons if run.stale else ():
            names = found.setdefault(reason.said.replace("data:", ""), [])
            names.append(text.shorten(run.name, _NAME))
    return found


def _few(names: Sequence[str], most: int) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _in_common(runs: Runs) -> str | None:
    """Return the experiment that all of several runs belong to."""
    experiments = {run.experiment for run in runs.runs}
    return experiments.pop() if len(experiments) == 1 and len(runs.runs) > 1 else None


def _where_to_look(runs: Runs) -> list[str]:
    if not runs.url:
        return []
    if runs.ui_command:
        return [text.clean(f"{runs.ui_command}"), text.clean(f"shows them at {runs.url}")]
    return [text.clean(runs.url)]


def _table(runs: Runs, known: Sequence[str] = ()) -> Table:
    if runs.group:
        return _groups(runs)
    depths = _depths(runs.runs) if runs.nested else [0] * len(runs.runs)
    columns = [
        Column("run"), Column("stale"), Column("status"), Column("experiment"),
        *_metric_columns(runs), Column("model"), Column("data"), Column("started", whole=True),
        Column("took", "right", whole=True), Column("id"),
    ]  # fmt: skip
    rows = [_row(runs, run, depth) for run, depth in zip(runs.runs, depths, strict=True)]
    table = Table(columns, rows, empty=_NONE_FOUND if runs.where else _NO_RUNS)
    return fitting.without_empty(table, known=[*known, "experiment"] if runs.experiment else known)


def _metric_columns(runs: Runs) -> list[Column]:
    if runs.metric:
        names = [f"last {_title(runs.metric)}", "best", "lowest", "highest"]
    elif runs.sorted_by:
        names = ["metric", _title(runs.sorted_by)]
    else:
        names = ["metric"]
    return [Column(name, "right", whole=True) for name in names]


def _row(runs: Runs, run: RunSummary, depth: int) -> list[str | Cell]:
    place = "\N{NO-BREAK SPACE}" * 2 * (depth - 1) + "└\N{NO-BREAK SPACE}" * (depth > 0)
    below = f"▾{run.children} " if run.children else ""
    return [
        _named(place + below, run.name),
        run.stale.short if run.stale else "",
        Cell(run.status, _status(run)),
        _shortened(run.experiment),
        *_metrics(runs, run),
        _shortened(run.model or ""),
        _data(run.data),
        text.when(run.started) if run.started.timestamp() else "–",
        text.duration(run.duration_s),
        Cell(run.run_id[:8], html.element("code", run.run_id[:8])),
    ]


def _named(before: str, name: str) -> Cell:
    long = name if len(name) > _NAME else None
    return Cell(
        before + text.shorten(name, 60),
        html.element("span", before + text.shorten(name, _NAME), title=long),
    )


def _shortened(word: str) -> str | Cell:
    if len(word) <= _WORD:
        return word
    return Cell(word, html.element("span", text.shorten(word, _WORD), title=word))


def _data(refs: Sequence[str]) -> str | Cell:
    """Return what a run read: of what nobody has named, the file's name and its content."""
    if not refs:
        return ""
    short = [_short_data(ref) for ref in refs]
    names = [short_name.rpartition("@")[0] if is_reference(ref) else short_name
             for ref, short_name in zip(refs, short, strict=True)]  # fmt: skip
    shown = _few([text.shorten(name, _WORD) for name in names], _MOST_DATA)
    return Cell(", ".join(short), html.element("span", shown, title=", ".join(refs)))


def _short_data(ref: str) -> str:
    name = ref.removeprefix("data:")
    return PurePosixPath(name).name if is_reference(ref) else name


def _status(run: RunSummary) -> html.Markup:
    """Return the status, and what is stale: right beside the name, where it is always seen."""
    status = html.badge(run.status.lower(), _TONES.get(run.status, "muted"))
    if run.stale is None or not run.stale.reasons:
        return status
    stale = html.badge(f"stale: {run.stale.short}", "warn", title=run.stale.said)
    return stale if run.status == "FINISHED" else html.join(status, " ", stale)


def _metrics(runs: Runs, run: RunSummary) -> list[str | Cell]:
    if runs.metric:
        stats = run.stats
        if stats is None or not stats.count:
            return [""] * 4
        return [
            _at(stats.last, stats.last_step),
            _at(stats.best, stats.best_step),
            _at(stats.min, stats.min_step),
            _at(stats.max, stats.max_step),
        ]
    if runs.sorted_by:
        name = runs.sorted_by
        value = text.number(run.metrics[name]) if name in run.metrics else run.params.get(name, "")
        return ["" if run.main_metric == name else _main(run), text.shorten(value, 30)]
    return [_main(run)]


def _main(run: RunSummary) -> str:
    """Return the main metric; where a run has none of its own, that of the best below it."""
    if run.main_metric:
        return f"{_title(run.main_metric)} {text.number(run.metrics.get(run.main_metric))}"
    if best := run.best_child:
        return f"best {_title(best.metric)} {text.number(best.value)}"
    return ""


def _title(name: str) -> str:
    return text.shorten(text.clean(name), 28)


def _at(value: float | None, step: int | None) -> str:
    if value is None:
        return ""
    return text.number(value) + (f" @{step}" if step else "")


def _groups(runs: Runs) -> Table:
    columns = [
        Column(_title(str(runs.group))), Column("runs", "right"), Column("failed", "right"),
        Column(f"best {_title(runs.metric)}" if runs.metric else "best", "right", whole=True),
        *(Column(name, "right", whole=True) for name in ("last", "lowest", "highest", "mean")),
        Column("best run"), Column("newest", whole=True),
    ]  # fmt: skip
    rows = [_group_row(group) for group in runs.groups]
    return fitting.without_empty(
        Table(columns, rows, empty=_NONE_FOUND if runs.where else _NO_RUNS)
    )


def _group_row(group: RunGroup) -> list[str | Cell]:
    figures = (group.best, group.last, group.min, group.max, group.mean)
    name = f" {text.shorten(group.best_run, 40)}" if group.best_run else ""
    short = (group.best_run_id or "")[:8]
    return [
        "–" if group.value is None else text.shorten(group.value, 60),
        text.number(group.runs),
        text.number(group.failed) if group.failed else "",
        *("" if value is None else text.number(value) for value in figures),
        Cell(short + name, html.join(html.element("code", short) if short else "", name)),
        text.when(group.newest),
    ]


def _depths(runs: Sequence[RunSummary]) -> list[int]:
    """Return how deep each run stands below others that come before it."""
    depths: dict[str, int] = {}
    for run in runs:
        above = depths.get(run.parent_run_id or "")
        depths[run.run_id] = 0 if above is None or run.parent_run_id == run.run_id else above + 1
    return [depths[run.run_id] for run in runs]


def _muted(note: str) -> html.Markup:
    return html.element("div", note, style=f"color:{html.MUTED}")
