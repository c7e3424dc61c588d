"""Walking up and down from one thing, a step at a time for all that were reached in one step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.provenance import nodes
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.history import run_data

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlflow.entities import Run as MlflowRun

    from mlops_jupyter.provenance.contents import Contents
    from mlops_jupyter.provenance.finding import Finder
    from mlops_jupyter.provenance.graph import Graph
    from mlops_jupyter.provenance.records import EdgeKind, LineageNode
    from mlops_jupyter.tracking.run_parts import DataInput

# So many files of a folder are looked for one by one.
_MOST_FILES = 2000


class Walk:
    """Walks through one store and one workspace, and adds to a graph what it comes across.

    Parameters
    ----------
    graph : Graph
        Holds the start.
    finder : Finder
        The store.
    contents : Contents
        The data versions.
    """

    def __init__(self, graph: Graph, finder: Finder, contents: Contents) -> None:
        self.graph = graph
        self.finder = finder
        self.contents = contents
        # Runs whose own inputs count, not those of the runs they contain.
        self._above: set[str] = set()

    def up(self, start: str, depth: int | None) -> list[str]:
        """Find what something came from; return it, nearest first."""
        return self._steps(start, depth, self._sources)

    def down(self, start: str, depth: int | None) -> list[str]:
        """Find what came from something; return it, nearest first."""
        return self._steps(start, depth, self._results)

    def _steps(
        self, start: str, depth: int | None, further: Callable[[list[LineageNode]], list[str]]
    ) -> list[str]:
        seen = {start: None}
        level, taken = [start], 0
        while level and taken != depth:
            reached = further([self.graph.nodes[each] for each in level])
            level = [each for each in dict.fromkeys(reached) if each not in seen]
            seen |= dict.fromkeys(level)
            taken += 1
        for each in level if depth is not None else []:
            self.graph.update(each, more=True)
        del seen[start]
        return list(seen)

    def _sources(self, level: list[LineageNode]) -> list[str]:
        found: list[str] = []
        contents = {node.hash: node for node in level if node.hash}
        for run in self.finder.writers(list(contents)) if contents else []:
            for entry in run_data.outputs(run.data.tags):
                written = nodes.of_output(entry, self.contents)
                if written and written.id in {node.id for node in contents.values()}:
                    found += self._joined(self._run(run), written, "wrote", reached=0)
        for node in contents.values():
            found += self._folder_around(node)
        for run in self._runs_of(level):
            found += self._made_from(run)
        for node in level:
            if node.kind == "model":
                found += self._registered_from(node)
        return found

    def _folder_around(self, file: LineageNode) -> list[str]:
        """Return the version of a folder that a file without a version of its own is from."""
        if not file.path or not file.hash or file.versions:
            return []
        version = self.contents.folder_with(file.path, file.hash)
        if version is None:
            return []
        return self._joined(nodes.of_version(version, self.contents), file, "contains", reached=0)

    def _files_inside(self, folder: LineageNode) -> list[str]:
        """Return the files of a folder that runs have read one by one."""
        hashes = set(self.contents.files_in(folder.hash or "").values())
        if len(hashes) > _MOST_FILES:
            self.finder.missing[
                f"{folder.title}: runs that read single files of it, of which there are "
                f"{len(hashes):,}"
            ] = None
            return []
        found: list[str] = []
        for run in self.finder.readers(sorted(hashes)):
            for entry in own_inputs(run):
                if entry.digest in hashes:
                    file = nodes.of_input(entry, self.contents)
                    found += self._joined(folder, file, "contains", reached=1)
        return found

    def _made_from(self, run: MlflowRun) -> list[str]:
        found: list[str] = []
        here = self._run(run)
        own = here.id in self._above
        for entry in own_inputs(run) if own else inputs_of(self.finder, run):
            found += self._joined(nodes.of_input(entry, self.contents), here, "read", reached=0)
        if notebook := notebook_of(run):
            found += self._joined(nodes.of_notebook(notebook), here, "made", reached=0)
        parent_id = run.data.tags.get(tags.PARENT)
        if parent_id and parent_id != run.info.run_id:
            parent = self.finder.run(parent_id)
            above = self._run(parent) if parent else nodes.of_missing_run(parent_id)
            if above.id not in self.graph.nodes:
                self._above.add(above.id)
            found += self._joined(above, here, "contains", reached=0)
        return found

    def _registered_from(self, model: LineageNode) -> list[str]:
        run_id = self._run_id_of(model)
        if run_id is None:
            return []
        run = self.finder.run(run_id)
        made_by = self._run(run) if run else nodes.of_missing_run(run_id)
        return self._joined(made_by, model, "registered", reached=0)

    def _run_id_of(self, model: LineageNode) -> str | None:
        from mlflow.exceptions import MlflowException

        name, _, number = model.ref.removeprefix("model:").rpartition("@")
        client = self.finder.client
        try:
            version = client.get_model_version(name, number)
            if version.run_id:
                return str(version.run_id)
            logged = getattr(version, "model_id", None)
            return (client.get_logged_model(logged).source_run_id or None) if logged else None
        except MlflowException:  # deleted meanwhile
            return None

    def _results(self, level: list[LineageNode]) -> list[str]:
        found = self._readers([node for node in level if node.hash])
        found += self._came_of({run.info.run_id: run for run in self._runs_of(level)})
        for node in level:
            if node.hash and node.hash.endswith(".dir"):
                found += self._files_inside(node)
            if node.kind == "notebook" and node.path:
                for run in self.finder.of_notebook(node.path):
                    found += self._joined(node, self._run(run), "made", reached=1)
        return found

    def _came_of(self, runs: dict[str, MlflowRun]) -> list[str]:
        """Return what runs wrote, the models registered from them, and the runs they contain."""
        found: list[str] = []
        if not runs:
            return found
        for run in runs.values():
            for entry in run_data.outputs(run.data.tags):
                written = nodes.of_output(entry, self.contents)
                if written is not None:
                    found += self._joined(self._run(run), written, "wrote", reached=1)
        for version in self.finder.models(runs):
            made_by = self._run(runs[version.run_id])
            found += self._joined(made_by, nodes.of_model(version), "registered", reached=1)
        for child in self.finder.children(runs):
            parent, inner = self._run(runs[child.data.tags[tags.PARENT]]), self._run(child)
            self._read_of_its_own(inner, child)
            found += self._joined(parent, inner, "contains", reached=1)
        return found

    def _read_of_its_own(self, inner: LineageNode, run: MlflowRun) -> None:
        """Say that a run inside another read for itself, and what of that the graph has."""
        for entry in own_inputs(run):
            self.graph.readers.add(inner.id)
            read = self.graph.nodes.get(nodes.content_id(entry.digest, entry.name))
            if read is not None:
                self.graph.join(read, inner, "read")

    def _readers(self, read: list[LineageNode]) -> list[str]:
        """Return the runs that read contents, and those around them that wrote what came of it."""
        by_id = {node.id: node for node in read}
        if not by_id:
            return []
        found: list[str] = []
        around: dict[str, set[str]] = {}
        for run in self.finder.readers(dict.fromkeys(node.hash or "" for node in read)):
            for entry in own_inputs(run):
                node = by_id.get(nodes.content_id(entry.digest, entry.name))
                if node is None:
                    continue
                read_here = nodes.of_input(entry, self.contents)
                found += self._joined(read_here, self._run(run), "read", reached=1)
                if parent := run.data.tags.get(tags.PARENT):
                    around.setdefault(parent, set()).add(node.id)
        for parent in self.finder.runs(around):
            if run_data.outputs(parent.data.tags) and not own_inputs(parent):
                for node_id in around[parent.info.run_id]:
                    found += self._joined(by_id[node_id], self._run(parent), "read", reached=1)
        return found

    def _runs_of(self, level: list[LineageNode]) -> list[MlflowRun]:
        return self.finder.runs(
            node.id.removeprefix("run:")
            for node in level
            if node.kind == "run" and node.state != "missing"
        )

    def _run(self, run: MlflowRun) -> LineageNode:
        node = nodes.of_run(run, self.finder.experiments)
        return self.graph.nodes.get(node.id, node)

    def _joined(
        self, source: LineageNode, target: LineageNode, kind: EdgeKind, *, reached: int
    ) -> list[str]:
        """Join two nodes; return the id of the one that was reached, if there was room for it."""
        there = self.graph.join(source, target, kind)
        return [(source, target)[reached].id] if there else []


def own_inputs(run: MlflowRun) -> list[DataInput]:
    """Return what a run read; frames given to ``fit`` only where nothing else is known."""
    # What another cell read, on which this one does not build, is no part of its lineage.
    found = [entry for entry in run_data.inputs(run) if entry.context != tags.EARLIER]
    return [entry for entry in found if entry.kind != "frame"] or found


def inputs_of(finder: Finder, run: MlflowRun) -> list[DataInput]:
    """Return what a run read; of a cell with several fits, what those read."""
    if found := own_inputs(run):
        return found
    once: dict[str, DataInput] = {}
    for child in finder.children([run.info.run_id]):
        for entry in own_inputs(child):
            once.setdefault(nodes.content_id(entry.digest, entry.name), entry)
    return list(once.values())


def notebook_of(run: MlflowRun) -> str | None:
    """Return the notebook or the script that made a run."""
    known = run.data.tags
    if notebook := known.get(tags.NOTEBOOK):
        return str(notebook)
    source = known.get(tags.SOURCE_NAME) or ""
    return str(source) if source.endswith((".py", ".ipynb")) else None
