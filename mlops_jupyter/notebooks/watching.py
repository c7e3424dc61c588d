"""A notebook while it is executed: the cell that runs, what it says and uses, and the log of it."""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any

from mlops_jupyter.notebooks.lines import Lines
from mlops_jupyter.notebooks.memory import Family
from mlops_jupyter.notebooks.records import CellRun
from mlops_jupyter.results import Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from typing import Literal

    from mlops_jupyter.results import Events

# So often faces are told, in seconds.
TICK = 0.25
_LOG_LIMIT = 50_000_000
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Log:
    """The log file of a notebook: each line with its time. A full disk stops nothing but it."""

    def __init__(self, path: Path) -> None:
        self._file: IO[str] | None = None
        self._left = _LOG_LIMIT
        with contextlib.suppress(OSError):
            self._file = path.open("w", encoding="utf-8", errors="replace", buffering=1)

    def write(self, text: str) -> None:
        """Add a line."""
        if self._file is None:
            return
        line = f"{_now()}  {text.rstrip()}\n"
        self._left -= len(line)
        if self._left < 0:
            line = f"{_now()}  the log is full: the rest is in the executed notebook\n"
        try:
            self._file.write(line)
        except OSError:
            self._left = -1
        if self._left < 0:
            self.close()

    def close(self) -> None:
        """Write no more."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
            self._file = None


@dataclass
class _Running:
    """The cell that is running."""

    number: int
    line: str
    started: str
    since: float
    own_peak: int
    seen: int = 0
    said: str = ""
    streams: dict[str, Lines] = field(default_factory=dict)


class Watch:
    """Watches one execution.

    Parameters
    ----------
    total : int
        How many cells there are.
    log : Log
        Takes what is said.
    events : callable
        Takes each cell's beginning, and how it is getting on.
    """

    def __init__(self, total: int, log: Log, events: Events) -> None:
        self.total = total
        self.cells: list[CellRun] = []
        self.cpu_seconds = 0.0
        self._log = log
        self._events = events
        self._since = time.monotonic()
        self._family: Family | None = None
        self._running: _Running | None = None

    def begin(self, number: int, line: str, pid: int | None) -> None:
        """Note that a cell begins, in the kernel of that process."""
        if pid is not None and self._family is None:
            self._family = Family(pid)
        peak = self._family.peak() if self._family else 0
        self._running = _Running(number, line, _now(), time.monotonic(), peak)
        self._log.write(self._message)
        self.tick()

    def tick(self) -> None:
        """Look at the memory, and tell how it is getting on."""
        running = self._running
        if running is None:
            return
        in_use = self._family.in_use() if self._family else 0
        running.seen = max(running.seen, in_use)
        self._events(
            Event(
                self._message,
                running.number - 1,
                self.total,
                elapsed=round(time.monotonic() - self._since, 3),
                memory=in_use or None,
                said=running.said,
            )
        )

    def said(self, kind: str, content: Mapping[str, Any]) -> None:
        """Take what the running cell shows, as a message of Jupyter's."""
        running = self._running
        if running is None:
            return
        if kind == "stream":
            stream = running.streams.setdefault(str(content.get("name")), Lines())
            done = stream.feed(str(content.get("text", "")))
            self._write(done)
            running.said = _last([*done, stream.latest]) or running.said
        elif kind in ("execute_result", "display_data"):
            shown = str(content.get("data", {}).get("text/plain", ""))
            self._write(shown.splitlines())
            running.said = _last(shown.splitlines()) or running.said
        elif kind == "error":
            trace = [str(part) for part in content.get("traceback", ())]
            self._write(_COLOUR.sub("", "\n".join(trace)).splitlines())

    def end(self, status: Literal["completed", "failed", "stopped"], why: str = "") -> None:
        """Note that the running cell ended."""
        running = self._running
        if running is None:
            return
        seconds = time.monotonic() - running.since
        if self._family:
            own = self._family.peak()
            running.seen = max(running.seen, self._family.in_use())
            # It grew, so it is of this cell; the kernel's own meters may have set it back.
            if own > running.own_peak:
                running.seen = max(running.seen, own)
            self.cpu_seconds = self._family.cpu_seconds()
        for stream in running.streams.values():
            self._write(stream.flush())
        peak = running.seen or None
        cell = CellRun(
            number=running.number,
            line=running.line,
            status=status,
            started=running.started,
            duration_s=round(seconds, 3),
            peak_memory=peak,
        )
        self.cells.append(cell)
        memory = f", at most {peak / 1e6:.0f} MB" if peak else ""
        what = "took" if status == "completed" else f"{status} after"
        reason = f": {why}" if why else ""
        self._log.write(
            f"cell {cell.number} of {self.total} {what} {seconds:.2f} s{memory}{reason}"
        )
        self._running = None

    def close(self) -> None:
        """Note that nothing comes any more."""
        self._log.close()

    @property
    def _message(self) -> str:
        running = self._running
        if running is None:
            return ""
        line = f": {running.line}" if running.line else ""
        return f"cell {running.number} of {self.total}{line}"

    def _write(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._log.write(f"  {line}")


def _last(lines: list[str]) -> str:
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
