"""Whether what ran is what the notebook says, from top to bottom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mlops_jupyter.tracking.capture import cell_source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops_jupyter.tracking.capture.executions import Entry

Order = Literal["in order", "out of order", "edited since"]


@dataclass(frozen=True)
class Saved:
    """The notebook as it lies on disk.

    Attributes
    ----------
    cells : sequence of (str or None, str)
        Id and source of its code cells.
    mtime : float
        When it was written, in seconds since the epoch.
    """

    cells: Sequence[tuple[str | None, str]]
    mtime: float


def saved_cells(content: Any) -> list[tuple[str | None, str]]:
    """Return id and source of the code cells in a notebook's JSON."""
    found = []
    for cell in content.get("cells", []) if isinstance(content, dict) else []:
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            cell_id = cell.get("id") if isinstance(cell.get("id"), str) else None
            found.append((cell_id, joined(cell.get("source"))))
    return found


def joined(source: object) -> str:
    """Return a cell's source, which a notebook may keep as a list of lines."""
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    return cell_source.normal(source) if isinstance(source, str) else ""


def judge(entries: Sequence[Entry], saved: Saved | None) -> tuple[Order, str]:
    """Say whether cells ran in the notebook's order, and are still as they ran.

    Parameters
    ----------
    entries : sequence of Entry
        What ran, in true order.
    saved : Saved, optional
        The notebook; without it only a cell that ran again after others tells something.

    Returns
    -------
    str
        ``in order``, ``out of order``, or ``edited since``.
    str
        Why it is not in order.
    """
    told = [entry for entry in entries if entry.facts.source.strip()]
    positions = _positions(told, saved)
    if saved is not None and (why := _edited(told, saved)):
        return "edited since", why
    before: tuple[int, Entry] | None = None
    for position, entry in zip(positions, told, strict=True):
        if position is None:
            continue
        if before is not None and position < before[0]:
            return "out of order", f"{_shown(entry)} ran after {_shown(before[1])}"
        before = (position, entry)
    return "in order", ""


def _positions(entries: Sequence[Entry], saved: Saved | None) -> list[int | None]:
    """Return each cell's place in the notebook; None where it cannot be told."""
    ids: dict[str, int] = {}
    if saved is None:
        return [ids.setdefault(e.cell_id, len(ids)) if e.cell_id else None for e in entries]
    ids = {cell_id: n for n, (cell_id, _) in enumerate(saved.cells) if cell_id}
    sources: dict[str, int | None] = {}
    for number, (_, source) in enumerate(saved.cells):
        key = source.strip()
        sources[key] = None if key in sources else number  # twice the same: it could be either
    return [
        ids[entry.cell_id]
        if entry.cell_id in ids
        else sources.get(cell_source.normal(entry.source).strip())
        for entry in entries
    ]


def _edited(entries: Sequence[Entry], saved: Saved) -> str:
    """Say which cell differs from the notebook that was saved after it ran."""
    now = {cell_id: source for cell_id, source in saved.cells if cell_id}
    last = {entry.cell_id: entry for entry in entries if entry.cell_id}
    for cell_id, entry in last.items():
        if entry.started is None or saved.mtime <= entry.started:
            continue  # saved before it ran: what is on disk is older, not newer
        if cell_id not in now:
            if any(now):  # ids are kept at all
                return f"{_shown(entry)} is gone from the notebook"
        elif now[cell_id].strip() != cell_source.normal(entry.source).strip():
            return f"{_shown(entry)} was edited after it ran"
    return ""


def _shown(entry: Entry) -> str:
    if entry.count:
        return f"cell [{entry.count}]"
    first = entry.facts.source.strip().splitlines()[0]
    return f"cell {first[:30]!r}"
