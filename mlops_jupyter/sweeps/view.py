"""A sweep, as text and as a card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.render import html, text
from mlops_jupyter.render.table import Cell, Column, Table

if TYPE_CHECKING:
    from mlops_jupyter.sweeps.records import Sweep, SweepTrial

_TONES = {"FINISHED": "good", "FAILED": "bad", "KILLED": "bad", "PRUNED": "muted"}
_WIDTH = 24
_ERROR = 60
# A notebook keeps what is shown.
_MOST = 50


def sweep_text(sweep: Sweep) -> str:
    """Return a sweep for the terminal."""
    lines = [f"{text.clean(sweep.name)}  {text.clean(sweep.experiment)}  run:{sweep.run_id}"]
    lines += [f"  {text.clean(fact)}" for fact in _facts(sweep)]
    lines += ["", *(f"  {line}" for line in _table(sweep).to_text().splitlines())]
    if (hidden := len(sweep.trials) - _MOST) > 0:
        lines += [f"  … and {hidden} more"]
    return "\n".join(lines)


def sweep_html(sweep: Sweep) -> str:
    """Return a sweep for the notebook it was started from."""
    hidden = len(sweep.trials) - _MOST
    title = html.join(sweep.name, " ", html.badge(_state(sweep), _tone(sweep)))
    more = [html.element("div", f"… and {hidden} more")] if hidden > 0 else []
    return str(
        html.card(
            title,
            html.notes(_facts(sweep)),
            _table(sweep).to_html(),
            *more,
            note=f"{sweep.experiment} · run:{sweep.run_id[:8]}",
        )
    )


def _state(sweep: Sweep) -> str:
    return f"{len(sweep.trials)} of {sweep.total} trials"


def _tone(sweep: Sweep) -> str:
    return "warn" if sweep.failed or len(sweep.trials) < sweep.total else "good"


def _facts(sweep: Sweep) -> list[str]:
    searched = ", ".join(f"{name}={axis}" for name, axis in sweep.space.items())
    seed = "" if sweep.seed is None else f", seed {sweep.seed}"
    facts = [
        f"{sweep.notebook}: {sweep.search} over {searched}{seed}",
        f"{_state(sweep)}, took {text.duration(sweep.duration_s)}",
    ]
    if best := sweep.best_trial:
        given = ", ".join(f"{name}={value}" for name, value in best.values.items())
        facts.append(
            f"best: trial {best.number}, {sweep.metric} {text.number(best.value)} ({given})"
        )
    return facts + list(sweep.notes)


def _table(sweep: Sweep) -> Table:
    names = list(sweep.space)
    columns = [
        Column("trial", "right"),
        *([Column(sweep.metric, "right")] if sweep.metric else []),
        *(Column(name, "right") for name in names),
        Column("status"),
        Column("took", "right"),
        Column("run"),
        Column("error"),
    ]
    rows: list[list[str | Cell]] = []
    for trial in sweep.trials[:_MOST]:
        star = " ★" if trial.number == sweep.best else ""
        rows.append(
            [
                f"{trial.number}{star}",
                *([text.number(trial.value)] if sweep.metric else []),
                *(text.shorten(str(trial.values.get(name, "")), _WIDTH) for name in names),
                _status(trial),
                text.duration(trial.duration_s) if trial.duration_s is not None else "",
                (trial.run_id or "")[:8],
                text.shorten(text.clean(trial.error or ""), _ERROR),
            ]
        )
    if not any(trial.error for trial in sweep.trials):
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    return Table(columns, rows)


def _status(trial: SweepTrial) -> Cell:
    return Cell(trial.status, html.badge(trial.status, _TONES[trial.status]))
