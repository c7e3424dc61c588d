"""The journal: the cells that this kernel really executed, in true order, with what they showed.

It is filled by whoever sees the cells run, and written as a linear notebook at the end of a run.
Filling it costs a cell next to nothing: masking and writing wait for a run's end.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from mlops_jupyter.tracking.capture.executions import Done, Entry, Stream, pack_output, weight
from mlops_jupyter.tracking.capture.outputs import PackedCell, note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mlops_jupyter.tracking.capture.masking import Masker
    from mlops_jupyter.tracking.capture.outputs import Packer

SCHEMA_VERSION = 1
# Characters of output that no run has written yet; beyond it the oldest are dropped.
MEMORY_LIMIT = 32_000_000

_current: Journal | None = None


def current() -> Journal | None:
    """Return the journal of this kernel, where one is kept."""
    return _current


def use(journal: Journal | None) -> None:
    """Make a journal this kernel's; None: there is none any more."""
    global _current  # noqa: PLW0603 - a process is one kernel
    _current = journal


class Written(NamedTuple):
    """The journal as cells of a notebook, and its metadata."""

    cells: list[PackedCell]
    metadata: dict[str, Any]


class Journal:
    """Keeps the executions of one kernel."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.unseen: str = ""
        # Waits until what was printed has arrived; whoever fills the journal sets it.
        self.catch_up: Callable[[], None] = lambda: None
        self._lock = threading.RLock()
        self._waiting: deque[Entry] = deque()  # with output that no run has written yet
        self._in_memory = 0
        self._learnt = 0  # so many entries, from the first, have been seen by a masker
        self._displays: dict[str, tuple[Entry, dict[str, Any]]] = {}

    def remember(self, history: Iterable[tuple[int, str, str | None]]) -> None:
        """Add cells that ran before: count, source and what they raised is all that is known."""
        for count, source, raised in history:
            self.entries.append(
                Entry(len(self.entries), source, count=count, raised=raised, ended=True)
            )

    def begin(self, source: str, *, cell_id: str | None = None, count: int | None = None) -> Entry:
        """A cell starts."""
        with self._lock:
            entry = Entry(len(self.entries), source, cell_id, count, started=time.time())
            self.entries.append(entry)
        return entry

    def end(self, entry: Entry, error: BaseException | None, traceback: list[str]) -> None:
        """A cell has ended."""
        with self._lock:
            if entry.started is not None:
                entry.duration_s = time.perf_counter() - entry.clock
            entry.raised = type(error).__name__ if error is not None else None
            entry.ended = True
            entry.done = None
            if error is not None:
                self.add(
                    entry,
                    {
                        "output_type": "error",
                        "ename": type(error).__name__,
                        "evalue": str(error)[:4000],
                        "traceback": traceback[:200],
                    },
                )

    def stream(self, entry: Entry, name: str, text: str) -> None:
        """A cell has written to standard output or error."""
        with self._lock:
            self._clear_if_asked(entry)
            last = entry.outputs[-1] if entry.outputs else None
            if not isinstance(last, Stream) or last.name != name:
                last = Stream(name)
                entry.outputs.append(last)
            before = last.size
            last.write(text)
            self._grown(entry, last.size - before)

    def add(self, entry: Entry, output: dict[str, Any], display_id: str | None = None) -> None:
        """A cell has shown something."""
        with self._lock:
            self._clear_if_asked(entry)
            entry.outputs.append(output)
            if display_id is not None:
                self._displays[display_id] = (entry, output)
                if len(self._displays) > 500:
                    self._displays.pop(next(iter(self._displays)))
            self._grown(entry, weight(output))

    def update(self, display_id: str, data: dict[str, Any]) -> None:
        """Something that a cell showed is shown anew."""
        with self._lock:
            if display_id in self._displays:
                entry, output = self._displays[display_id]
                output["data"] = data  # one that a run has written stays as it was then
                entry.done = None

    def clear(self, entry: Entry, *, wait: bool) -> None:
        """A cell takes back what it has shown."""
        with self._lock:
            entry.clear_first = True
            if not wait:
                self._clear_if_asked(entry)

    def write(self, packer: Packer, *, outputs: bool) -> Written:
        """Return the journal as a notebook's cells, everything masked.

        Parameters
        ----------
        packer : Packer
            Packs cells, and masks their outputs.
        outputs : bool
            Whether outputs are kept.
        """
        self.catch_up()
        self.learn(packer.masker)
        with self._lock:
            done = [self._done(entry, packer, outputs) for entry in self.entries]
            if outputs:  # all of it is packed now
                self._waiting.clear()
                self._in_memory = 0
        blind = [entry for entry, packed in zip(self.entries, done, strict=True) if packed.blind]
        why = _why_not(self, blind)
        about = {
            "schema_version": SCHEMA_VERSION,
            "runnable": not why,
            "why": "; ".join(why[:4]) or None,
            "secrets": list(dict.fromkeys(name for packed in done for name in packed.secrets)),
        }
        cells = [packed.cell for packed in done if packed.cell is not None]
        return Written(cells, {"mlops": about})

    def learn(self, masker: Masker) -> None:
        """Let a masker see all code first: what is a credential in one cell is shown by another."""
        with self._lock:
            for entry in self.entries[self._learnt :]:
                masker.source(entry.facts.source)
                self._learnt += entry.ended and self._learnt == entry.number

    def _done(self, entry: Entry, packer: Packer, outputs: bool) -> Done:
        """Return what an entry becomes; for one that has ended, found out once."""
        key = (packer.workspace.root, outputs, packer.masker.generation)
        if entry.done is not None and entry.done.key == key and _is_there(entry.done.cell):
            return entry.done
        source = entry.facts.source
        masked = packer.masker.source(source)
        cell = None
        if source.strip():
            head = {
                "cell_type": "code",
                "execution_count": entry.count,
                "id": f"c{entry.number}",
                "metadata": _metadata(entry, outputs_kept=outputs),
                "source": masked.text,
            }
            packed = [pack_output(output, packer) for output in entry.outputs] if outputs else []
            if outputs and entry.ended:
                entry.outputs[:] = packed
            cell = packer.cell(head, packed)
        key = (packer.workspace.root, outputs, packer.masker.generation)
        done = Done(key, cell, masked.secrets, masked.blind)
        entry.done = done if entry.ended else None
        return done

    def _grown(self, entry: Entry, by: int) -> None:
        """Count what is in memory, and drop the oldest output where it is too much."""
        entry.done = None
        if not self._waiting or self._waiting[-1] is not entry:
            self._waiting.append(entry)
        self._in_memory += by
        while self._in_memory > MEMORY_LIMIT and len(self._waiting) > 1:
            oldest = self._waiting.popleft()
            self._in_memory -= oldest.size
            oldest.outputs = [note("[output not kept: too much before the first tracked run]")]

    def _clear_if_asked(self, entry: Entry) -> None:
        if entry.clear_first:
            entry.clear_first = False
            self._in_memory -= min(entry.size, self._in_memory)
            entry.outputs.clear()
            entry.done = None


def _metadata(entry: Entry, *, outputs_kept: bool) -> dict[str, Any]:
    mine: dict[str, Any] = {}
    if entry.cell_id:
        mine["cell_id"] = entry.cell_id
    if entry.started is not None:
        mine["started"] = datetime.fromtimestamp(entry.started, UTC).isoformat()
    if entry.duration_s is not None:
        mine["duration_s"] = round(entry.duration_s, 6)
    if entry.started is None or not outputs_kept:
        mine["outputs"] = "unknown" if entry.started is None else "left out"
    found: dict[str, Any] = {"mlops": mine}
    if entry.raised is not None:
        found["tags"] = ["raises-exception"]
    return found


def _why_not(journal: Journal, blind: list[Entry]) -> list[str]:
    """Return why the journal cannot be run again; empty where it can."""
    reasons = [journal.unseen] if journal.unseen else []
    counts = {entry.count for entry in journal.entries if entry.count is not None}
    if missing := sorted(set(range(1, max(counts, default=0) + 1)) - counts):
        reasons.append(f"not recorded: {_cells(missing)}")
    for entry in journal.entries:
        here = _cells([entry.count] if entry.count else [])
        if entry.facts.asks:
            reasons.append(f"{here} asks for input")
        if entry.facts.lost:
            reasons.append(f"{here}: {entry.facts.lost}")
        if entry.raised == "KeyboardInterrupt":
            reasons.append(f"{here} was stopped by hand")
    reasons += [f"{_cells([e.count] if e.count else [])} holds a masked secret" for e in blind]
    return list(dict.fromkeys(reasons))


def _cells(counts: list[int]) -> str:
    if not counts:
        return "a cell"
    shown = ", ".join(f"[{count}]" for count in counts[:3])
    return f"cell{'s' if len(counts) > 1 else ''} {shown}{' …' if len(counts) > 3 else ''}"


def _is_there(cell: PackedCell | None) -> bool:
    return cell is None or all(path.exists() for path in cell.files.values())
