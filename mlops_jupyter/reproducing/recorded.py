"""What a run kept of itself, as far as it is needed to make it again."""

from __future__ import annotations

import ast
import json
import re
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from mlops_jupyter.errors import ToolFailed
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.history import foreign, run_data
from mlops_jupyter.tracking.history.client_source import experiments
from mlops_jupyter.tracking.history.summaries import json_tag
from mlops_jupyter.tracking.store.quiet import quiet_progress

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun

    from mlops_jupyter.reproducing.records import Way
    from mlops_jupyter.tracking.history.sides import Side
    from mlops_jupyter.tracking.run_parts import DataInput

_NOTEBOOK_LIMIT = 100_000_000
_SECRET = re.compile(r"\bsecret\(\s*['\"]([A-Za-z_][A-Za-z0-9_]*)['\"]\s*\)")
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_INJECTED = "injected-parameters"
_DEPTH = 5


@dataclass(frozen=True)
class Recorded:
    """A run, and what it was made from.

    Attributes
    ----------
    side : Side
        The run, and the run above it that holds code and environment.
    way : {"notebook", "journal"} or None
        What can be executed again.
    place : str
        Where the notebook is, seen from the workspace.
    notebook : dict
        What is executed: a notebook without outputs.
    parameters : dict
        What a notebook of ``mlops run`` was given.
    path : tuple of int
        From what is executed down to the run: which of the runs below, at each level.
    whole : bool
        Whether the journal is that of one run for the whole notebook.
    commit : str or None
        The commit of its code.
    inputs : tuple of DataInput
        What it read, and the runs below it.
    reasons : tuple of str
        Why it cannot be made again.
    """

    side: Side
    way: Way | None = None
    place: str = "notebook.ipynb"
    notebook: dict[str, Any] = field(default_factory=dict, repr=False)
    parameters: dict[str, Any] = field(default_factory=dict)
    path: tuple[int, ...] = ()
    whole: bool = False
    commit: str | None = None
    inputs: tuple[DataInput, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def run(self) -> MlflowRun:
        """The run itself."""
        return self.side.run

    @property
    def secrets(self) -> list[str]:
        """Names of the credentials that its cells ask for."""
        return secrets_in("\n".join(_source(cell) for cell in self.notebook.get("cells", [])))


def secrets_in(code: str) -> list[str]:
    """Return the names of credentials that kept code asks for.

    Examples
    --------
    >>> secrets_in('key = mlops.secret("API_KEY"); again = mlops.secret("API_KEY")')
    ['API_KEY']
    """
    return list(dict.fromkeys(_SECRET.findall(code)))


def read(opened: MlflowClient, side: Side) -> Recorded:
    """Return what a run was made from; why it cannot be made again is among it."""
    run, holder = side.run, side.holder
    kind = holder.data.tags.get(tags.KIND)
    notebook = side.files.packed(side.files.notebook(), _NOTEBOOK_LIMIT)
    journal = side.files.packed(side.files.journal(), _NOTEBOOK_LIMIT)
    code = json_tag(holder.data.tags, tags.CODE)
    commit = foreign.text(code.get("commit")) or holder.data.tags.get(tags.GIT_COMMIT)
    recorded = Recorded(
        side,
        place=_place(holder),
        path=_path(opened, holder, run),
        commit=commit,
        inputs=tuple(_inputs(opened, side)),
    )
    reasons = _why_not(run, commit)
    if journal is not None:
        about = foreign.part(journal, "metadata", "mlops")
        if foreign.part(about, "runnable") is not True:
            why = foreign.text(foreign.part(about, "why")) or "it does not say why"
            reasons.append(f"its cells cannot be run again: {why}")
        return replace(
            recorded,
            way="journal",
            notebook=_bare(journal),
            whole=kind == "notebook",
            reasons=tuple(reasons),
        )
    if kind == "notebook" and notebook is not None:
        values, kept = _parameters(notebook)
        return replace(
            recorded,
            way="notebook",
            notebook=_bare(kept),
            parameters=values,
            reasons=tuple(reasons),
        )
    return replace(recorded, reasons=(*reasons, _nothing_to_run(kind, run)))


def _why_not(run: MlflowRun, commit: str | None) -> list[str]:
    reasons = []
    if run.info.status in ("RUNNING", "SCHEDULED"):
        reasons.append("it has not ended yet")
    if run.info.status == "KILLED":
        reasons.append("it was stopped by hand, or its kernel died: where it stopped was chance")
    if commit is not None and not _COMMIT.fullmatch(commit):
        reasons.append("what it calls its commit is no commit")
    return reasons


def _nothing_to_run(kind: str | None, run: MlflowRun) -> str:
    if kind == "script":
        return "a script made it: with which arguments it was called is not recorded"
    if tags.UID not in run.data.tags:
        return "another tool made it: which cells ran is not recorded"
    return (
        "which cells ran is not recorded: left out by [privacy] source or --no-source, or the run "
        "was made in plain IPython"
    )


def _place(holder: MlflowRun) -> str:
    """Return where the notebook was; a hostile name, or one from elsewhere, is on top."""
    named = PurePosixPath(holder.data.tags.get(tags.NOTEBOOK) or "notebook.ipynb")
    if named.is_absolute() or ".." in named.parts or "\0" in str(named) or not named.name:
        named = PurePosixPath(named.name or "notebook.ipynb")
    if {part.casefold() for part in named.parts} & {".git", ".dvc", ".mlops"}:
        named = PurePosixPath("notebook.ipynb")
    return named.with_suffix(".ipynb").as_posix()


def _inputs(opened: MlflowClient, side: Side) -> list[DataInput]:
    """Return what a run read; of one above others, what those read."""
    found = list(side.inputs or ())
    level = [side.run]
    for _ in range(_DEPTH):
        level = [child for run in level for child in children(opened, run.info.run_id)]
        found += [entry for run in level for entry in run_data.inputs(run)]
    return list({(entry.kind, entry.source, entry.name, entry.digest): entry
                 for entry in found}.values())  # fmt: skip


def children(opened: MlflowClient, run_id: str) -> list[MlflowRun]:
    """Return the runs right below another one, in the order they began."""
    if not re.fullmatch(r"[0-9a-f]{32}", run_id):
        return []
    return list(
        opened.search_runs(
            list(experiments(opened)),
            f"tags.`{tags.PARENT}` = '{run_id}'",
            max_results=1000,
            order_by=["attributes.start_time ASC"],
        )
    )


def _path(opened: MlflowClient, holder: MlflowRun, run: MlflowRun) -> tuple[int, ...]:
    """Return which of the runs below leads from one run to another, at each level."""
    steps: list[int] = []
    current = run
    while current.info.run_id != holder.info.run_id and len(steps) < _DEPTH:
        parent = current.data.tags.get(tags.PARENT)
        if not parent:
            break
        siblings = [child.info.run_id for child in children(opened, parent)]
        if current.info.run_id not in siblings:
            break
        steps.append(siblings.index(current.info.run_id))
        current = opened.get_run(parent)
    return tuple(reversed(steps))


def _parameters(notebook: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the values that a notebook was given, and the notebook without the cell of them.

    Values that are no plain Python stay where they are, as code.
    """
    for cell in notebook["cells"]:
        if _INJECTED in (foreign.part(cell, "metadata", "tags") or []):
            values = _values(_source(cell))
            if values is None:
                return {}, notebook
            kept = [each for each in notebook["cells"] if each is not cell]
            return values, {**notebook, "cells": kept}
    return {}, notebook


def _values(code: str) -> dict[str, Any] | None:
    r"""Return what assignments of literals assign; None where there is anything else.

    Examples
    --------
    >>> _values("# Parameters\nn = 3\nname = 'a'\n")
    {'n': 3, 'name': 'a'}
    """
    try:
        found: dict[str, Any] = {}
        for statement in ast.parse(code).body:
            if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
                return None
            target = statement.targets[0]
            if not isinstance(target, ast.Name):
                return None
            found[target.id] = ast.literal_eval(statement.value)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    return found


def _bare(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook with nothing that an execution has left in it."""
    cells = []
    for number, cell in enumerate(notebook["cells"]):
        if not isinstance(cell, dict) or cell.get("cell_type") not in ("code", "markdown", "raw"):
            continue
        marks = foreign.part(cell, "metadata", "tags")
        marks = [mark for mark in marks if isinstance(mark, str)] if isinstance(marks, list) else []
        if any(mark.startswith("papermill-error") for mark in marks):
            continue
        kept: dict[str, Any] = {
            "cell_type": cell["cell_type"],
            "id": f"c{number}",
            "metadata": {"tags": marks} if marks else {},
            "source": _source(cell),
        }
        if cell["cell_type"] == "code":
            kept |= {"execution_count": None, "outputs": []}
        cells.append(kept)
    known = notebook.get("metadata")
    metadata = {
        name: known[name]
        for name in ("kernelspec", "language_info")
        if isinstance(known, dict) and isinstance(known.get(name), dict)
    }
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _source(cell: object) -> str:
    source = foreign.part(cell, "source")
    if isinstance(source, list):
        return "".join(line for line in source if isinstance(line, str))
    return source if isinstance(source, str) else ""


def artifacts(opened: MlflowClient, holder: MlflowRun, folder: str, to: Path) -> Path | None:
    """Bring a folder of a run's artifacts; None where there is none.

    Raises
    ------
    ToolFailed
        The storage does not give it, or MLflow refuses what it gives.
    """
    run_id = holder.info.run_id
    try:
        if folder not in {entry.path for entry in opened.list_artifacts(run_id)}:
            return None
        place = Path(tempfile.mkdtemp(dir=to))
        with quiet_progress():
            return Path(opened.download_artifacts(run_id, folder, str(place)))
    except Exception as error:  # any storage, any client library
        said = next(iter(str(error).splitlines()), type(error).__name__)
        raise ToolFailed(f"{folder}/ of run:{run_id[:8]} cannot be read: {said}") from error


def manifest(code: Path | None) -> dict[str, Any]:
    """Return what ``code/code.json`` says; empty where there is none."""
    try:
        value = json.loads((code / "code.json").read_bytes()) if code else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
