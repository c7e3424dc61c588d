"""How far a verb is, for all faces: as a line, as HTML, and as rich draws it in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops_jupyter.render import html, text

if TYPE_CHECKING:
    from mlops_jupyter.results import Event

_SAID = 200
_BAR = 16


def facts(event: Event) -> str:
    """Return time and memory of an event, where it has them.

    Examples
    --------
    >>> from mlops_jupyter.results import Event
    >>> facts(Event("cell 2 of 5", 1, 5, elapsed=75.2, memory=310_000_000))
    '1 min 15 s, 310.0 MB'
    """
    known = [text.duration(event.elapsed)] if event.elapsed is not None else []
    return ", ".join([*known, text.size(event.memory)] if event.memory else known)


def line(event: Event) -> str:
    """Return an event with all it says, on one line.

    Examples
    --------
    >>> from mlops_jupyter.results import Event
    >>> line(Event("cell 2 of 5: fit()", 1, 5, elapsed=75.2, said="epoch 3"))
    'cell 2 of 5: fit() (1 min 15 s)  epoch 3'
    """
    known = facts(event)
    shown = f"{event.message} ({known})" if known else event.message
    return text.clean(f"{shown}  {event.said}" if event.said else shown)


def to_html(event: Event) -> str:
    """Return an event for a notebook: a bar, what is done, and the last line of output."""
    bar = html.element("progress", value=event.done or 0, max=event.total) if event.total else ""
    parts = [html.join(bar, " ", event.message, " ", html.element("small", facts(event)))]
    if event.said:
        parts.append(html.element("pre", text.clean(event.said)[:_SAID]))
    return str(html.element("div", *parts))


def to_rich(event: Event) -> Any:
    """Return an event for `rich.live`: two lines, none wider than the terminal."""
    from rich.console import Group
    from rich.text import Text

    full = round(_BAR * (event.done or 0) / event.total) if event.total else 0
    first = Text.assemble(
        ("━" * full, "green"),
        ("━" * (_BAR - full), "dim"),
        (f" {text.clean(facts(event))} ", "cyan"),
        text.clean(event.message),  # what is last is cut
        no_wrap=True,
        overflow="ellipsis",
    )
    said = Text(text.clean(event.said), no_wrap=True, overflow="ellipsis", style="dim")
    return Group(first, said)
