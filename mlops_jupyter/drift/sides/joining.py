"""Two sides as what can be compared: held by one backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.drift.expressions.asking import database_of
from mlops_jupyter.drift.expressions.tables import ExpressionTables
from mlops_jupyter.drift.memory.tables import MemoryTables
from mlops_jupyter.drift.pairs import Both
from mlops_jupyter.drift.sides.fetching import TableColumns
from mlops_jupyter.drift.sides.sources import is_expression
from mlops_jupyter.errors import BadInput

if TYPE_CHECKING:
    from mlops_jupyter.drift.memory.tables import Columns
    from mlops_jupyter.drift.pairs import Tables
    from mlops_jupyter.drift.sides.sources import Source


def tables_of(before: Source, after: Source) -> Tables:
    """Return both sides, held by one backend.

    Tables of one database stay there. Where a side is elsewhere, both are taken into memory, one
    column at a time.

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
    reference, current = before.table, after.table
    if is_expression(reference) and is_expression(current):
        held = Both(reference, current)
        try:
            database_of(held)
        except BadInput:  # two databases
            pass
        else:
            return ExpressionTables(held)
    return MemoryTables(Both(before, after).map(_columns))


def _columns(source: Source) -> Columns:
    return TableColumns(source.table) if is_expression(source.table) else source.table
