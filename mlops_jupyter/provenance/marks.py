"""What is no longer up to date in a graph, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.addresses import is_address
from mlops_jupyter.tracking.history.staleness import Judge
from mlops_jupyter.tracking.history.stored import of_mlflow

if TYPE_CHECKING:
    from mlops_jupyter.provenance.contents import Contents
    from mlops_jupyter.provenance.finding import Finder
    from mlops_jupyter.provenance.graph import Graph
    from mlops_jupyter.workspace import Workspace

# What is said of old data, here and by `Judge`.
NEWER = "has a newer version"
# So many files are looked at: each may have to be read.
_MOST_FILES = 200


def look_at_files(graph: Graph, contents: Contents) -> None:
    """Say of each content whether the workspace's file still holds it."""
    left = _MOST_FILES
    for node in list(graph.nodes.values()):
        if node.hash is None or not node.path or is_address(node.path) or left == 0:
            continue
        left -= 1
        graph.update(node.id, file_now=contents.file_now(node.path, node.hash, node.size))


def mark_stale(
    workspace: Workspace, graph: Graph, finder: Finder, behind: dict[str, dict[str, str]]
) -> None:
    """Mark runs as lists do, what was made of them, and what came of data that is not the newest.

    However many steps away: the files that were made of old data are old as well. `behind` is
    what `old_data` says of what stands further up than the graph goes.
    """
    # By what has changed, so that nothing is said twice.
    reasons: dict[str, dict[str, str]] = {node_id: {} for node_id in graph.nodes}
    judge = Judge(workspace)
    for run in finder.runs(
        node.ref.removeprefix("run:") for node in graph.nodes.values() if node.kind == "run"
    ):
        found = judge.of(of_mlflow(run))
        for reason in found.reasons if found else []:
            reasons[f"run:{run.info.run_id}"][reason.name] = reason.said
    for edge in graph.edges.values():
        if edge.kind == "registered":
            reasons[edge.target] |= reasons[edge.source]
    for node_id, more in old_data(graph, behind).items():
        reasons[node_id] = more | reasons[node_id]
    for node_id, said in reasons.items():
        if said:
            known = graph.nodes[node_id].stale
            graph.update(node_id, stale=[*known, *said.values()])


def old_data(
    graph: Graph, behind: dict[str, dict[str, str]] | None = None
) -> dict[str, dict[str, str]]:
    """Return for each node which data it came from that has a newer version, and that in words."""
    leads_to: dict[str, list[str]] = {}
    reads = {edge.target for edge in graph.edges.values() if edge.kind == "read"} | graph.readers
    for edge in graph.edges.values():
        # A run that read data of its own is as old as that, not as the run around it.
        inherits = edge.kind != "contains" or edge.target not in reads
        if edge.kind != "made" and inherits and not edge.changed:
            leads_to.setdefault(edge.source, []).append(edge.target)
    found = {node_id: dict(said) for node_id, said in (behind or {}).items() if said}
    begins: list[tuple[str, str, str]] = [
        (node_id, ref, said) for node_id in found for ref, said in found[node_id].items()
    ]
    for old in [node for node in graph.nodes.values() if node.newest]:
        newest = (old.newest or "").rpartition("@")[2]
        begins.append((old.id, old.ref, f"{old.ref} {NEWER} {newest}"))
    for begin, ref, said in begins:
        reached, waiting = {begin}, [begin]
        while waiting:
            for target in leads_to.get(waiting.pop(), []):
                if target not in reached:
                    reached.add(target)
                    waiting.append(target)
                    found.setdefault(target, {})[ref] = said
    return {node_id: said for node_id, said in found.items() if node_id in graph.nodes}
