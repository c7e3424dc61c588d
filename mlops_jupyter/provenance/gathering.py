"""Few enough boxes for a picture: those that stand alike become one, what is far is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops_jupyter.provenance.records import Lineage, LineageEdge, LineageNode, NodeKind

# Of boxes with the same neighbours so many are shown; the others are one box.
_ALIKE = 3
_MOST_BOXES = 80


@dataclass(frozen=True)
class Box:
    """A node, or several of a kind.

    Attributes
    ----------
    id : str
        The node's, or one of its own.
    kind : str
        Of what it is.
    node : LineageNode or None
        None where it stands for several.
    count : int
        For how many it stands.
    """

    id: str
    kind: NodeKind
    node: LineageNode | None = None
    count: int = 1


@dataclass(frozen=True)
class Gathered:
    """What a picture shows.

    Attributes
    ----------
    boxes : list of Box
        The nearest to the root first.
    edges : dict
        The edge that stands for all between two boxes, by their ids.
    left_out : int
        How many things are in no box.
    """

    boxes: list[Box]
    edges: dict[tuple[str, str], LineageEdge]
    left_out: int


def gather(lineage: Lineage) -> Gathered:
    """Return the boxes and edges of a picture."""
    boxes = _boxes(lineage)
    of = {node_id: box for box, ids in boxes for node_id in ids}
    edges: dict[tuple[str, str], LineageEdge] = {}
    for edge in _without_contained(lineage.edges):
        ends = (of[edge.source].id, of[edge.target].id)
        if ends[0] != ends[1]:
            edges.setdefault(ends, edge)
    near = _nearest(of[lineage.root].id, list(edges))
    shown = [box for box, _ in sorted(boxes, key=lambda each: near.get(each[0].id, len(near)))]
    kept = {box.id for box in shown[:_MOST_BOXES]}
    return Gathered(
        shown[:_MOST_BOXES],
        {ends: edge for ends, edge in edges.items() if kept.issuperset(ends)},
        sum(box.count for box in shown[_MOST_BOXES:]),
    )


def _boxes(lineage: Lineage) -> list[tuple[Box, list[str]]]:
    """Return boxes, and the ids of the nodes in each."""
    before: dict[str, set[tuple[str, str]]] = {}
    after: dict[str, set[tuple[str, str]]] = {}
    for edge in lineage.edges:
        after.setdefault(edge.source, set()).add((edge.target, edge.kind))
        before.setdefault(edge.target, set()).add((edge.source, edge.kind))
    alike: dict[object, list[LineageNode]] = {}
    for node in lineage.nodes:
        neighbours = (frozenset(before.get(node.id, ())), frozenset(after.get(node.id, ())))
        own = node.id if node.id == lineage.root else ""
        alike.setdefault((node.kind, neighbours, own), []).append(node)
    found: list[tuple[Box, list[str]]] = []
    for number, group in enumerate(alike.values()):
        newest = sorted(group, key=lambda node: node.created.timestamp() if node.created else 0.0)
        newest.reverse()
        shown = newest if len(group) <= _ALIKE + 1 else newest[:_ALIKE]
        found += [(Box(node.id, node.kind, node), [node.id]) for node in shown]
        if others := newest[len(shown) :]:
            box = Box(f"others:{number}", others[0].kind, count=len(others))
            found.append((box, [node.id for node in others]))
    return found


def _without_contained(edges: list[LineageEdge]) -> list[LineageEdge]:
    """Leave out what leads to a run inside another one, where it leads to that one as well."""
    outer = {edge.target: edge.source for edge in edges if edge.kind == "contains"}
    there = {(edge.source, edge.target) for edge in edges}
    return [
        edge
        for edge in edges
        if edge.kind == "contains" or (edge.source, outer.get(edge.target, "")) not in there
    ]


def _nearest(root: str, edges: list[tuple[str, str]]) -> dict[str, int]:
    """Return how many boxes come before each, seen from the root."""
    beside: dict[str, list[str]] = {}
    for source, target in edges:
        beside.setdefault(source, []).append(target)
        beside.setdefault(target, []).append(source)
    found, waiting = {root: 0}, [root]
    for here in waiting:
        for other in beside.get(here, []):
            if other not in found:
                found[other] = len(found)
                waiting.append(other)
    return found
