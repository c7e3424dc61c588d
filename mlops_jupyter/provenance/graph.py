"""The graph while it is put together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlops_jupyter.provenance.records import LineageEdge

if TYPE_CHECKING:
    from mlops_jupyter.provenance.records import EdgeKind, LineageNode

# No reader, and no picture, takes in more.
MOST_NODES = 3000


@dataclass
class Graph:
    """Nodes by their id, and edges; each is there once.

    Attributes
    ----------
    left_out : set of str
        Nodes that were too many.
    readers : set of str
        Runs inside others that read data of their own, whether or not that is in the graph.
    """

    nodes: dict[str, LineageNode] = field(default_factory=dict)
    edges: dict[tuple[str, str, EdgeKind], LineageEdge] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)
    readers: set[str] = field(default_factory=set)

    def add(self, node: LineageNode) -> bool:
        """Add a node, or learn what an earlier one did not know; return whether it is in."""
        known = self.nodes.get(node.id)
        if known is None:
            if len(self.nodes) >= MOST_NODES:
                self.left_out.add(node.id)
                return False
            self.nodes[node.id] = node
            return True
        learnt = {
            name: getattr(node, name)
            for name in ("rows", "size", "path")
            if getattr(known, name) is None and getattr(node, name) is not None
        }
        if learnt:
            self.nodes[node.id] = known.model_copy(update=learnt)
        return True

    def join(
        self, source: LineageNode, target: LineageNode, kind: EdgeKind, *, changed: bool = False
    ) -> bool:
        """Add two nodes and the edge between them; whether both are in."""
        if not (self.add(source) and self.add(target)):
            return False
        key = (source.id, target.id, kind)
        if key not in self.edges:
            self.edges[key] = LineageEdge(
                source=source.id, target=target.id, kind=kind, changed=changed
            )
        return True

    def update(self, node_id: str, **changes: object) -> None:
        """Change what is known of a node."""
        self.nodes[node_id] = self.nodes[node_id].model_copy(update=changes)
