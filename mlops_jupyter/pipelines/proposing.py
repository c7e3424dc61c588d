"""What a stage of a notebook reads and writes: what runs recorded, then what its code says."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter.errors import BadInput, StoreUnavailable
from mlops_jupyter.pipelines import traces as _traces
from mlops_jupyter.pipelines.records import ProposedPath

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlops_jupyter.notebooks.source import Source
    from mlops_jupyter.pipelines.code import Said
    from mlops_jupyter.workspace import Workspace

# Of one folder so many files are named one by one; of more, the folder.
_ONE_BY_ONE = 12
_ASKED = "as asked for"
_IN_CODE = "the code says so"
_MADE_BY_TOOLS = (".git", ".mlops", ".dvc", "__pycache__", ".ipynb_checkpoints", "mlops.toml")


@dataclass
class Proposal:
    """Dependencies and outputs, with why, and what was left out."""

    dependencies: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def listed(self) -> tuple[list[ProposedPath], list[ProposedPath]]:
        """Return dependencies and outputs in the order of their paths."""
        both = (self.dependencies, self.outputs)
        first, second = (
            [ProposedPath(path=path, why=why) for path, why in sorted(found.items())]
            for found in both
        )
        return first, second


def propose(
    workspace: Workspace,
    source: Source,
    said: Said,
    *,
    deps: Sequence[str | os.PathLike[str]],
    outs: Sequence[str | os.PathLike[str]],
    made: Iterable[str],
) -> Proposal:
    """Return what a stage depends on and makes.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    source : Source
        The notebook.
    said : Said
        What its code says.
    deps, outs : sequence of path
        What the user names, instead of what is proposed.
    made : iterable of str
        Outputs of other stages, which may not be there yet.
    """
    found = Proposal()
    places = _Places(workspace, set(made), found.notes)
    notebook = places.of(str(source.path))
    traces = _look_up(workspace, notebook or source.path.name, found)
    by_run = f"read by {traces.run}"
    if outs:
        found.outputs = dict.fromkeys(map(places.given, outs), _ASKED)
    else:
        _add(found.outputs, places.made(traces.writes), f"written by {traces.run}")
        _add(found.outputs, places.made(said.writes), _IN_CODE)
    if deps:
        found.dependencies = dict.fromkeys(map(places.given, deps), _ASKED)
    else:
        # What a stage writes and reads back is no dependency.
        read = (places.there(traces.reads), places.there(said.reads))
        for paths, why in zip(read, (by_run, _IN_CODE), strict=True):
            _add(found.dependencies, [p for p in paths if not _in(p, found.outputs)], why)
    _add(found.dependencies, [notebook] if notebook else [], "the notebook")
    _add(found.dependencies, places.there([*traces.modules, *said.modules]), "imported by it")
    _gather(found.dependencies, workspace.root)
    if not found.outputs:
        found.notes.append("no output is known: name each with --out, so that later stages follow")
    return found


def _look_up(workspace: Workspace, notebook: str, found: Proposal) -> _traces.Traces:
    try:
        traces = _traces.of_notebook(workspace, notebook)
    except StoreUnavailable as error:
        found.notes.append(f"runs were not asked: {error.message}")
        return _traces.Traces()
    if not traces.run:
        found.notes.append(
            "no tracked run of it says what it reads and writes: this is what its code says. "
            "Look through it; --dep and --out name what is missing"
        )
    return traces


def _add(into: dict[str, str], paths: Iterable[str], why: str) -> None:
    for path in paths:
        into.setdefault(path, why)


class _Places:
    """Paths as seen from the workspace; what is outside is told, and left out."""

    def __init__(self, workspace: Workspace, made: set[str], notes: list[str]) -> None:
        self._workspace = workspace
        self._root = workspace.root.resolve()
        self._made = made
        self._notes = notes

    def of(self, path: str) -> str | None:
        """Return a path from the workspace; None where it is outside, or nobody's data."""
        absolute = Path(os.path.abspath(self._root / path))
        if not absolute.is_relative_to(self._root):
            self._note(f"{path} is outside the workspace: left out")
            return None
        inner = absolute.relative_to(self._root)
        if not inner.parts or set(_MADE_BY_TOOLS) & set(inner.parts):
            return None
        if not absolute.resolve().is_relative_to(self._root):
            self._note(f"{inner} leads out of the workspace: left out")
            return None
        return inner.as_posix()

    def given(self, path: str | os.PathLike[str]) -> str:
        """Return a path that the user named."""
        inner = self._workspace.inside(path).relative_to(self._workspace.root).as_posix()
        if inner == ".":
            raise BadInput(f"{path} is the workspace itself", "name a file or a folder in it")
        return inner

    def there(self, paths: Iterable[str]) -> list[str]:
        """Return those that are there, or that another stage makes."""
        found = []
        for path in filter(None, map(self.of, paths)):
            if (self._root / path).exists() or _in(path, self._made):
                found.append(path)
            else:
                self._note(f"{path} is read, and is not there: left out")
        return found

    def made(self, paths: Iterable[str]) -> list[str]:
        """Return those that a stage may make."""
        return list(filter(None, map(self.of, paths)))

    def _note(self, said: str) -> None:
        if said not in self._notes:
            self._notes.append(said)


def _in(path: str, others: Iterable[str]) -> bool:
    return any(path == other or path.startswith(f"{other}/") for other in others)


def _gather(found: dict[str, str], root: Path) -> None:
    """Name a folder where many of its files are read."""
    folders: dict[str, list[str]] = {}
    for path in found:
        folders.setdefault(path.rpartition("/")[0], []).append(path)
    for folder, files in folders.items():
        data = [path for path in files if found[path].startswith("read by")]
        if folder and len(data) > _ONE_BY_ONE and (root / folder).is_dir():
            for path in data:
                del found[path]
            found[folder] = f"{len(data)} of its files are read"
