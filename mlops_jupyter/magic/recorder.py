"""Recording: between what IPython and the kernel tell of cells, and the journal.

Outputs are seen on their way to the frontend, by the hooks that ipykernel has for this; in a plain
IPython shell by the history that it keeps anyway. Nothing of the user's is wrapped.
"""

from __future__ import annotations

import sys
import traceback
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from mlops_jupyter.mime import MIME_TYPE
from mlops_jupyter.tracking.capture import journal as journals
from mlops_jupyter.tracking.capture.executions import STREAM_LIMIT
from mlops_jupyter.tracking.capture.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from IPython.core.interactiveshell import InteractiveShell

    from mlops_jupyter.tracking.capture.executions import Entry

# The cell that runs, in a shell that has no messages.
_NO_MESSAGE = ""
# What late output is still matched to: a thread may print when its cell is long over.
_REMEMBERED = 2000


class Recorder:
    """Fills the journal of one shell from `start` to `stop`.

    Parameters
    ----------
    shell : InteractiveShell
        The kernel's shell.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self.journal = Journal()
        self._shell = shell
        self._running: dict[str, tuple[Entry, Any]] = {}
        self._by_message: dict[str, Entry] = {}
        self._history_before: tuple[int, int] = (0, 0)
        self._streams: list[Any] = [
            stream
            for stream in (sys.stdout, sys.stderr)
            if hasattr(stream, "register_hook") and hasattr(stream, "pub_thread")
        ]
        self._publishers: list[Any] = [
            publisher
            for publisher in (shell.display_pub, shell.displayhook)
            if hasattr(publisher, "register_hook")
        ]

    def start(self) -> None:
        """Record from now on; of earlier cells what the shell's history knows."""
        self._remember()
        self._shell.events.register("pre_run_cell", self._before_cell)
        self._shell.events.register("post_run_cell", self._after_cell)
        for publisher in self._publishers:
            publisher.register_hook(self._seen)
        for stream in self._streams:
            # Hooks of a stream belong to a thread, and it is written out by this one.
            stream.pub_thread.schedule(partial(stream.register_hook, self._seen))
        self.journal.catch_up = self._catch_up
        journals.use(self.journal)

    def stop(self) -> None:
        """Record no longer, and leave nothing behind."""
        self._shell.events.unregister("pre_run_cell", self._before_cell)
        self._shell.events.unregister("post_run_cell", self._after_cell)
        for publisher in self._publishers:
            publisher.unregister_hook(self._seen)
        for stream in self._streams:
            stream.pub_thread.schedule(partial(stream.unregister_hook, self._seen))
        if journals.current() is self.journal:
            journals.use(None)

    def _catch_up(self) -> None:
        """Wait until all that was printed has been seen."""
        for stream in self._streams:
            stream.flush()

    def _remember(self) -> None:
        """Take over what ran before; the cell that loads us is the last of it."""
        known = self._shell.history_manager
        raised = {n: str(e.get("ename")) for n, e in known.exceptions.items()}
        history = list(enumerate(known.input_hist_raw))[1:]
        self.journal.remember((number, source, raised.get(number)) for number, source in history)
        if history:
            entry = self.journal.entries[-1]
            self._begun(entry, SimpleNamespace(raw_cell=entry.source))

    def _before_cell(self, info: Any) -> None:
        message = self._message()
        if self._inside_another(message, info):
            return
        count = None
        if info.store_history:
            count = self._shell.execution_count - 1
        cell_id = getattr(info, "cell_id", None) or self._cell_id()
        entry = self.journal.begin(info.raw_cell or "", cell_id=cell_id, count=count)
        self._begun(entry, info)

    def _inside_another(self, message: str, info: Any) -> bool:
        """Whether a cell that is being recorded runs this one."""
        running = self._running.get(message)
        if running is None:
            return False
        # Loaded when no cell was running: that one has ended long ago.
        return not (isinstance(running[1], SimpleNamespace) and info.store_history)

    def _begun(self, entry: Entry, info: Any) -> None:
        message = self._message()
        self._running[message] = (entry, info)
        if message:
            self._by_message[message] = entry
            if len(self._by_message) > _REMEMBERED:
                self._by_message.pop(next(iter(self._by_message)))
        self._history_before = self._history_now(entry.count)

    def _after_cell(self, result: Any) -> None:
        message = self._message()
        running = self._running.get(message)
        if running is None:
            return
        entry, info = running
        # IPython makes another info where an event loop was interrupted.
        if result is not None and result.info is not info and result.info.raw_cell != info.raw_cell:
            return
        del self._running[message]
        error = None
        if result is not None:
            error = result.error_before_exec or result.error_in_exec
        for output in self._from_history(entry):
            self.journal.add(entry, output)
        self.journal.end(entry, error, self._traceback(error))

    def _seen(self, message: dict[str, Any]) -> dict[str, Any]:
        """See a message on its way to the frontend; it goes on unchanged, whatever happens."""
        try:
            self._record(message)
        except Exception as error:  # noqa: BLE001 - the user's output must not depend on us
            self.journal.unseen = f"an output was not recorded: {type(error).__name__}"
        return message

    def _record(self, message: dict[str, Any]) -> None:
        entry = self._by_message.get(message.get("parent_header", {}).get("msg_id", ""))
        if entry is None:
            return
        kind = message["header"]["msg_type"]
        content = message["content"]
        if kind == "stream":
            self.journal.stream(entry, content["name"], content["text"])
            return
        if kind == "clear_output":
            self.journal.clear(entry, wait=bool(content.get("wait")))
            return
        data = dict(content.get("data", {}))
        if MIME_TYPE in data:  # our own line under a cell
            return
        display_id = content.get("transient", {}).get("display_id")
        if kind == "update_display_data":
            self.journal.update(display_id, data)
            return
        output = {"output_type": kind, "data": data, "metadata": dict(content.get("metadata", {}))}
        if kind == "execute_result":
            output["execution_count"] = content.get("execution_count")
        self.journal.add(entry, output, display_id)

    def _from_history(self, entry: Entry) -> Iterator[dict[str, Any]]:
        """Return what IPython itself has kept of a cell's output, where no hook has seen it."""
        streams_seen = bool(self._streams)
        results_seen = self._shell.displayhook in self._publishers
        if streams_seen and results_seen:
            return
        count, before = self._history_before if not streams_seen else (entry.count or 0, 0)
        outputs = self._shell.history_manager.outputs.get(count, ())
        for output in list(outputs)[before:]:
            kind, bundle = output.output_type, output.bundle
            if kind == "execute_result" and not results_seen and MIME_TYPE not in bundle:
                yield {
                    "output_type": kind,
                    "data": dict(bundle),
                    "metadata": {},
                    "execution_count": entry.count,
                }
            elif kind in ("out_stream", "err_stream") and not streams_seen:
                name = "stdout" if kind == "out_stream" else "stderr"
                text = "".join(bundle["stream"])[:STREAM_LIMIT]
                yield {"output_type": "stream", "name": name, "text": text}
            elif kind == "display_data" and not streams_seen and MIME_TYPE not in bundle:
                yield {"output_type": kind, "data": dict(bundle), "metadata": {}}

    def _history_now(self, count: int | None) -> tuple[int, int]:
        number = self._shell.execution_count if count is None else count
        return number, len(self._shell.history_manager.outputs.get(number, ()))

    def _traceback(self, error: BaseException | None) -> list[str]:
        if error is None:
            return []
        shown = getattr(self._shell, "_last_traceback", None)  # what the kernel has sent
        return list(shown) if shown else traceback.format_exception(error)

    def _message(self) -> str:
        """Return the id of the request that is being answered."""
        parent = self._parent()
        return str(parent.get("header", {}).get("msg_id", _NO_MESSAGE))

    def _cell_id(self) -> str | None:
        found = self._parent().get("metadata", {}).get("cellId")
        return str(found) if found else None

    def _parent(self) -> dict[str, Any]:
        get_parent = getattr(self._shell, "get_parent", None)
        return (get_parent() or {}) if get_parent is not None else {}
