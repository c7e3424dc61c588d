"""Few enough boxes for a picture: what stands alike becomes one box, what is far is left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlops_jupyter.provenance.layout import layers_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlops_jupyter.provenance.records import Lineage, LineageEdge, LineageNode, NodeKind

# Of boxes with the same neighbours so many are shown; the others are one box.
_ALIKE = 3
# And of all boxes above one another.
_MOST_IN_LAYER = 10
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
    picture = _Picture.of(lineage)
    picture.gather_alike()
    picture.thin_layers()
    return picture.nearest()


@dataclass
class _Picture:
    """Boxes by their id, the box that each node is in, and the edges between boxes."""

    lineage: Lineage
    boxes: dict[str, Box]
    box_of: dict[str, str]
    edges: dict[tuple[str, str], LineageEdge] = field(default_factory=dict)

    @classmethod
    def of(cls, lineage: Lineage) -> _Picture:
        made = cls(
            lineage,
            {node.id: Box(node.id, node.kind, node) for node in lineage.nodes},
            {node.id: node.id for node in lineage.nodes},
        )
        made._join()
        return made

    def gather_alike(self) -> None:
        """Make one box of the older ones that have the same neighbours."""
        before, after = self._neighbours()
        alike: dict[object, list[Box]] = {}
        for box in self.boxes.values():
            own = box.id if box.id == self.lineage.root else ""
            ends = (frozenset(before.get(box.id, ())), frozenset(after.get(box.id, ())))
            alike.setdefault((box.kind, ends, own), []).append(box)
        for group in alike.values():
            if len(group) > _ALIKE + 1:
                self._gather(sorted(group, key=_age)[_ALIKE:])
        self._join()

    def thin_layers(self) -> None:
        """Make one box of each kind of all that would stand too high, the root's layer first."""
        layers: dict[int, list[Box]] = {}
        place = layers_of(list(self.boxes), list(self.edges))
        for box in self.boxes.values():
            layers.setdefault(place[box.id], []).append(box)
        named = {self.lineage.root}
        to_models = self._before_models()
        for layer in sorted(layers, key=lambda each: abs(each - place[self.lineage.root])):
            beside = self._beside(named) | {self.lineage.root}
            weight = {
                box.id: (box.id not in beside, box.id not in to_models, _age(box))
                for box in layers[layer]
            }
            ranked = sorted(layers[layer], key=lambda box: weight[box.id])
            shown = ranked if len(ranked) <= _MOST_IN_LAYER else ranked[: _MOST_IN_LAYER - 1]
            named |= {box.id for box in shown}
            for kind in dict.fromkeys(box.kind for box in ranked[len(shown) :]):
                self._gather([box for box in ranked[len(shown) :] if box.kind == kind])
        self._join()

    def nearest(self) -> Gathered:
        """Return the boxes that are nearest to the root."""
        near = _nearest(self.lineage.root, list(self.edges))
        ranked = sorted(self.boxes.values(), key=lambda box: near.get(box.id, len(near)))
        shown, left_out = ranked[:_MOST_BOXES], ranked[_MOST_BOXES:]
        kept = {box.id for box in shown}
        edges = {ends: edge for ends, edge in self.edges.items() if kept.issuperset(ends)}
        return Gathered(shown, edges, sum(box.count for box in left_out))

    def _gather(self, group: list[Box]) -> None:
        """Put all that is in some boxes of a kind into one."""
        if len(group) < 2:
            return
        inside = {box.id for box in group}
        made = Box(f"others:{group[0].id}", group[0].kind, count=sum(box.count for box in group))
        self.boxes = {each: box for each, box in self.boxes.items() if each not in inside}
        self.boxes[made.id] = made
        for node_id, box_id in self.box_of.items():
            if box_id in inside:
                self.box_of[node_id] = made.id

    def _join(self) -> None:
        self.edges = {}
        for edge in _without_contained(self.lineage.edges):
            ends = (self.box_of[edge.source], self.box_of[edge.target])
            if ends[0] != ends[1]:
                self.edges.setdefault(ends, edge)

    def _neighbours(self) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
        before: dict[str, set[str]] = {}
        after: dict[str, set[str]] = {}
        for source, target in self.edges:
            after.setdefault(source, set()).add(target)
            before.setdefault(target, set()).add(source)
        return before, after

    def _beside(self, named: set[str]) -> set[str]:
        """Return what an edge joins with any of some boxes."""
        ends = [ends for ends in self.edges if named & set(ends)]
        return {each for pair in ends for each in pair}

    def _before_models(self) -> set[str]:
        """Return the boxes that a model is in, or came from."""
        before, _ = self._neighbours()
        found = {box.id for box in self.boxes.values() if box.kind == "model"}
        waiting = list(found)
        while waiting:
            for earlier in before.get(waiting.pop(), set()) - found:
                found.add(earlier)
                waiting.append(earlier)
        return found


def _age(box: Box) -> float:
    """Return what sorts the newest first, and boxes of several last."""
    if box.node is None:
        return 1.0
    return -box.node.created.timestamp() if box.node.created else 0.0


def _without_contained(edges: Iterable[LineageEdge]) -> list[LineageEdge]:
    """Leave out what leads to a run inside another one, where it leads to that one as well."""
    edges = list(edges)
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
