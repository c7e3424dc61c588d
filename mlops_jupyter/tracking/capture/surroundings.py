"""What surrounds a run, kept with it when it ends: notebook, journal, code of the cell."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.capture import (
    cell_source,
    code,
    environment,
    notebook_file,
    objects,
    order,
)
from mlops_jupyter.tracking.capture.masking import of_this_process
from mlops_jupyter.tracking.capture.saved_notebook import Reader, SavedNotebook, reader_of
from mlops_jupyter.tracking.store import failures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlflow import MlflowClient

    from mlops_jupyter.tracking.capture.code import CodeState
    from mlops_jupyter.tracking.capture.environment import Chance
    from mlops_jupyter.tracking.capture.journal import Journal
    from mlops_jupyter.workspace import Workspace

JOURNAL = "journal/journal.ipynb"
NOTEBOOK = "notebook"
CELL = "code/cell.py"

# Notebooks that were said not to be found: it is said once.
_said: set[str] = set()


class Target(Protocol):
    """A run that is written to."""

    client: MlflowClient
    run_id: str

    def set_tags(self, values: Mapping[str, str]) -> None:
        """Set tags."""


@dataclass
class Kept:
    """What was kept with a run, and what was not, with the reason."""

    captured: list[str] = field(default_factory=list)
    not_captured: list[str] = field(default_factory=list)

    def add(
        self, found: objects.Kept, files: dict[str, bytes | Path], values: dict[str, str]
    ) -> None:
        """Take over what one kind of capture has found."""
        files.update(found.files)
        values.update(found.tags)
        self.captured += found.captured
        self.not_captured += found.problems


def keep(
    run: Target,
    workspace: Workspace,
    *,
    journal: Journal | None,
    namespace: Mapping[str, object] | None,
    source: str,
    remote: bool,
    no_source: bool = False,
    state: CodeState | None = None,
    chance: Chance | None = None,
) -> Kept:
    """Keep what surrounds a run.

    Parameters
    ----------
    run : Target
        The run; of several that belong together, the one on top.
    workspace : Workspace
        Its ``[privacy]`` decides what may be kept.
    journal : Journal, optional
        The cells that ran up to now.
    namespace : mapping, optional
        The kernel's variables.
    source : str
        The cell that made the run.
    remote : bool
        Whether the run's store is on a server.
    no_source : bool
        Leave out all that is code: the user's wish, as `[privacy]`'s.
    state : CodeState, optional
        The code as it was when the run began.
    chance : Chance, optional
        The states of random numbers when its cell began.
    """
    kept = Kept()
    files: dict[str, bytes | Path] = {}
    values: dict[str, str] = {}
    _attempt(kept, "environment", _environment, workspace, chance, files, values, kept)
    if no_source or not workspace.settings.privacy.allows("source", remote=remote):
        why = "--no-source" if no_source else "[privacy] source in mlops.toml"
        kept.not_captured.append(f"code, notebook and journal: left out by {why}")
    else:
        if journal is not None:
            _attempt(kept, "credentials", journal.learn, of_this_process())
        cell = _Cell(workspace, journal, namespace, source, remote, state)
        _attempt(kept, "code", _code, cell, files, values, kept)
        _attempt(kept, "notebook and journal", _what_ran, cell, files, values, kept)
    uri = _place_of(run)
    objects.store(workspace, run.client, run.run_id, uri, files)
    if values:
        run.set_tags(values)
    return kept


def keep_executed(
    run: Target, workspace: Workspace, path: Path, *, notebook: Path, remote: bool
) -> None:
    """Keep a notebook that was executed as a whole, masked as what a kernel shows, and its code.

    Parameters
    ----------
    run : Target
        The run.
    workspace : Workspace
        Its ``[privacy]`` decides what may be kept.
    path : Path
        The executed notebook.
    notebook : Path
        The one it comes from: it is no changed file beside itself.
    remote : bool
        Whether the run's store is on a server.

    Raises
    ------
    OSError, ValueError
        It cannot be read, or is no notebook.
    """
    privacy = workspace.settings.privacy
    reader = reader_of(workspace)
    saved = reader.read(path, outputs=privacy.allows("outputs", remote=remote))
    kept = Kept()
    files: dict[str, bytes | Path] = {}
    values: dict[str, str] = {}
    if _ran_here(saved.metadata):
        kept.add(environment.collect(workspace, own_process=False), files, values)
    if privacy.allows("source", remote=remote):
        name = f"{NOTEBOOK}/{objects.name_of(path.name)}"
        files |= reader.packer.notebook(name, saved.cells, saved.metadata)
        state, itself = code.look(workspace), _itself(notebook)
        kept.add(code.collect(workspace, state, remote=remote, notebook=itself), files, values)
    objects.store(workspace, run.client, run.run_id, _place_of(run), files)
    run.set_tags(values)


def _ran_here(metadata: Mapping[str, Any]) -> bool:
    """Whether a notebook's kernel has the environment of this process: others are not known."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    named = metadata.get("kernelspec")
    name = named.get("name") if isinstance(named, dict) else None
    if not isinstance(name, str):
        return False
    try:
        program = Path(str(KernelSpecManager().get_kernel_spec(name).argv[0]))
    except (NoSuchKernel, IndexError):
        return False
    # Jupyter takes a plain `python` for its own. What a link leads to may be many environments'.
    plain = program.name == str(program) and program.name.startswith("python")
    return plain or program.parent == Path(sys.executable).parent


def _itself(notebook: Path | None) -> Path | None:
    """Return the notebook that is kept by itself; one that is text is code among code."""
    return notebook if notebook is None or notebook.suffix == ".ipynb" else None


