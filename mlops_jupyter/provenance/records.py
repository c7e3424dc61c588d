"""The graph of what came from what, as a Result."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from mlops_jupyter.mime import MIME_TYPE
from mlops_jupyter.results import Record, Result
from mlops_jupyter.tracking.run_parts import Code

# So many nodes are kept in a notebook's file.
_MOST_KEPT = 200

NodeKind = Literal["data", "file", "run", "model", "notebook"]
EdgeKind = Literal["read", "wrote", "registered", "contains", "made"]
State = Literal["there", "deleted", "forgotten", "missing"]
FileNow = Literal["same", "changed", "missing", "unknown"]


class LineageNode(Record):
    """A thing that something came from, or that came from something.

    Attributes
    ----------
    id : str
        Its name in `edges`. Data and files are known by their content: ``content:`` and a hash.
    kind : {"data", "file", "run", "model", "notebook"}
        ``data`` has a version or an address; ``file`` is a content without a version.
    ref : str
        What `mlops lineage` takes for it; for data that was only in memory what it was called.
    title : str
        Short, for a person: not to be trusted as HTML.
    state : {"there", "deleted", "forgotten", "missing"}
        A deleted run; data whose content was forgotten; what a store, or the disk, has no more.
    stale : list of str
        Why it is no longer up to date; empty where it is, or nobody can tell.
    created : datetime or None
        When it was started, registered or kept, in UTC.
    path, hash, rows, size
        Of data and files: where it was read or written, what it held.
    versions, newest : list of str, str or None
        The data versions of this content, and a newer version that holds something else.
    copy_ref : str or None
        The copy that was kept because a run read it; it can be checked out.
    file_now : {"same", "changed", "missing", "unknown"} or None
        The workspace's file against this content.
    status, experiment, model : str or None
        Of a run; `model` is the class that it trained.
    code, environment : Code or None, str or None
        What a run was made with, the latter in one line.
    aliases : list of str
        Of a registered model's version.
    more : bool
        Whether the depth that was asked for ends here.
    """

    id: str
    kind: NodeKind
    ref: str
    title: str
    state: State = "there"
    stale: list[str] = Field(default_factory=list)
    created: datetime | None = None
    path: str | None = None
    hash: str | None = None
    rows: int | None = None
    size: int | None = None
    versions: list[str] = Field(default_factory=list)
    newest: str | None = None
    copy_ref: str | None = None
    file_now: FileNow | None = None
    status: str | None = None
    experiment: str | None = None
    model: str | None = None
    code: Code | None = None
    environment: str | None = None
    aliases: list[str] = Field(default_factory=list)
    more: bool = False


class LineageEdge(Record):
    """One thing came from another.

    Attributes
    ----------
    source, target : str
        The ids of what was first and of what came from it.
    kind : {"read", "wrote", "registered", "contains", "made"}
        A run read data; a run wrote a file; a model was registered from a run; a run contains
        another; a notebook made a run.
    changed : bool
        The file was read or written under this path, and its content has changed since.
    """

    source: str
    target: str
    kind: EdgeKind
    changed: bool = False


class Lineage(Result):
    """What something came from, and what came from it.

    Attributes
    ----------
    root : str
        The id of what was asked for.
    nodes, edges : list of LineageNode, list of LineageEdge
        All that was found; each edge leads from what was first to what came from it.
    upstream, downstream : list of str
        Ids of what `root` came from, and of what came from it; those nearest to it first.
    earlier : list of str
        Where a path was asked for: ids of runs that wrote or read what it held before.
    up, down, depth
        What was asked for.
    missing : list of str
        What could not be looked at or is left out, and why.
    sent : str or None
        What became of the OpenLineage events, where they were asked for.
    store : str
        The tracking store, without credentials.
    """

    kind: ClassVar[str] = "lineage"

    root: str
    nodes: list[LineageNode]
    edges: list[LineageEdge]
    upstream: list[str] = Field(default_factory=list)
    downstream: list[str] = Field(default_factory=list)
    earlier: list[str] = Field(default_factory=list)
    up: bool = True
    down: bool = True
    depth: int | None = None
    missing: list[str] = Field(default_factory=list)
    sent: str | None = None
    store: str

    def to_text(self) -> str:
        """Return a tree for the terminal."""
        from mlops_jupyter.provenance import view

        return view.lineage_text(self)

    def _repr_mimebundle_(self, **kwargs: object) -> dict[str, Any]:
        """Show all, and keep as much as JSON as one looks at: a notebook keeps what is shown."""
        bundle = super()._repr_mimebundle_(**kwargs)
        if len(self.nodes) > _MOST_KEPT:
            nodes = self.nodes[:_MOST_KEPT]
            kept = {node.id for node in nodes}
            few = self.model_copy(
                update={
                    "nodes": nodes,
                    "edges": [each for each in self.edges if {each.source, each.target} <= kept],
                    "upstream": [each for each in self.upstream if each in kept],
                    "downstream": [each for each in self.downstream if each in kept],
                    "earlier": [each for each in self.earlier if each in kept],
                    "missing": [*self.missing, f"all but the {_MOST_KEPT} nearest"],
                }
            )
            bundle[MIME_TYPE] = few.to_dict()
        return bundle

    def to_html(self) -> str:
        """Return a picture and the same as nested lists."""
        from mlops_jupyter.provenance import view

        return view.lineage_html(self)
