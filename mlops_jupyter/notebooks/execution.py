"""Executing a notebook with Papermill, its environment and folder given to the kernel alone."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlops_jupyter.notebooks.endings import (
    Failure,
    add_markers,
    cause,
    find_failure,
    mark,
    one_line,
    show_last_words,
)
from mlops_jupyter.notebooks.inside import Seen
from mlops_jupyter.notebooks.launching import last_words
from mlops_jupyter.results import Event

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mlops_jupyter.notebooks.client import Client
    from mlops_jupyter.notebooks.launching import Launch
    from mlops_jupyter.notebooks.records import CellRun
    from mlops_jupyter.notebooks.source import Source
    from mlops_jupyter.results import Events


@dataclass
class Execution:
    """One pass through a notebook, from top to bottom.

    Attributes
    ----------
    total : int
        How many cells there are to execute.
    cells : list of CellRun
        Those that were started and have ended.
    cpu_seconds : float
        Processor time of the kernel, up to the end of its last cell.
    returned : dict
        What the notebook returned.
    seen : Seen
        What it read and wrote, where it came to its last cell.
    failure : Failure, optional
        Why it stopped before the end.
    """

    total: int = 0
    cells: list[CellRun] = field(default_factory=list)
    cpu_seconds: float = 0.0
    returned: dict[str, Any] = field(default_factory=dict)
    seen: Seen = field(default_factory=Seen)
    failure: Failure | None = None

    @property
    def executed(self) -> int:
        """How many cells were started."""
        return len(self.cells)


def execute(
    execution: Execution,
    source: Source,
    output: Path,
    *,
    log: Path,
    parameters: Mapping[str, Any],
    launch: Launch,
    first_lines: Sequence[str],
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
    log : Path
        The file that takes what cells print, with times.
    parameters : mapping
        Values to inject.
    launch : Launch
        The kernel, started.
    first_lines : sequence of str
        Lines for the kernel before the first cell, that no cell shows.
    timeout : float, optional
        Seconds for the whole notebook.
    events : callable
        Takes a step per cell, and how it is getting on.
    """
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.engines import NotebookExecutionManager

    from mlops_jupyter.notebooks import injection, returned
    from mlops_jupyter.notebooks.client import Client
    from mlops_jupyter.notebooks.watching import Log, Watch

    notebook = injection.prepare(source, output, parameters, launch.name, launch.language)
    numbers = injection.numbered(notebook)
    execution.total = len(numbers)
    manager = NotebookExecutionManager(notebook, output_path=str(output), progress_bar=False)
    watch = Watch(execution.total, Log(log), events)
    execution.cells = watch.cells
    deadline = None if timeout is None else time.monotonic() + timeout
    # Papermill's own engine takes neither environment nor folder for the kernel, and changes the
    # folder of this process: two runs at once would get each other's.
    client = Client(
        manager, launch, watch, numbers=numbers, first_lines=first_lines, deadline=deadline
    )
    manager.notebook_start()
    try:
        if launch.failure:
            raise launch.failure
        client.execute(cleanup_kc=True)
    except CellTimeoutError:
        _mark(client, "TimeoutError", f"stopped after {timeout:g} s")
    except DeadKernelError:
        if not client.left:
            _tell_death(client, launch)
    except (RuntimeError, OSError) as error:
        if client.current is not None:
            raise
        said = one_line(last_words(launch.streams)[::-1].partition("\n")[0][::-1], 200)
        why = f"{error}; it said: {said}" if said else str(error)
        execution.failure = Failure(0, "KernelNotStarted", f"kernel '{launch.name}': {why}")
    except KeyboardInterrupt:
        client.stop()
        _mark(client, "KeyboardInterrupt", "stopped by the user")
        raise
    finally:
        watch.close()
        manager.notebook_complete()
        execution.cpu_seconds = watch.cpu_seconds
        execution.failure = execution.failure or find_failure(notebook, numbers)
        execution.returned = returned.read(notebook)
        execution.seen = client.seen
        for reason in [*client.refusals, *client.seen.left_out]:
            events(Event(f"not recorded: {reason}", stays=True))
        if execution.failure:
            add_markers(notebook, output)


def _tell_death(client: Client, launch: Launch) -> None:
    if client.current is not None:
        show_last_words(client.nb.cells[client.current], last_words(launch.streams))
    _mark(client, "DeadKernelError", f"the kernel died{cause(launch.process)}")


def _mark(client: Client, ename: str, evalue: str) -> None:
    if client.current is not None:
        mark(client.nb_man, client.current, ename, evalue)
