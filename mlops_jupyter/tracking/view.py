"""Runs as tables and cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.render import html, text

if TYPE_CHECKING:
    from mlops_jupyter.tracking.records import TrackedCell, Tracking

_TONES = {"FINISHED": "good", "FAILED": "bad", "KILLED": "warn", "RUNNING": "brand"}


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
    if metric and cell.best:
        metric = f"best {metric} ({cell.best})"
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
