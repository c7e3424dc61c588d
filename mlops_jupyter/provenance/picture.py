"""Lineage as a static picture: boxes in layers, data to the left of runs, runs of models.

An SVG in a ``data:`` image, as decision 019 has it: inline ``<svg>`` is dropped from outputs that
are not trusted. It sees no style sheet, so boxes are filled dark with light letters: they read on
light and on dark. What it shows stands beside it as lists.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from mlops_jupyter.provenance.gathering import gather
from mlops_jupyter.provenance.layout import layered
from mlops_jupyter.provenance.outline import PLURALS
from mlops_jupyter.render import html
from mlops_jupyter.render.text import clean, plural, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops_jupyter.provenance.gathering import Box, Gathered
    from mlops_jupyter.provenance.records import Lineage, LineageEdge, LineageNode
    from mlops_jupyter.render.html import Markup

_WIDTH, _HEIGHT = 168, 40
_GAP_X, _GAP_Y = 52, 14
_MARGIN = 6
_LETTERS = 23
# White letters stand on these at a contrast of 4.5 and more, and they on white and on black at 3.
_FILLS = {
    "data": "#1f6fb2",
    "file": "#52749a",
    "run": "#5f6b7a",
    "model": "#2e7d4f",
    "notebook": "#8a5fa8",
}
_LINE = "#8c96a3"
_STALE = "#e08a1e"
_LETTER = "#ffffff"
_NAMED = 4


def draw(lineage: Lineage) -> Markup:
    """Draw a lineage as an ``<img>`` that a narrow page scrolls."""
    gathered = gather(lineage)
    where = layered([box.id for box in gathered.boxes], list(gathered.edges))
    width = 2 * _MARGIN + where.layers * (_WIDTH + _GAP_X) - _GAP_X
    height = 2 * _MARGIN + int(where.height * (_HEIGHT + _GAP_Y)) - _GAP_Y
    lines = [
        _edge(edge, [where.places[a], *where.ways.get((a, b), ()), where.places[b]])
        for (a, b), edge in gathered.edges.items()
    ]
    boxes = [_box(box, where.places[box.id], box.id == lineage.root) for box in gathered.boxes]
    svg = html.element(
        "svg",
        *lines,
        *boxes,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height}",
        font_family="sans-serif",
    )
    encoded = base64.b64encode(str(svg).encode("utf-8", "replace")).decode("ascii")
    said = _in_words(lineage, gathered)
    image = html.element(
        "img",
        src=f"data:image/svg+xml;base64,{encoded}",
        alt=said,
        title=said,
        width=width,
        height=height,
        style="max-width:none",
    )
    return html.element("div", image, style="overflow-x:auto;margin:4px 0")


def _box(box: Box, place: tuple[int, float], root: bool) -> Markup:
    x, y = _corner(place)
    node = box.node
    caption, title = _words(box)
    stale = node is not None and bool(node.stale or node.file_now == "changed")
    gone = node is None or node.state != "there"
    parts: list[object] = [
        html.element(
            "rect", x=_short(x), y=_short(y), width=_WIDTH, height=_HEIGHT, rx=6,
            fill=_FILLS[box.kind], fill_opacity=".75" if node is None else None,
            stroke=_LETTER if root else _LINE if gone else None,
            stroke_width="3" if root else "1.5", stroke_dasharray="4 3" if gone else None,
        )
    ]  # fmt: skip
    if root:  # a second line around it, for a page that is white
        parts.append(
            html.element(
                "rect", x=_short(x - 3), y=_short(y - 3), width=_WIDTH + 6, height=_HEIGHT + 6,
                rx=8, fill="none", stroke=_FILLS[box.kind], stroke_width="2",
            )
        )  # fmt: skip
    if stale:
        parts.append(
            html.element(
                "path", fill=_STALE, stroke=_LETTER,
                d=f"M{_short(x + _WIDTH - 17)} {_short(y + 16)}l6.5 -12 6.5 12z",
            )
        )  # fmt: skip
    parts += [
        _text(caption, x + 9, y + 14, 9, shorten_to=_LETTERS + (2 if stale else 6)),
        _text(title, x + 9, y + 30, 12, shorten_to=_LETTERS),
    ]
    return html.element("g", *parts)


def _words(box: Box) -> tuple[str, str]:
    """Return the small line and the large one."""
    node = box.node
    if node is None:
        return PLURALS[box.kind], f"{box.count:,} more"
    said: list[str] = ["script" if node.title.endswith(".py") else node.kind]
    if node.kind == "run" and node.status:
        said.append(node.status.lower())
    if node.kind == "model":
        said += [f"@{alias}" for alias in node.aliases]
    if node.state != "there":
        said.append(node.state)
    elif node.newest:
        said.append(f"now {node.newest.rpartition('@')[2]}")
    elif node.stale:
        said.append("stale")
    elif node.file_now == "changed":
        said.append("file changed")
    title = node.title
    if node.kind in ("data", "model"):
        title = title.removeprefix(f"{node.kind}:")
    if node.kind == "file":
        title = title.rpartition("/")[2] or title
    return " · ".join(said), title


def _edge(edge: LineageEdge, places: Sequence[tuple[int, float]]) -> Markup:
    """Draw a line from the right of a box, past those between, to the left of another."""
    points = []
    for place in places:
        x, y = _corner(place)
        points += [(x, y + _HEIGHT / 2), (x + _WIDTH, y + _HEIGHT / 2)]
    points = points[1:-1]
    x, y = points[0]
    drawn = f"M{_short(x)} {_short(y)}"
    for number, (next_x, next_y) in enumerate(points[1:], start=1):
        if number % 2:
            middle = (x + next_x) / 2
            drawn += (
                f"C{_short(middle)} {_short(y)} {_short(middle)} {_short(next_y)} "
                f"{_short(next_x)} {_short(next_y)}"
            )
        else:
            drawn += f"H{_short(next_x)}"
        x, y = next_x, next_y
    dashed = edge.changed or edge.kind in ("contains", "made")
    line = html.element(
        "path", d=drawn, fill="none", stroke=_STALE if edge.changed else _LINE,
        stroke_width="1.6", stroke_dasharray="5 4" if dashed else None,
    )  # fmt: skip
    head = html.element(
        "path", d=f"M{_short(x)} {_short(y)}l-7 -4v8z", fill=_STALE if edge.changed else _LINE
    )
    return html.join(line, head)


def _in_words(lineage: Lineage, gathered: Gathered) -> str:
    """Return what the picture says, for those who do not see it."""
    nodes = {node.id: node for node in lineage.nodes}
    parts = [f"Lineage of {_called(nodes[lineage.root])}, from left to right."]
    for words, ids in (("It came from", lineage.upstream), ("It led to", lineage.downstream)):
        if ids:
            named = ", ".join(_called(nodes[each]) for each in ids[:_NAMED])
            more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
            parts.append(f"{words} {named}{more}.")
    if stale := [node for node in lineage.nodes if node.stale]:
        parts.append(f"{plural(len(stale), 'thing')} not up to date.")
    if gathered.left_out:
        parts.append(f"{plural(gathered.left_out, 'thing')} further away not drawn.")
    return clean(" ".join([*parts, "The same follows as lists."]))


def _called(node: LineageNode) -> str:
    return node.title if node.kind in ("data", "model") else f"{node.kind} {node.title}"


def _corner(place: tuple[int, float]) -> tuple[float, float]:
    layer, row = place
    return _MARGIN + layer * (_WIDTH + _GAP_X), _MARGIN + row * (_HEIGHT + _GAP_Y)


def _text(content: str, x: float, y: float, size: int, *, shorten_to: int) -> Markup:
    shown = shorten(clean(content), shorten_to)
    return html.element("text", shown, x=_short(x), y=_short(y), font_size=size, fill=_LETTER)


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
