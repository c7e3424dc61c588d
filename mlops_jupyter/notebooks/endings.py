"""Why an executed notebook stopped, read from it and written into it."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nbformat import NotebookNode

# How a cell that ends the notebook on purpose looks: sys.exit(), sys.exit(0).
_GOOD_EXITS = ("", "0", "None")
_EVALUE_LIMIT = 300


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


def mark(manager: Any, index: int, ename: str, evalue: str) -> None:
    """Write into the cell that was running why it did not end."""
    from nbformat.v4 import new_output

    cell = manager.nb.cells[index]
    cell.outputs.append(
        new_output("error", ename=ename, evalue=evalue, traceback=[f"{ename}: {evalue}"])
    )
    manager.cell_exception(cell, cell_index=index)


def show_last_words(cell: NotebookNode, said: str) -> None:
    """Show with the cell what its kernel said on its way out."""
    from nbformat.v4 import new_output

    if said:
        text = f"the kernel's last words:\n{said}\n"
        cell.outputs.append(new_output("stream", name="stderr", text=text))


def cause(process: Any) -> str:
    """Return how a process ended, where that tells something."""
    code = getattr(process, "returncode", None)
    if code is None:
        return ""
    if code >= 0:
        return f" (exit code {code})"
    try:
        name = signal.Signals(-code).name
    except ValueError:  # a real-time signal
        name = f"signal {-code}"
    return f" ({name}: out of memory?)" if name == "SIGKILL" else f" ({name})"


def find_failure(notebook: NotebookNode, numbers: Mapping[int, int]) -> Failure | None:
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
        return Failure(number, one_line(last.ename, 80), one_line(last.evalue, _EVALUE_LIMIT))
    return None


def add_markers(notebook: NotebookNode, output: Path) -> None:
    """Let Papermill write its pointer to the failing cell at the top of the executed notebook."""
    from papermill.exceptions import PapermillExecutionError
    from papermill.execute import raise_for_execution_errors

    try:
        raise_for_execution_errors(notebook, str(output))
    except PapermillExecutionError:
        return  # it is told as Failure


def one_line(text: str, limit: int) -> str:
    """Return the first line of a text from a notebook, safe for a terminal."""
    first = next((line for line in str(text).splitlines() if line.strip()), "")
    shown = "".join(char for char in first if char.isprintable()).strip()
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"
