"""The graph as a tree that a person reads: each thing in full once, what is many in few words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from mlops_jupyter.provenance.records import Lineage, LineageEdge, LineageNode

Direction = Literal["up", "down"]

# Of things that stand alike below one thing so many are named: of those that lead to nothing, of
# those that lead on, and of those that lead to a model.
_MOST = (5, 10, 30)
_DEEPEST = 30
_LONGEST = 400

_WORDS: dict[Direction, dict[str, str]] = {
    "up": {
        "read": "read",
        "wrote": "written by",
        "registered": "registered from",
        "contains": "part of",
        "made": "made by",
    },
    "down": {
        "read": "read by",
        "wrote": "wrote",
        "registered": "registered as",
        "contains": "contains",
        "made": "made",
    },
}
_ORDER = {"registered": 0, "read": 1, "wrote": 2, "made": 3, "contains": 4}
PLURALS = {
    "run": "runs",
    "data": "data",
    "file": "files",
    "model": "model versions",
    "notebook": "notebooks",
}


@dataclass
class Branch:
    """A line of the tree, and what stands below it.

    Attributes
    ----------
    words : str
        How the node is related to the one above.
    node : LineageNode or None
        None for a line about several others: `remark` says what they are.
    remark : str
        What else there is to say.
    """

    words: str = ""
    node: LineageNode | None = None
    remark: str = ""
    below: list[Branch] = field(default_factory=list)


def outline(lineage: Lineage, direction: Direction) -> list[Branch]:
    """Return what stands below the root in one direction."""
    return _Outline(lineage, direction).below(lineage.root, 1)


def earlier(lineage: Lineage) -> list[Branch]:
    """Return the runs that wrote and read what the root's path held before."""
    nodes = {node.id: node for node in lineage.nodes}
    changed = [edge for edge in lineage.edges if edge.changed]
    found = [
        Branch(_WORDS["up"]["wrote"], nodes[edge.source])
        for edge in changed
        if edge.target == lineage.root
    ]
    found += [
        Branch(_WORDS["down"]["read"], nodes[edge.target])
        for edge in changed
        if edge.source == lineage.root
    ]
    found.sort(key=lambda branch: _age(branch.node))
    shown = found if len(found) <= _MOST[1] + 1 else found[: _MOST[1]]
    more = len(found) - len(shown)
    return [*shown, *([Branch(remark=_more(more, "run", after_others=True))] if more else [])]


class _Outline:
    def __init__(self, lineage: Lineage, direction: Direction) -> None:
        self._nodes = {node.id: node for node in lineage.nodes}
        self._direction = direction
        self._written: set[str] = {lineage.root}
        self._lines = 0
        inside = {
            lineage.root,
            *(lineage.upstream if direction == "up" else lineage.downstream),
        }
        self._next: dict[str, list[tuple[LineageEdge, str]]] = {}
        for edge in lineage.edges:
            if edge.changed:
                continue
            here, other = edge.source, edge.target
            if direction == "up":
                here, other = other, here
            if here in inside and other in inside:
                self._next.setdefault(here, []).append((edge, other))
        self._to_models = self._before_models()

    def below(self, node_id: str, level: int) -> list[Branch]:
        """Return the branches below a node."""
        found: list[Branch] = []
        alike: dict[tuple[str, str, int], list[tuple[LineageEdge, str]]] = {}
        for edge, other in self._without_contained(self._sorted(node_id)):
            key = (edge.kind, self._nodes[other].kind, self._weight(other))
            alike.setdefault(key, []).append((edge, other))
        for (kind, what, weight), entries in alike.items():
            most = _MOST[weight]
            # One more line says no less than "and 1 more".
            shown = entries if len(entries) <= most + 1 else entries[:most]
            if self._lines > _LONGEST:
                shown = []
            found += [self._branch(edge, other, level) for edge, other in shown]
            if hidden := entries[len(shown) :]:
                words = "" if shown else _WORDS[self._direction][kind]
                found.append(Branch(words, remark=_more(len(hidden), what, bool(shown))))
        return found

    def _branch(self, edge: LineageEdge, other: str, level: int) -> Branch:
        node = self._nodes[other]
        self._lines += 1
        branch = Branch(_WORDS[self._direction][edge.kind], node)
        if other in self._written and self._leads_on(other):
            branch.remark = "see above"
        elif level == _DEEPEST and self._leads_on(other):
            branch.remark = "goes on: ask for its own lineage"
        else:
            self._written.add(other)
            branch.below = self.below(other, level + 1)
            if node.more:
                branch.remark = "may go on: the depth that was asked for ends here"
        return branch

    def _without_contained(
        self, entries: list[tuple[LineageEdge, str]]
    ) -> list[tuple[LineageEdge, str]]:
        """Leave out runs that stand below another one of these: what that read, they read."""
        here = {other for _, other in entries}
        contained = {
            inner
            for outer in here
            for edge, inner in self._next.get(outer, [])
            if edge.kind == "contains" and self._direction == "down"
        }
        return [(edge, other) for edge, other in entries if other not in contained]

    def _leads_on(self, node_id: str) -> bool:
        return bool(self._next.get(node_id))

    def _weight(self, node_id: str) -> int:
        """Return how much a reader wants to see: what led to a model, to anything, to nothing."""
        return 2 if node_id in self._to_models else int(self._leads_on(node_id))

    def _before_models(self) -> set[str]:
        """Return the nodes from which a way leads to a registered model."""
        before: dict[str, list[str]] = {}
        for here, entries in self._next.items():
            for _, other in entries:
                before.setdefault(other, []).append(here)
        waiting = [each for each in before if self._nodes[each].kind == "model"]
        found = set(waiting)
        while waiting:
            for earlier in before.get(waiting.pop(), []):
                if earlier not in found:
                    found.add(earlier)
                    waiting.append(earlier)
        return found

    def _sorted(self, node_id: str) -> list[tuple[LineageEdge, str]]:
        """Return what is next, what was made last first."""

        def key(entry: tuple[LineageEdge, str]) -> tuple[int, int, float]:
            edge, other = entry
            age = _age(self._nodes[other])
            return (_ORDER[edge.kind], -self._weight(other), age)

        return sorted(self._next.get(node_id, []), key=key)


def _age(node: LineageNode | None) -> float:
    return -node.created.timestamp() if node and node.created else 0.0


def _more(count: int, kind: str, after_others: bool) -> str:
    words = PLURALS[kind] if count > 1 else kind
    return f"and {count:,} more {words}" if after_others else f"{count:,} {words}"
