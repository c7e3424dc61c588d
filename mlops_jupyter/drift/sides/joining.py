"""Two sides as what can be compared: held by one backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.drift.memory.tables import MemoryTables
from mlops_jupyter.drift.pairs import Both

if TYPE_CHECKING:
    from mlops_jupyter.drift.pairs import Tables
    from mlops_jupyter.drift.sides.sources import Source


def tables_of(before: Source, after: Source) -> Tables:
    """Return both sides, held by one backend.

    Parameters
    ----------
    before, after : Source
        The reference and current.

    Examples
    --------
    >>> sides = [drift.sides.read(ws, frame, "reference") for frame in (june, july)]
    >>> tables_of(*sides).rows
    Both(reference=200, current=200)
    """
    return MemoryTables(Both(before.table, after.table))
