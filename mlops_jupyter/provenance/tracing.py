"""``mlops lineage``: what something came from, and what came from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.errors import UsageError
from mlops_jupyter.provenance import events, marks, paths, sending, starting
from mlops_jupyter.provenance.contents import Contents
from mlops_jupyter.provenance.finding import Finder
from mlops_jupyter.provenance.graph import MOST_NODES, Graph
from mlops_jupyter.provenance.records import Lineage
from mlops_jupyter.provenance.walking import Walk
from mlops_jupyter.references import parse
from mlops_jupyter.tracking.store.opening import client as open_client

if TYPE_CHECKING:
    from pathlib import Path

    from mlops_jupyter.provenance.records import LineageNode
    from mlops_jupyter.workspace import Workspace


def lineage(
    workspace: Workspace,
    reference: str,
    *,
    up: bool = False,
    down: bool = False,
    depth: int | None = None,
    openlineage: Path | str | None = None,
) -> Lineage:
    """Follow what something came from, and what came from it.

    Upward: the data that runs read, with its version and whether there is a newer one; the run
    that wrote it; the notebook, code and environment; the run that contains it. Downward: the runs
    that read it, the models registered from those, the files that they wrote, and so on. Data is
    known by its content, with or without a version.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    reference : str
        ``run:ID``, ``model:NAME@VERSION`` (or ``@alias``), ``data:NAME@vN``, or the path of a file
        or a notebook.
    up, down : bool
        Only what it came from, or only what came from it; both where neither is given.
    depth : int, optional
        At most so many steps; all by default.
    openlineage : Path or str, optional
        Also tell the runs that were found as OpenLineage events, to a file (JSON lines; it is
        written anew) or to an address (``http://…``, where a server takes them).

    Returns
    -------
    Lineage
        The graph; `missing` says what was left out.

    Raises
    ------
    NotFound
        There is no such thing.
    UsageError
        It may mean several runs, or the depth is no number of steps.
    MissingExtra
        Events were asked for, and openlineage-python is not installed.
    ToolFailed
        The address did not take them.
    Conflict
        The file is there, and holds something else.

    Examples
    --------
    >>> import mlops_jupyter as mlops
    >>> ws = mlops.Workspace.find()
    >>> found = mlops.lineage(ws, "data/flights.parquet")
    >>> [node.ref for node in found.nodes]
    ['data:flights@v1']
    >>> print(mlops.lineage(ws, "run:forest", up=True))
    run forest  FINISHED ...
    └─ made from
       ...
    """
    if depth is not None and depth < 1:
        raise UsageError(f"a depth of {depth} steps shows nothing", "give 1 or more")
    if openlineage is not None:
        events.require()
    both = up == down
    finder = Finder(open_client(workspace))
    contents = Contents(workspace)
    graph = Graph()
    root = starting.start(workspace, finder, contents, reference)
    graph.add(root)
    walk = Walk(graph, finder, contents)
    upstream = walk.up(root.id, depth) if up or both else []
    downstream = walk.down(root.id, depth) if down or both else []
    earlier: list[str] = []
    if parse(reference).kind == "path" and root.kind in ("data", "file"):
        wrote = paths.wrote_something_else(graph, finder, root) if up or both else []
        read = paths.read_something_else(graph, finder, root) if down or both else []
        if paths.is_unknown(root):
            upstream, downstream = [*upstream, *wrote], [*downstream, *read]
        else:
            earlier = [*wrote, *read]
    marks.look_at_files(graph, contents)
    all_above = depth is None and (up or both)
    behind = {} if all_above else _old_data_behind(root, finder, contents)
    marks.mark_stale(workspace, graph, finder, behind)
    if graph.left_out:
        more = f"{len(graph.left_out):,} things more than the {MOST_NODES:,} nearest"
        finder.missing[more] = None
    found = Lineage(
        root=root.id,
        nodes=list(graph.nodes.values()),
        edges=list(graph.edges.values()),
        upstream=list(dict.fromkeys(upstream)),
        downstream=list(dict.fromkeys(downstream)),
        earlier=list(dict.fromkeys(earlier)),
        up=up or both,
        down=down or both,
        depth=depth,
        missing=list(finder.missing),
        store=workspace.store.shown,
    )
    if openlineage is None:
        return found
    told = events.of(workspace, found, finder, contents)
    return found.model_copy(update={"sent": sending.send(told, openlineage)})


def _old_data_behind(
    root: LineageNode, finder: Finder, contents: Contents
) -> dict[str, dict[str, str]]:
    """Return which old data things came from: not only from what is to be shown."""
    whole = Graph()
    whole.add(root)
    Walk(whole, finder, contents).up(root.id, None)
    return marks.old_data(whole)
