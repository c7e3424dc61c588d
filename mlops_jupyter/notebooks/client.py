"""Papermill's client, watched: what cells say and use, and outputs that bars do not fill."""

from __future__ import annotations

import asyncio
import logging
import time
from queue import Empty
from typing import TYPE_CHECKING, Any

from jupyter_core.utils import ensure_async, run_sync
from nbclient.exceptions import DeadKernelError
from papermill.clientwrap import PapermillNotebookClient

from mlops_jupyter.notebooks import inside
from mlops_jupyter.notebooks.endings import one_line
from mlops_jupyter.notebooks.lines import Lines
from mlops_jupyter.notebooks.watching import TICK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbformat import NotebookNode

    from mlops_jupyter.notebooks.launching import Launch
    from mlops_jupyter.notebooks.watching import Watch

# How long a kernel may take to start on a busy machine; one that dies is noticed at once.
_START_S = 300
# How long a kernel has to answer between cells: it hashes what was read, and copies it.
_ANSWER_S = 60.0


class Client(PapermillNotebookClient):
    """Executes the cells of a notebook in a kernel that was launched.

    Parameters
    ----------
    manager : NotebookExecutionManager
        Papermill's: writes the executed notebook.
    launch : Launch
        The kernel.
    watch : Watch
        Is told of each cell.
    numbers : mapping
        Numbers of the cells to execute, by their places.
    first_lines : sequence of str
        Lines of Python to execute before the first cell, that no cell shows.
    deadline : float, optional
        When the notebook has to be through, on the monotonic clock.

    Attributes
    ----------
    current : int, optional
        The place of the cell that runs, or ran last.
    left : bool
        Whether that has ended the kernel on purpose, by ``exit()``.
    seen : Seen
        What the cells have read and written, once they are through.
    refusals : list of str
        Why the kernel tracks no cells, where it was to.
    """

    def __init__(
        self,
        manager: Any,
        launch: Launch,
        watch: Watch,
        *,
        numbers: Mapping[int, int],
        first_lines: Sequence[str],
        deadline: float | None,
    ) -> None:
        super().__init__(
            manager,
            km=launch.manager,
            kernel_name=launch.name,
            on_cell_executed=self._see_exit,
            log=_silent_log(),
            startup_timeout=_START_S,
            timeout_func=lambda _cell: _left(deadline),
        )
        self._launch = launch
        self._watch = watch
        self._numbers = numbers
        self._first_lines = first_lines
        self._watched = launch.hears_code
        self.seen = inside.Seen()
        self.refusals: list[str] = []
        self._stream: tuple[Any, Lines, list[str]] | None = None
        self._ticking: asyncio.Future[None] | None = None
        self.current: int | None = None
        self.left = False

    def papermill_execute_cells(self) -> None:
        """Execute all cells, in an environment that is known by now."""
        for line in self._first_lines:
            refused = self.tell(line) or {}
            if refused.get("status") == "error":
                self.refusals.append(f"what cells train: {refused['ename']}: {refused['evalue']}")
        super().papermill_execute_cells()
        if self._watched:
            self.seen = inside.answered(self.tell("None", seen=inside.SEEN))

    async def _tell(self, line: str, **expressions: str) -> Mapping[str, Any] | None:
        """Have a line executed that no cell shows; return the reply, None where none comes."""
        asked = self.kc.execute(
            line, silent=True, store_history=False, user_expressions=expressions
        )
        until = time.monotonic() + _ANSWER_S
        while time.monotonic() < until:
            try:
                reply = await ensure_async(self.kc.shell_channel.get_msg(timeout=1))
            except Empty:
                if not await ensure_async(self.km.is_alive()):
                    return None
                continue
            if reply["parent_header"].get("msg_id") == asked:
                content: Mapping[str, Any] = reply["content"]
                return content
        return None

    tell = run_sync(_tell)

    async def async_execute_cell(self, cell: NotebookNode, cell_index: int, **options: Any) -> Any:
        """Execute a cell, and watch it meanwhile."""
        number = self._numbers.get(cell_index)
        if number is None:
            return await super().async_execute_cell(cell, cell_index, **options)
        self.current = cell_index
        self._stream = None
        self._watch.begin(number, glimpse(cell.source), self._launch.process_id)
        self._ticking = asyncio.ensure_future(self._tick())
        ended: Any = "failed"
        try:
            done = await super().async_execute_cell(cell, cell_index, **options)
            ended = "completed"
        finally:
            self._end(cell, ended)
        if self.left:
            raise DeadKernelError("the notebook ended its kernel")
        return done

    # nbclient binds its own at class level; so do we ours.
    execute_cell = run_sync(async_execute_cell)

    def stop(self) -> None:
        """Note that the user has stopped the running cell: its task is left as it was."""
        if self.current is not None:
            self._end(self.nb.cells[self.current], "stopped")

    def _end(self, cell: NotebookNode, status: Any) -> None:
        """Write down what a cell took, in the cell too; once."""
        if self._ticking is None:
            return
        self._ticking.cancel()
        self._ticking = None
        self._watch.end(status)
        took = self._watch.cells[-1]
        cell.metadata["mlops"] = {
            "duration_s": took.duration_s,
            "peak_memory": took.peak_memory,
            "status": took.status,
        }

    def _see_exit(self, execute_reply: Mapping[str, Any], **_about: Any) -> None:
        """Know that a cell said exit(): its kernel is about to go, and will answer no more."""
        said = execute_reply["content"].get("payload") or ()
        self.left = any(each.get("source") == "ask_exit" for each in said)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            self._watch.tick()

    def process_message(self, msg: dict[str, Any], *args: Any, **options: Any) -> Any:
        """Take a message of the running cell."""
        self._watch.said(msg["msg_type"], msg["content"])
        return super().process_message(msg, *args, **options)

    def output(
        self, outs: list[Any], msg: dict[str, Any], display_id: str | None, cell_index: int
    ) -> Any:
        """Add an output; what goes on in the same stream goes on in the same output.

        Otherwise each step of a progress bar is an output of its own.
        """
        stream = msg["msg_type"] == "stream"
        if stream and not self.clear_before_next_output and self._goes_on(outs, msg):
            self._add(msg["content"]["text"])
            return outs[-1]
        out = super().output(outs, msg, display_id, cell_index)
        self._stream = None
        if stream and out is not None and outs and outs[-1] is out:
            self._stream = (out, Lines(colours=True), [])
            self._add(msg["content"]["text"])
        return out

    def _goes_on(self, outs: list[Any], msg: dict[str, Any]) -> bool:
        captured = self.output_hook_stack[msg["parent_header"].get("msg_id")]
        return (
            self._stream is not None
            and not captured
            and bool(outs)
            and outs[-1] is self._stream[0]
            and outs[-1].name == msg["content"].get("name")
        )

    def _add(self, text: str) -> None:
        assert self._stream is not None  # noqa: S101 - both callers have set it
        out, lines, done = self._stream
        done += lines.feed(text)
        out.text = "\n".join([*done, *lines.pending])


def glimpse(code: str) -> str:
    r"""Return a cell's first line that says something.

    Examples
    --------
    >>> glimpse("\n  x = 1\ny = 2")
    'x = 1'
    """
    return next((one_line(line, 60) for line in code.splitlines() if line.strip()), "")


def _left(deadline: float | None) -> float | None:
    # nbclient reads 0 as "no limit".
    return None if deadline is None else max(deadline - time.monotonic(), 0.01)


def _silent_log() -> logging.Logger:
    """Return a log of nobody's: what it would say is told by events and errors."""
    # Not getLogger: nobody's settings should make it speak, and none are changed.
    return logging.Logger("mlops_jupyter.notebooks", logging.CRITICAL + 1)  # noqa: LOG001
