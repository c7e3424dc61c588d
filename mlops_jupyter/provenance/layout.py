"""Where the boxes of a picture stand: in layers from left to right, as things came about.

Three steps, each the simplest that reads well at a hundred boxes: layers by the longest way from a
beginning, order within a layer by the mean place of the neighbours, and places to bend for edges
that pass through layers.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_SWEEPS = 4

Edge = tuple[str, str]


@dataclass(frozen=True)
class Layout:
    """Places in layers, counted from 0.

    Attributes
    ----------
    places : mapping
        A box's layer, and its place in it from the top; places may be fractions.
    ways : mapping
        An edge's places between its ends, in the layers that it passes through.
    layers : int
        How many layers there are.
    height : float
        Of the highest one, in places.
    """

    places: Mapping[str, tuple[int, float]]
    ways: Mapping[Edge, Sequence[tuple[int, float]]]
    layers: int
    height: float


def layered(nodes: Sequence[str], edges: Sequence[Edge]) -> Layout:
    """Lay out a graph; edges that close a ring lead backwards.

    Examples
    --------
    >>> layered(["a", "b", "c"], [("a", "b"), ("b", "c")]).places
    {'a': (0, 0.0), 'b': (1, 0.0), 'c': (2, 0.0)}
    """
    forward = _without_rings(nodes, edges)
    layer = _layers(nodes, forward)
    rows, chains = _rows(nodes, forward, layer)
    _order(rows, chains)
    height = max((len(row) for row in rows), default=0)
    places = {
        name: (depth, place + (height - len(row)) / 2)
        for depth, row in enumerate(rows)
        for place, name in enumerate(row)
    }
    ways = {edge: [places[name] for name in chain[1:-1]] for edge, chain in chains.items()}
    boxes = {name: places[name] for name in nodes}
    return Layout(boxes, ways, len(rows), height)


def layers_of(nodes: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """Return the layer of each node, from 0.

    Examples
    --------
    >>> layers_of(["run", "data"], [("data", "run")])
    {'run': 1, 'data': 0}
    """
    return _layers(nodes, _without_rings(nodes, edges))


def _without_rings(nodes: Sequence[str], edges: Sequence[Edge]) -> list[Edge]:
    """Return the edges without those that lead back to where the search came from."""
    onward: dict[str, list[str]] = {}
    for source, target in edges:
        if source != target:
            onward.setdefault(source, []).append(target)
    open_, done = set(), set()
    backward: set[Edge] = set()
    for first in nodes:
        if first in done:
            continue
        waiting = [(first, iter(onward.get(first, [])))]
        open_.add(first)
        while waiting:
            here, rest = waiting[-1]
            following = next(rest, None)
            if following is None:
                waiting.pop()
                open_.discard(here)
                done.add(here)
            elif following in open_:
                backward.add((here, following))
            elif following not in done:
                open_.add(following)
                waiting.append((following, iter(onward.get(following, []))))
    return [edge for edge in dict.fromkeys(edges) if edge not in backward and edge[0] != edge[1]]


def _layers(nodes: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """Return the longest way to each node; beginnings stand right before what came of them."""
    into = dict.fromkeys(nodes, 0)
    onward: dict[str, list[str]] = {}
    for source, target in edges:
        into[target] += 1
        onward.setdefault(source, []).append(target)
    layer = dict.fromkeys(nodes, 0)
    first = [name for name in nodes if not into[name]]
    ready = list(first)
    while ready:
        here = ready.pop()
        for target in onward.get(here, []):
            layer[target] = max(layer[target], layer[here] + 1)
            into[target] -= 1
            if not into[target]:
                ready.append(target)
    for name in first:
        if name in onward:
            layer[name] = min(layer[target] for target in onward[name]) - 1
    return layer


def _rows(
    nodes: Sequence[str], edges: Sequence[Edge], layer: Mapping[str, int]
) -> tuple[list[list[str]], dict[Edge, list[str]]]:
    """Return the names in each layer, and each edge as a chain through all layers it passes."""
    rows: list[list[str]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
    for name in nodes:
        rows[layer[name]].append(name)
    chains: dict[Edge, list[str]] = {}
    for number, (source, target) in enumerate(edges):
        between = []
        for depth in range(layer[source] + 1, layer[target]):
            bend = f"\0{number}:{depth}"  # no name of a node
            rows[depth].append(bend)
            between.append(bend)
        chains[source, target] = [source, *between, target]
    return rows, chains


def _order(rows: list[list[str]], chains: Mapping[Edge, Sequence[str]]) -> None:
    """Sort each layer by where the neighbours stand, to and fro."""
    before: dict[str, list[str]] = {}
    after: dict[str, list[str]] = {}
    for chain in chains.values():
        for left, right in itertools.pairwise(chain):
            before.setdefault(right, []).append(left)
            after.setdefault(left, []).append(right)
    for sweep in range(_SWEEPS):
        neighbours = after if sweep % 2 else before
        for row in reversed(rows) if sweep % 2 else rows:
            place = {name: at for each in rows for at, name in enumerate(each)}
            row.sort(key=lambda name: _mean(neighbours.get(name, []), place, place[name]))


def _mean(names: Sequence[str], place: Mapping[str, int], otherwise: float) -> float:
    return sum(place[name] for name in names) / len(names) if names else otherwise
