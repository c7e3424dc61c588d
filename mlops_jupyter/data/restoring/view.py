"""What was brought back, as text and HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.render import html, text

if TYPE_CHECKING:
    from mlops_jupyter.data.restoring.records import Restored


def restored_text(restored: Restored) -> str:
    """Return two or three lines for the terminal."""
    return "\n".join(
        [
            f"{text.clean(restored.ref)}  {_done(restored)}",
            f"  {text.clean(restored.path)}  {_extent(restored)}",
            *(f"  {text.clean(line)}" for line in _remarks(restored)),
        ]
    )


def restored_html(restored: Restored) -> str:
    """Return a card."""
    muted = f"color:{html.MUTED}"
    return str(
        html.card(
            restored.ref,
            html.element("div", html.element("code", restored.path), f" · {_extent(restored)}"),
            *(html.element("div", line, style=muted) for line in _remarks(restored)),
            note=_done(restored),
        )
    )


def _done(restored: Restored) -> str:
    return "is there already: nothing was written" if restored.unchanged else "is back"


def _extent(restored: Restored) -> str:
    size = text.size(restored.size)
    return size if restored.files == 1 else f"{size}, {text.plural(restored.files, 'file')}"


def _remarks(restored: Restored) -> list[str]:
    kept = f"what was there is kept: {restored.replaced}" if restored.replaced else ""
    return [line for line in (kept, restored.note) if line]