def _place_of(run: Target) -> str:
    """Return where a run's files are: known where it was made by us, else asked."""
    made = getattr(run, "entity", None) or run.client.get_run(run.run_id)
    return str(made.info.artifact_uri)


@dataclass(frozen=True)
class _Cell:
    """What is asked for one run."""

    workspace: Workspace
    journal: Journal | None
    namespace: Mapping[str, object] | None
    source: str
    remote: bool
    state: CodeState | None


def _attempt(kept: Kept, what: str, step: Callable[..., None], *args: Any) -> None:
    """Take a step that may fail without anything else failing for it."""
    try:
        step(*args)
    except Exception as error:  # noqa: BLE001 - told, not raised: a capture breaks no cell
        kept.not_captured.append(f"{what}: {failures.in_words(error)}")


def _environment(
    workspace: Workspace,
    chance: Chance | None,
    files: dict[str, bytes | Path],
    values: dict[str, str],
    kept: Kept,
) -> None:
    kept.add(environment.collect(workspace, chance), files, values)


def _code(cell: _Cell, files: dict[str, bytes | Path], values: dict[str, str], kept: Kept) -> None:
    """Add the cell, and what the code around it consists of beyond its commit."""
    if cell.source.strip():
        masked = of_this_process().source(cell_source.without_ours(cell.source).text)
        files[CELL] = masked.text.encode(errors="surrogatepass")
    state = cell.state or code.look(cell.workspace)
    notebook = _itself(notebook_file.find(cell.namespace).path)
    found = code.collect(cell.workspace, state, remote=cell.remote, notebook=notebook)
    kept.add(found, files, values)


def _what_ran(
    cell: _Cell, files: dict[str, bytes | Path], values: dict[str, str], kept: Kept
) -> None:
    """Add the notebook and the journal, and say whether they agree."""
    outputs = cell.workspace.settings.privacy.allows("outputs", remote=cell.remote)
    reader = reader_of(cell.workspace)
    saved = _notebook(reader, cell.namespace, outputs, files, kept)
    journal = cell.journal
    if journal is not None and journal.entries:
        _journal(reader, journal, outputs, files, values)
        kept.captured.append("journal")
        found, why = order.judge(journal.entries, saved.saved if saved else None)
        values[tags.ORDER] = f"{found}: {why}" if why else found
        if found != "in order":
            kept.captured.append(f"{found} ({why})")
    if not outputs and (saved is not None or journal is not None):
        kept.not_captured.append("outputs: left out by [privacy] outputs in mlops.toml")


def _notebook(
    reader: Reader,
    namespace: Mapping[str, object] | None,
    outputs: bool,
    files: dict[str, bytes | Path],
    kept: Kept,
) -> SavedNotebook | None:
    """Add the notebook as it is saved; say once where it cannot be found."""
    found = notebook_file.find(namespace)
    if found.path is None:
        _say_once(found, kept)
        return None
    if _itself(found.path) is None:  # a .py or .md of `mlops run`, which keeps what it executed
        return None
    try:
        saved = reader.read(found.path, outputs=outputs)
    except FileNotFoundError:
        if found.name not in _said:
            _said.add(str(found.name))
            kept.not_captured.append(f"notebook: {found.name} is not saved on this machine")
        return None
    except (OSError, ValueError) as error:
        kept.not_captured.append(f"notebook {found.name}: {error}")
        return None
    name = f"{NOTEBOOK}/{objects.name_of(found.path.name)}"
    files |= reader.packer.notebook(name, saved.cells, saved.metadata)
    kept.captured.append("notebook")
    return saved


def _say_once(found: notebook_file.Found, kept: Kept) -> None:
    if found.how == "IPython" or "ipykernel" not in sys.modules or found.how in _said:
        return
    _said.add(found.how)
    kept.not_captured.append(
        f"notebook: {found.name} has no file on this machine"
        if found.name
        else "notebook: not found; name it by the environment variable MLOPS_NOTEBOOK"
    )


def _journal(
    reader: Reader,
    journal: Journal,
    outputs: bool,
    files: dict[str, bytes | Path],
    values: dict[str, str],
) -> None:
    """Add the journal as a linear notebook."""
    written = journal.write(reader.packer, outputs=outputs)
    about: dict[str, Any] = written.metadata["mlops"]
    if about["runnable"] and (widgets := _widgets()):
        about["runnable"], about["why"] = False, widgets
    language = {"name": "python", "version": sys.version.split()[0]}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {**written.metadata, "language_info": language, "kernelspec": kernel}
    files |= reader.packer.notebook(JOURNAL, written.cells, metadata)
    values[tags.JOURNAL] = tags.as_tag(
        {
            "cells": len(written.cells),
            "runnable": about["runnable"],
            "why": about["why"],
            "secrets": about["secrets"][:20],
        }
    )


def _widgets() -> str:
    """Say so where widgets are alive whose values a user sets by hand."""
    ipywidgets = sys.modules.get("ipywidgets")
    if ipywidgets is None:
        return ""
    widgets = getattr(sys.modules.get("ipywidgets.widgets.widget"), "_instances", {})
    by_hand = (
        ipywidgets.widgets.widget_string.Text,
        ipywidgets.widgets.widget_bool.Checkbox,
        ipywidgets.widgets.widget_bool.ToggleButton,
        ipywidgets.widgets.widget_selection._Selection,  # noqa: SLF001 - the base of all of them
        ipywidgets.widgets.widget_selection._MultipleSelection,  # noqa: SLF001
        ipywidgets.IntSlider,
        ipywidgets.FloatSlider,
        ipywidgets.IntText,
        ipywidgets.FloatText,
    )
    if any(isinstance(widget, by_hand) for widget in list(widgets.values())):
        return "widgets hold values that were set by hand"
    return ""
