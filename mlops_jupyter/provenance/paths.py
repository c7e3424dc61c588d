"""What runs did under a path when it held something else than now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.provenance import nodes
from mlops_jupyter.tracking.history import run_data

if TYPE_CHECKING:
    from mlops_jupyter.provenance.finding import Finder
    from mlops_jupyter.provenance.graph import Graph
    from mlops_jupyter.provenance.records import LineageNode


def is_unknown(file: LineageNode) -> bool:
    """Whether nobody can say that it holds something else now: it is there, and was not hashed."""
    return file.hash is None and file.state == "there"


def wrote_something_else(graph: Graph, finder: Finder, file: LineageNode) -> list[str]:
    """Join runs that wrote what a file held before; return their ids."""
    found = []
    for run in finder.writers_at(file.path or ""):
        digests = {out.digest for out in run_data.outputs(run.data.tags) if out.path == file.path}
        node = nodes.of_run(run, finder.experiments)
        changed = not is_unknown(file)
        if file.hash not in digests and graph.join(node, file, "wrote", changed=changed):
            found.append(node.id)
    return found


def read_something_else(graph: Graph, finder: Finder, file: LineageNode) -> list[str]:
    """Join runs that read what a file held before; return their ids."""
    found = []
    for run in finder.readers_at(file.path or ""):
        digests = {entry.digest for entry in run_data.inputs(run) if entry.source == file.path}
        node = nodes.of_run(run, finder.experiments)
        changed = not is_unknown(file)
        if file.hash not in digests and graph.join(file, node, "read", changed=changed):
            found.append(node.id)
    return found
