"""Executing what is recorded in a copy, as a tracked run of the user's own store."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_jupyter.errors import NotebookFailed
from mlops_jupyter.reproducing.recorded import children
from mlops_jupyter.settings import ENV_STATE
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.store import waiting
from mlops_jupyter.tracking.store.opening import client as open_client

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun

    from mlops_jupyter.notebooks.records import NotebookRun
    from mlops_jupyter.reproducing.copies import Copy
    from mlops_jupyter.reproducing.recorded import Recorded
    from mlops_jupyter.results import Events
    from mlops_jupyter.workspace import Workspace

_MAY_RAISE = "raises-exception"


@dataclass(frozen=True)
class Replay:
    """One reproduction.

    Attributes
    ----------
    done : NotebookRun
        What was executed.
    run : mlflow.entities.Run or None
        The run that stands for the recorded one; None where there is none.
    """

    done: NotebookRun
    run: MlflowRun | None

    @property
    def error(self) -> str | None:
        """Why it stopped before the end, in a line."""
        return self.done.error


def once(
    workspace: Workspace,
    recorded: Recorded,
    copy: Copy,
    *,
    experiment: str,
    variables: Mapping[str, str],
    kernel: str | None,
    timeout: float | None,
    events: Events,
) -> Replay:
    """Execute a run's notebook or journal in a copy; a cell that raises is told, not raised.

    Parameters
    ----------
    workspace : Workspace
        The user's.
    recorded : Recorded
        The run.
    copy : Copy
        Where code and data are in place.
    experiment : str
        The run's.
    variables : mapping
        For the kernel alone.
    kernel : str, optional
        Another kernel than the notebook names.
    timeout : float, optional
        Seconds for all cells.
    events : callable
        Takes a step for each cell.
    """
    from mlops_jupyter.notebooks.run import run

    place = _write(recorded, copy, experiment)
    original = recorded.run.info
    with _lent({**variables, ENV_STATE: str(workspace.state_dir.resolve())}):
        try:
            done = run(
                copy.workspace,
                place,
                parameters=recorded.parameters or None,
                name=f"{original.run_name or original.run_id} (reproduced)",
                experiment=experiment,
                timeout=timeout,
                kernel=kernel,
                extra_tags={tags.REPRODUCES: original.run_id},
                events=events,
            )
        except NotebookFailed as error:
            if error.result is None:
                raise
            done = error.result  # type: ignore[assignment]  # it is a NotebookRun
    opened = open_client(workspace, waiting.recording_store(workspace))
    found = _counterpart(opened, recorded, done.run_id)
    if found is not None and found.info.run_id != done.run_id:
        waiting.reopen(opened, found)
        opened.set_tag(found.info.run_id, tags.REPRODUCES, original.run_id)
    return Replay(done, found)


def _write(recorded: Recorded, copy: Copy, experiment: str) -> Path:
    """Write what is executed to where the notebook was."""
    place = copy.inside(recorded.place, copy.root) or copy.root / "notebook.ipynb"
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.is_symlink() or place.is_file():
        place.unlink()
    notebook = recorded.notebook
    if recorded.way == "journal":
        notebook = {**notebook, "cells": _tracked(recorded, experiment)}
    place.write_text(
        json.dumps(notebook, ensure_ascii=False), encoding="utf-8", errors="surrogatepass"
    )
    return place


def _tracked(recorded: Recorded, experiment: str) -> list[dict[str, Any]]:
    """Return a journal's cells, tracked as they were: our own magics are taken out of a journal.

    What is read is watched from the first cell on, as it was; only the run's own cell is tracked,
    since what trained before it has runs of its own.
    """
    load = _cell("mlops-load", "%load_ext mlops_jupyter")
    track = _cell("mlops-track", f"%mlops track {_quoted(experiment)} --quiet")
    cells = list(recorded.notebook["cells"])
    if recorded.whole:
        track = _cell("mlops-track", f"%mlops track {_quoted(experiment)} --notebook --quiet")
        return [load, track, *cells, _cell("mlops-off", "%mlops track --off")]
    return [load, *cells[:-1], track, *cells[-1:]]


def _cell(name: str, source: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": name,
        "metadata": {},
        "source": source,
        "execution_count": None,
        "outputs": [],
    }


def _quoted(text: str) -> str:
    """Return text as one word of a magic's line; its braces and dollars are no code."""
    import shlex

    return shlex.quote(text.replace("\n", " "))


def _counterpart(opened: MlflowClient, recorded: Recorded, run_id: str) -> MlflowRun | None:
    """Return the run that stands where the recorded one stood."""
    current = opened.get_run(run_id)
    if recorded.way == "journal":
        kind = "notebook" if recorded.whole else "cell"
        below = [
            child for child in children(opened, run_id) if child.data.tags.get(tags.KIND) == kind
        ]
        if not below:
            return None
        current = below[-1]
    for step in recorded.path:
        below = children(opened, current.info.run_id)
        if step >= len(below):
            return None
        current = below[step]
    return current


@contextlib.contextmanager
def _lent(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables that a kernel inherits, and put this process's own back."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def why_not_known(error: str | None) -> str | None:
    """Return why an error says nothing of the run; None where it is an outcome like another.

    Examples
    --------
    >>> why_not_known("FileNotFoundError: No such file: 'a.csv', cell 2 of 3")
    "something that it needs is not recorded: FileNotFoundError: No such file: 'a.csv', cell 2 of 3"
    >>> why_not_known("ValueError: no") is None
    True
    """
    kind, _, said = (error or "").partition(": ")
    if kind in ("FileNotFoundError", "ModuleNotFoundError", "NotFound"):
        return f"something that it needs is not recorded: {error}"
    if kind == "TimeoutError" and said.startswith("stopped after "):
        return f"the time that it was given ran out: {said}"
    if kind in ("DeadKernelError", "KernelNotStarted"):
        return f"its kernel did not live: {said}"
    return None
