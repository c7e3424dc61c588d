"""Two sides as what can be compared: in memory, or asked of databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from mlops_jupyter.drift.expressions.tables import ExpressionTables
from mlops_jupyter.drift.memory.tables import MemoryTables
from mlops_jupyter.drift.pairs import Both
from mlops_jupyter.drift.sides.fetching import TableColumns, as_table
from mlops_jupyter.drift.sides.sizes import fits
from mlops_jupyter.drift.sides.sources import is_expression

if TYPE_CHECKING:
    import ibis

    from mlops_jupyter.drift.memory.tables import Columns
    from mlops_jupyter.drift.pairs import Tables
    from mlops_jupyter.drift.sides.sources import Source

# Rows of another program than DuckDB, which is in this process, that are taken out of it.
_MOST_TAKEN = 2_000_000


def tables_of(before: Source, after: Source) -> Tables:
    """Return both sides as one thing that can be asked about their columns.

    Two tables of databases stay where they are. Everything else is compared in memory, one column
    at a time, where a quarter of the free memory is enough for that; if not, files are asked for
    by DuckDB, which spills what does not fit.

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
    sides = Both(before, after)
    in_databases = [is_expression(side.table) for side in sides]
    if all(in_databases):
        return ExpressionTables(sides.map(_table))
    small = fits(sides) and not any(_is_far(side) for side in sides)
    movable = any(in_databases) or any(side.stored is not None for side in sides)
    if small or not movable or any(_has_one_twice(side.names) for side in sides):
        return MemoryTables(sides.map(_columns))
    return ExpressionTables(sides.map(_table))


def _has_one_twice(names: list[str]) -> bool:
    """Whether a database would take two names for one: case does not tell them apart there."""
    return len({name.casefold() for name in names}) < len(names)


def _is_far(side: Source) -> bool:
    """Whether a side is a large table of another program."""
    if not is_expression(side.table):
        return False
    return side.table.get_backend().name != "duckdb" and side.rows > _MOST_TAKEN


def _columns(side: Source) -> Columns:
    return TableColumns(side.table) if is_expression(side.table) else side.table


def _table(side: Source) -> ibis.Table:
    if is_expression(side.table):
        return side.table
    stored = side.stored() if side.stored is not None else None
    # Not all that Arrow reads has the same columns in DuckDB: folders are columns here, for one.
    if stored is not None and set(side.names) <= set(stored.columns):
        return stored.select(*side.names)
    return as_table(cast("Columns", side.table))
