"""``mlops journal``: the cells that made a run, as they really ran, and as a notebook again."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_jupyter.errors import BadInput, Conflict, NotFound
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.capture import surroundings
from mlops_jupyter.tracking.capture.outputs import unpack
from mlops_jupyter.tracking.history import find
from mlops_jupyter.tracking.history.journal_records import Journal, JournalCell
from mlops_jupyter.tracking.history.sides import Reader
from mlops_jupyter.tracking.store.opening import client as open_client
from mlops_jupyter.tracking.store.quiet import quiet_progress

if TYPE_CHECKING:
    import os

    from mlflow import MlflowClient

    from mlops_jupyter.workspace import Workspace

_SUFFIX = ".ipynb"


def journal(
    workspace: Workspace,
    reference: str = "last",
    *,
    to: str | os.PathLike[str] | None = None,
    saved: bool = False,
) -> Journal:
    """Return the cells that really ran up to a run, in true order.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    reference : str
        A run's reference; see `mlops_jupyter.show`.
    to : path, optional
        Write them there as a notebook, which runs from top to bottom where ``runnable`` says so.
    saved : bool
        Take the notebook as it was saved, instead of the cells as they ran.

    Raises
    ------
    NotFound
        No such run, or it has no journal.
    BadInput
        The path is outside the workspace or no ``.ipynb``, or what the run holds is no notebook.
    Conflict
        The file is there already.

    Examples
    --------
    >>> journal(ws, "forest").cells[-1].source.splitlines()[0]
    'forest.fit(X, y)'
    """
    target = None if to is None else _target(workspace, to)
    opened = open_client(workspace)
    run = find.run(opened, reference)
    run_id = run.info.run_id
    # Of one fit among many, the cells are kept with the run of its cell.
    kept = Reader(opened, {}).side(run).holder
    with tempfile.TemporaryDirectory() as folder:
        path = _stored(opened, kept.info.run_id, Path(folder), saved=saved)
        content = _notebook(path)
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8") as file:
            json.dump(content, file, indent=1, ensure_ascii=False)
            file.write("\n")
    about = _dict(_dict(content.get("metadata")).get("mlops"))
    return Journal(
        run_id=run_id,
        name=run.info.run_name or run_id,
        cells=[_cell(cell) for cell in content["cells"] if cell.get("cell_type") == "code"],
        runnable=None if saved else about.get("runnable") is True,
        why=_text(about.get("why")),
        secrets=[name for name in about.get("secrets") or [] if isinstance(name, str)]
        if isinstance(about.get("secrets"), list)
        else [],
        order=_text(kept.data.tags.get(tags.ORDER)),
        path=None if target is None else str(to),
    )


def _target(workspace: Workspace, to: str | os.PathLike[str]) -> Path:
    target = workspace.inside(to)
    if target.suffix != _SUFFIX:
        raise BadInput(f"{to} is no notebook's name", f"end it with {_SUFFIX}")
    if target.exists():
        raise Conflict(f"{to} is there already", "name another file, or remove this one")
    return target


def _stored(opened: MlflowClient, run_id: str, folder: Path, *, saved: bool) -> Path:
    """Bring the run's notebook or journal, with what lies beside it."""
    name = surroundings.NOTEBOOK if saved else surroundings.JOURNAL
    wanted = name.partition("/")[0]
    there = [entry.path for entry in opened.list_artifacts(run_id, wanted)]
    notebooks = [path for path in there if path.endswith(_SUFFIX)]
    if not notebooks:
        raise NotFound(
            f"run:{run_id[:8]} has no {'notebook' if saved else 'journal'}",
            "runs of %mlops track have one, where [privacy] and --no-source let them",
        )
    with quiet_progress():
        local = Path(opened.download_artifacts(run_id, wanted, str(folder)))
    return local / Path(notebooks[0]).name


def _notebook(path: Path) -> dict[str, Any]:
    """Read a packed notebook, and put together what lies beside it."""
    root = path.parent.resolve()

    def read(name: str) -> bytes:
        beside = (root / name).resolve()
        if not beside.is_relative_to(root):
            raise FileNotFoundError(name)
        return beside.read_bytes()

    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(f"the run's {path.name} cannot be read: {error}") from None
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        raise BadInput(f"the run's {path.name} is not a notebook")
    return unpack(content, read)


def _cell(cell: dict[str, Any]) -> JournalCell:
    metadata = _dict(cell.get("metadata"))
    mine = _dict(metadata.get("mlops"))
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    took = mine.get("duration_s")
    count = cell.get("execution_count")
    marks = metadata.get("tags")
    outputs = cell.get("outputs")
    return JournalCell(
        execution_count=count if isinstance(count, int) else None,
        source=str(source),
        duration_s=float(took) if isinstance(took, (int, float)) else None,
        raised=isinstance(marks, list) and "raises-exception" in marks,
        outputs=len(outputs) if isinstance(outputs, list) else 0,
    )


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
