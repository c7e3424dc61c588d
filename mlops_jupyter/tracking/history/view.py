"""What was changed about runs, as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.render import html, text

if TYPE_CHECKING:
    from mlops_jupyter.tracking.history.records import EditedRun, EditedRuns

_MOST_BELOW = 5


def edited_text(edited: EditedRuns) -> str:
    """Return what was done, for the terminal."""
    return "\n".join(_lines(edited))


def edited_html(edited: EditedRuns) -> str:
    """Return what was done, for the notebook."""
    lines = (html.element("div", line) for line in _lines(edited))
    return str(html.element("div", *lines, style="font-size:90%"))


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
