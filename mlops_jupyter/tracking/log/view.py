"""What was logged, in a line."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mlops_jupyter.render import html, text

if TYPE_CHECKING:
    from mlops_jupyter.tracking.log.records import Logged

# Files that are named; of more their number is told.
_NAMED = 5


def logged_text(logged: Logged) -> str:
    """Return what was logged, for the terminal."""
    return "\n".join([_line(logged), *_notes(logged)])


def logged_html(logged: Logged) -> str:
    """Return what was logged, for the notebook."""
    notes = [html.element("div", note, style=f"color:{html.WARN}") for note in _notes(logged)]
    return str(html.element("div", _line(logged), *notes, style="font-size:90%"))


def _line(logged: Logged) -> str:
    what = [f"{name} = {_value(value)}" for name, value in logged.metrics.items()]
    what += [f"{file.path} ({text.size(file.size or 0)})" for file in logged.artifacts[:_NAMED]]
    if more := logged.artifacts[_NAMED:]:
        size = text.size(sum(file.size or 0 for file in more))
        what.append(f"{text.plural(len(more), 'more file')} ({size})")
    step = f" at step {logged.step}" if logged.step is not None else ""
    done = f"logged {', '.join(what)}{step}" if what else "logged nothing"
    return text.clean(f"{done} to {logged.name} (run:{logged.run_id[:8]})")


def _notes(logged: Logged) -> list[str]:
    return [text.clean(f"  not logged: {reason}") for reason in logged.not_logged]


def _value(value: float | None) -> str:
    if value is None or not math.isfinite(value):
        return "NaN" if value is None or math.isnan(value) else f"{value:+}"
    return text.number(value)
