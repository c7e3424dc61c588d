"""Executions of cells, as the journal holds them until a run has written them."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from mlops_jupyter.tracking.capture import cell_source
from mlops_jupyter.tracking.capture.outputs import PackedCell

if TYPE_CHECKING:
    from mlops_jupyter.tracking.capture.outputs import Packer

# Characters of one stream of a cell that are kept: half of them from its beginning.
STREAM_LIMIT = 400_000


class Stream:
    """Text of a stream: its beginning and its end, however long it is."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.size = 0
        self._head: list[str] = []
        self._tail: deque[str] = deque()
        self._in_head = self._in_tail = self._dropped = 0

    def write(self, text: str) -> None:
        """Add what was printed."""
        half = STREAM_LIMIT // 2
        if self._in_head < half:
            room = half - self._in_head
            self._head.append(text[:room])
            self._in_head += len(text[:room])
            text = text[room:]
        if text:
            if len(text) > half:
                self._dropped += len(text) - half
                text = text[-half:]
            self._tail.append(text)
            self._in_tail += len(text)
            while self._in_tail > half:
                self._in_tail -= len(self._tail[0])
                self._dropped += len(self._tail.popleft())
        self.size = self._in_head + self._in_tail

    def output(self) -> dict[str, Any]:
        """Return it as an output of a notebook."""
        cut = f"\n[… {self._dropped} characters not kept …]\n" if self._dropped else ""
        text = "".join(self._head) + cut + "".join(self._tail)
        return {"output_type": "stream", "name": self.name, "text": text}


class Done(NamedTuple):
    """What an entry has become in a notebook; good for as long as `key` is the same."""

    key: tuple[object, ...]
    cell: PackedCell | None
    secrets: tuple[str, ...]
    blind: bool


@dataclass(eq=False)
class Entry:
    """One execution of one cell.

    Attributes
    ----------
    number : int
        Its place in the journal.
    source : str
        As it was sent to the kernel.
    cell_id : str or None
        The frontend's id of the cell.
    count : int or None
        Its execution count; None where it has none of its own.
    started : float or None
        Seconds since the epoch; None for cells from before the journal.
    duration_s : float or None
        None while it runs.
    raised : str or None
        Name of the exception.
    outputs : list
        Those that no run has written are in memory, the others packed.
    """

    number: int
    source: str
    cell_id: str | None = None
    count: int | None = None
    started: float | None = None
    duration_s: float | None = None
    raised: str | None = None
    ended: bool = False
    outputs: list[dict[str, Any] | Stream | PackedCell] = field(default_factory=list, repr=False)
    clock: float = field(default_factory=time.perf_counter, repr=False)
    clear_first: bool = False
    done: Done | None = field(default=None, repr=False)

    @property
    def size(self) -> int:
        """Characters of output in memory, about."""
        return sum(weight(output) for output in self.outputs)

    @cached_property
    def facts(self) -> Facts:
        """What there is to know of the source."""
        return Facts.of(self.source)


class Facts(NamedTuple):
    """What a cell's source says of whether it can run again.

    Attributes
    ----------
    source : str
        Without our own magics.
    lost : str
        What taking them out has lost.
    asks : bool
        Whether it waits for somebody's answer.
    """

    source: str
    lost: str
    asks: bool

    @classmethod
    def of(cls, source: str) -> Facts:
        """Look at a source."""
        source, lost = cell_source.without_ours(cell_source.normal(source))
        asks = False
        if "input" in source or "getpass" in source:
            tree = cell_source.parse(source)
            asks = tree is not None and cell_source.asks_for_input(tree)
        return cls(source, lost, asks)


def pack_output(output: dict[str, Any] | Stream | PackedCell, packer: Packer) -> PackedCell:
    """Pack an output, or look again at one that is packed."""
    if isinstance(output, PackedCell):
        return packer.again(output)
    return packer.output(output.output() if isinstance(output, Stream) else output)


def weight(output: dict[str, Any] | Stream | PackedCell) -> int:
    """Return about how many characters of an output are in memory, without writing it out."""
    if isinstance(output, Stream):
        return output.size
    if isinstance(output, PackedCell):
        return 0
    total = 0
    for value in output.get("data", output).values():
        if isinstance(value, (str, bytes)):
            total += len(value)
        elif isinstance(value, list):
            total += len(value) * (len(str(value[0])[:1000]) if value else 0)
        else:
            total += 10_000 if isinstance(value, dict) else 10
    return total
