"""Executing a notebook with Papermill, its environment and folder given to the kernel alone."""

from __future__ import annotations

import logging
import os
import signal
import tempfile
import time
import warnings
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from mlops_jupyter.errors import BadInput
from mlops_jupyter.results import Event

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nbformat import NotebookNode

    from mlops_jupyter.notebooks.source import Source
    from mlops_jupyter.results import Events

# How a cell that ends the notebook on purpose looks: sys.exit(), sys.exit(0).
_GOOD_EXITS = ("", "0", "None")
_EVALUE_LIMIT = 300
_LAST_WORDS = 4000


@dataclass(frozen=True)
class Failure:
    """Why a notebook stopped.

    Attributes
    ----------
    cell : int
        The code cell, counted from 1 as its ``In [n]`` is; 0 before the first.
    ename, evalue : str
        The exception's class and text.
    """

    cell: int
    ename: str
    evalue: str

    def __str__(self) -> str:
        return f"{self.ename}: {self.evalue}" if self.evalue else self.ename


@dataclass
class Execution:
    """One pass through a notebook, from top to bottom.

    Attributes
    ----------
    total : int
        How many cells there are to execute.
    executed : int
        How many were started, so far.
    failure : Failure, optional
        Why it stopped before the end.
    """

    total: int = 0
    executed: int = 0
    failure: Failure | None = None


def choose_kernel(source: Source, wanted: str | None) -> tuple[str, str]:
    """Return the name and language of the kernel to use, which is installed.

    Raises
    ------
    BadInput
        It is not; names the ones that are.
    """
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    name = wanted or source.kernel_name or "python3"
    known = KernelSpecManager()
    try:
        return name, known.get_kernel_spec(name).language
    except NoSuchKernel:
        there = ", ".join(sorted(known.find_kernel_specs())) or "none"
        why = "" if wanted else f", which {source.path.name} was written for"
        raise BadInput(
            f"there is no kernel '{name}'{why}", f"choose one with --kernel; there are: {there}"
        ) from None


def execute(
    execution: Execution,
    source: Source,
    output: Path,
    *,
    parameters: Mapping[str, Any],
    kernel: tuple[str, str],
    environment: Mapping[str, str],
    timeout: float | None,
    events: Events,
) -> None:
    """Execute a notebook into `output`, which is written after every cell.

    What happened is left in `execution`, also when this raises (Ctrl-C).

    Parameters
    ----------
    execution : Execution
        Takes what happens.
    source : Source
        The notebook.
    output : Path
        The executed notebook; its folder exists.
    parameters : mapping
        Values to inject.
    kernel : tuple of str
        Name and language.
    environment : mapping
        All environment variables of the kernel.
    timeout : float, optional
        Seconds for the whole notebook.
    events : callable
        Takes a step per cell.
    """
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.clientwrap import PapermillNotebookClient
    from papermill.engines import NotebookExecutionManager

    name, language = kernel
    notebook = _prepare(source, output, parameters, name, language)
    numbers = _numbered(notebook)
    execution.total = len(numbers)
    manager = NotebookExecutionManager(notebook, output_path=str(output), progress_bar=False)
    deadline = None if timeout is None else time.monotonic() + timeout
    current: list[int] = []
    processes: list[Any] = []

    def cell_starts(cell: NotebookNode, cell_index: int) -> None:
        current[:] = [cell_index]
        # Held here, since the client lets go of a kernel that died.
        processes[:] = [getattr(client.km.provisioner, "process", None)]
        execution.executed = numbers[cell_index]
        events(
            Event(
                f"cell {execution.executed} of {execution.total}{_glimpse(cell.source)}",
                execution.executed - 1,
                execution.total,
            )
        )

    # Papermill's own engine takes neither environment nor folder for the kernel, and changes the
    # folder of this process: two runs at once would get each other's.
    client = PapermillNotebookClient(
        manager,
        kernel_name=name,
        log=_silent_log(),
        on_cell_execute=cell_starts,
        timeout_func=lambda _cell: _left(deadline),
    )
    manager.notebook_start()
    streams = tempfile.TemporaryFile()  # noqa: SIM115 - closed below, after the last words are read
    try:
        # The kernel's own streams: what a cell prints reaches the notebook by messages, and is
        # echoed here; left alone, that would mix into our standard output.
        client.execute(
            cwd=str(source.path.parent), env=dict(environment), stdout=streams, stderr=streams
        )
    except CellTimeoutError:
        _mark(manager, current, "TimeoutError", f"stopped after {timeout:g} s")
    except DeadKernelError:
        _keep_last_words(notebook, current, streams)
        _mark(manager, current, "DeadKernelError", f"the kernel died{_cause(processes)}")
    except (RuntimeError, OSError) as error:
        if current:
            raise
        execution.failure = Failure(0, "KernelNotStarted", f"kernel '{name}': {error}")
    except KeyboardInterrupt:
        _mark(manager, current, "KeyboardInterrupt", "stopped by the user")
        raise
    finally:
        streams.close()
        manager.notebook_complete()
        execution.failure = execution.failure or _find_failure(notebook, numbers)
        if execution.failure:
            _add_markers(notebook, output)


