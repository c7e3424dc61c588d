"""What was moved, as text and HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.render import html, text

if TYPE_CHECKING:
    from mlops_jupyter.tracking.transfer.records import Moved, NotMoved, Synced

_SHOWN = 10
_WORDS = {
    "push": ("pushed", "to"),
    "pull": ("pulled", "from"),
    "export": ("exported", "to"),
    "import": ("imported", "from"),
}


def synced_text(synced: Synced) -> str:
    """Return what was delivered, for the terminal."""
    return "\n".join(_synced_lines(synced))


def synced_html(synced: Synced) -> str:
    """Return what was delivered, for the notebook."""
    return _as_html(_synced_lines(synced))


def moved_text(moved: Moved) -> str:
    """Return what was moved, for the terminal."""
    return "\n".join(_moved_lines(moved))


def moved_html(moved: Moved) -> str:
    """Return what was moved, for the notebook."""
    return _as_html(_moved_lines(moved))


def _synced_lines(synced: Synced) -> list[str]:
    place = text.clean(synced.store)
    if synced.dry_run:
        lines = [f"{text.plural(len(synced.waiting), 'run')} would be brought to {place}"]
    else:
        done = text.plural(len(synced.delivered), "run")
        lines = [f"{done} brought to {place}, {synced.already} were there already"]
    lines += _named(synced.delivered)
    if synced.waiting and not synced.dry_run:
        lines.append(f"{text.plural(len(synced.waiting), 'run')} still wait")
    lines += _named(synced.waiting)
    lines += _failed(synced.failed)
    if synced.elsewhere:
        lines.append(f"{text.plural(synced.elsewhere, 'run')} here are for another server")
    return lines


def _moved_lines(moved: Moved) -> list[str]:
    done, preposition = _WORDS[moved.how]
    count = text.plural(len(moved.new) + len(moved.updated), "run")
    where = f"{preposition} {text.clean(moved.place)}"
    line = (
        f"{done} {count} {where}: {len(moved.new)} new, {len(moved.updated)} updated, "
        f"{moved.unchanged} unchanged"
    )
    return [line, *_named([*moved.new, *moved.updated]), *_failed(moved.failed)]


def _named(names: list[str]) -> list[str]:
    lines = [f"  {text.clean(name)}" for name in names[:_SHOWN]]
    return lines + ([f"  and {len(names) - _SHOWN} more"] if len(names) > _SHOWN else [])


def _failed(entries: list[NotMoved]) -> list[str]:
    return [f"  ✗ {text.clean(entry.name)}: {text.clean(entry.reason)}" for entry in entries]


def _as_html(lines: list[str]) -> str:
    rows = (html.element("div", line, style="white-space:pre-wrap") for line in lines)
    return str(html.element("div", *rows, style="font-size:90%"))
