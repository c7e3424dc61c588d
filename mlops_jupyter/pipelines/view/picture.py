"""The graph of stages: in letters by DVC's own drawing, and as a static picture.

An SVG in a ``data:`` image, as lineage is drawn: it sees no style sheet, so boxes are filled dark
with light letters, which read on light and on dark.
"""

from __future__ import annotations

import base64
import itertools
from typing import TYPE_CHECKING

from mlops_jupyter.render import html
from mlops_jupyter.render.text import clean, shorten

if TYPE_CHECKING:
    from mlops_jupyter.pipelines.records import PipelineGraph, StageNode
    from mlops_jupyter.render.html import Markup

# Column and row.
Place = tuple[int, int]
_WIDTH, _HEIGHT = 168, 40
_GAP_X, _GAP_Y = 52, 14
_MARGIN = 6
_LETTERS = 23
_MOST = 60
_FILL, _LINE, _LETTER = "#5f6b7a", "#8c96a3", "#ffffff"


def in_letters(graph: PipelineGraph) -> str:
    """Return the graph as boxes and lines of letters; the names alone where it is large."""
    if not graph.stages:
        return ""
    names = [clean(each.name) for each in graph.stages]
    if len(names) > _MOST:
        return ", ".join(names)
    from dvc.dagascii import draw as draw_letters

    edges = [(clean(each.name), clean(before)) for each in graph.stages for before in each.after]
    drawn = str(draw_letters(names, edges))
    return "\n".join(line.rstrip() for line in drawn.strip("\n").splitlines())


def draw(graph: PipelineGraph) -> Markup:
    """Draw the graph as an ``<img>``; nothing where there is none, or too much of it."""
    if not 0 < len(graph.stages) <= _MOST:
        return html.join()
    places, lanes = _places(graph)
    taken = [*places.values(), *lanes.values()]
    columns = max(column for column, _ in taken) + 1
    rows = max(row for _, row in taken) + 1
    width = 2 * _MARGIN + columns * (_WIDTH + _GAP_X) - _GAP_X
    height = 2 * _MARGIN + rows * (_HEIGHT + _GAP_Y) - _GAP_Y
    lines = [
        _edge([places[before], *_between(before, places[each.name], lanes), places[each.name]])
        for each in graph.stages
        for before in each.after
        if before in places
    ]
    boxes = [_box(each, places[each.name]) for each in graph.stages]
    svg = html.element(
        "svg",
        *lines,
        *boxes,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height}",
        font_family="sans-serif",
    )
    encoded = base64.b64encode(str(svg).encode("utf-8", "replace")).decode("ascii")
    said = _in_words(graph)
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


def _places(graph: PipelineGraph) -> tuple[dict[str, Place], dict[tuple[str, int], Place]]:
    """Return where stages are, each right of all that it comes after; they are in order.

    And where lines from a stage pass through a column that lies between, past the boxes there.
    """
    places: dict[str, Place] = {}
    lanes: dict[tuple[str, int], Place] = {}
    filled: dict[int, int] = {}

    def next_in(column: int) -> Place:
        row = filled.get(column, 0)
        filled[column] = row + 1
        return column, row

    for each in graph.stages:
        known = [name for name in each.after if name in places]
        column = max((places[name][0] + 1 for name in known), default=0)
        for name in known:
            for between in range(places[name][0] + 1, column):
                if (name, between) not in lanes:
                    lanes[name, between] = next_in(between)
        places[each.name] = next_in(column)
    return places, lanes


def _between(before: str, after: Place, lanes: dict[tuple[str, int], Place]) -> list[Place]:
    own = (place for (name, _), place in lanes.items() if name == before)
    return sorted(place for place in own if place[0] < after[0])


def _corner(place: Place) -> tuple[int, int]:
    column, row = place
    return _MARGIN + column * (_WIDTH + _GAP_X), _MARGIN + row * (_HEIGHT + _GAP_Y)


def _box(stage: StageNode, place: Place) -> Markup:
    x, y = _corner(place)
    made = ", ".join(path.rpartition("/")[2] for path in stage.outputs) or "makes nothing"
    return html.element(
        "g",
        html.element("rect", x=x, y=y, width=_WIDTH, height=_HEIGHT, rx=6, fill=_FILL),
        _text(stage.name, x + 9, y + 17, 12, _LETTERS),
        _text(f"→ {made}", x + 9, y + 32, 9, _LETTERS + 6),
    )


def _text(content: str, x: int, y: int, size: int, letters: int) -> Markup:
    shown = shorten(clean(content), letters)
    return html.element("text", shown, x=x, y=y, font_size=size, fill=_LETTER)


def _edge(way: list[Place]) -> Markup:
    drawn = ""
    for before, after in itertools.pairwise(way):
        (x1, y1), (x2, y2) = _corner(before), _corner(after)
        x1, y1, y2 = x1 + _WIDTH, y1 + _HEIGHT // 2, y2 + _HEIGHT // 2
        middle = (x1 + x2) // 2
        start = "L" if drawn else "M"
        drawn += f"{start}{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}"
    line = html.element("path", d=drawn, fill="none", stroke=_LINE, stroke_width="1.6")
    return html.join(line, html.element("path", d=f"M{x2} {y2}l-7 -4v8z", fill=_LINE))


def _in_words(graph: PipelineGraph) -> str:
    parts = [
        f"{each.name} after {', '.join(each.after)}" if each.after else each.name
        for each in graph.stages
    ]
    return clean(f"Pipeline: {'; '.join(parts)}.")