def _prepare(
    source: Source, output: Path, parameters: Mapping[str, Any], kernel: str, language: str
) -> NotebookNode:
    """Return the notebook with parameters in place."""
    from papermill.execute import prepare_notebook_metadata, remove_error_markers
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook

    with warnings.catch_warnings():
        # Cells without ids get them in the executed notebook; nbformat warns of what it mends.
        warnings.simplefilter("ignore")
        notebook = load_notebook_node(source.notebook())
    if parameters:
        notebook = parameterize_notebook(
            notebook, dict(parameters), kernel_name=kernel, language=language
        )
    notebook = prepare_notebook_metadata(notebook, source.path.name, output.name)
    return remove_error_markers(notebook)


def _numbered(notebook: NotebookNode) -> dict[int, int]:
    """Return the numbers of the cells to execute, as their ``In [n]`` will be."""
    there = [
        index
        for index, cell in enumerate(notebook.cells)
        if cell.cell_type == "code"
        and cell.source.strip()
        and "skip-execution" not in cell.metadata.get("tags", [])
    ]
    return {index: number for number, index in enumerate(there, 1)}


def _glimpse(code: str) -> str:
    """Return a cell's first line that says something."""
    for line in code.splitlines():
        if shown := line.strip():
            return f": {_one_line(shown, 60)}"
    return ""


def _left(deadline: float | None) -> float | None:
    # nbclient reads 0 as "no limit".
    return None if deadline is None else max(deadline - time.monotonic(), 0.01)


def _mark(manager: Any, current: list[int], ename: str, evalue: str) -> None:
    """Write into the cell that was running why it did not end."""
    from nbformat.v4 import new_output

    if not current:
        return
    cell = manager.nb.cells[current[0]]
    cell.outputs.append(
        new_output("error", ename=ename, evalue=evalue, traceback=[f"{ename}: {evalue}"])
    )
    manager.cell_exception(cell, cell_index=current[0])


def _keep_last_words(notebook: NotebookNode, current: list[int], streams: IO[bytes]) -> None:
    """Show with the cell what its kernel said on its way out: a C library's abort, a dump."""
    from nbformat.v4 import new_output

    size = streams.seek(0, os.SEEK_END)
    streams.seek(max(0, size - _LAST_WORDS))
    if current and (said := streams.read().decode(errors="replace").strip()):
        notebook.cells[current[0]].outputs.append(
            new_output("stream", name="stderr", text=f"the kernel's last words:\n{said}\n")
        )


def _cause(processes: list[Any]) -> str:
    """Return how a process ended, where that tells something."""
    code = getattr(processes[0], "returncode", None) if processes else None
    if code is None:
        return ""
    if code >= 0:
        return f" (exit code {code})"
    name = signal.Signals(-code).name
    return f" ({name}: out of memory?)" if name == "SIGKILL" else f" ({name})"


def _find_failure(notebook: NotebookNode, numbers: Mapping[int, int]) -> Failure | None:
    """Return why Papermill stopped; an error that a cell's tags allow is none."""
    for index, number in numbers.items():
        cell = notebook.cells[index]
        if cell.metadata.get("papermill", {}).get("exception") is not True:
            continue
        errors = [output for output in cell.outputs if output.output_type == "error"]
        if not errors:
            return Failure(number, "CellExecutionError", "")
        last = errors[-1]
        if last.ename == "SystemExit" and last.evalue in _GOOD_EXITS:
            return None
        return Failure(number, _one_line(last.ename, 80), _one_line(last.evalue, _EVALUE_LIMIT))
    return None


def _add_markers(notebook: NotebookNode, output: Path) -> None:
    """Let Papermill write its pointer to the failing cell at the top of the executed notebook."""
    from papermill.exceptions import PapermillExecutionError
    from papermill.execute import raise_for_execution_errors

    try:
        raise_for_execution_errors(notebook, str(output))
    except PapermillExecutionError:
        return  # it is told as Failure


def _one_line(text: str, limit: int) -> str:
    """Return the first line of a text from a notebook, safe for a terminal."""
    first = next((line for line in str(text).splitlines() if line.strip()), "")
    shown = "".join(char for char in first if char.isprintable()).strip()
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def _silent_log() -> logging.Logger:
    """Return a log of nobody's: what it would say is told by events and errors."""
    # Not getLogger: nobody's settings should make it speak, and none are changed.
    return logging.Logger("mlops_jupyter.notebooks", logging.CRITICAL + 1)  # noqa: LOG001
