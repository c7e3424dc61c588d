"""Columns of a database's table, taken out of it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mlops_jupyter.drift.expressions.asking import database_of
from mlops_jupyter.drift.pairs import text
from mlops_jupyter.drift.sides.arrow import as_array, as_series

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import ibis
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

    from mlops_jupyter.drift.expressions.asking import Database
    from mlops_jupyter.drift.memory.tables import Columns

_BATCH = 100_000  # rows


@dataclass(frozen=True)
class TableColumns:
    """The columns of a database's table, of which one at a time comes into memory."""

    table: ibis.Table

    @property
    def names(self) -> list[str]:
        """Its columns, as text."""
        return [text(name) for name in self.table.columns]

    @cached_property
    def rows(self) -> int:
        """Its rows."""
        return counted(self.table)

    def series(self, place: int) -> pd.Series[Any]:
        """Return the column at a place."""
        table = self.table.select(c0=self.table[self.table.columns[place]])
        found = database_of(table).arrow(table)
        return as_series(found.column(0))


def as_table(columns: Columns) -> ibis.Table:
    """Return columns in memory as a table of DuckDB, which shares most of their memory.

    Parameters
    ----------
    columns : Columns
        Each with a name of its own.

    Examples
    --------
    >>> from mlops_jupyter.drift.memory.tables import FrameColumns
    >>> as_table(FrameColumns(june)).schema()["temp"]
    Float64(nullable=True)
    """
    import ibis
    import pyarrow as pa

    arrays = [as_array(columns.series(place)) for place in range(len(columns.names))]
    return ibis.memtable(pa.table(arrays, names=columns.names))


def counted(table: ibis.Table) -> int:
    """Return the rows of a table.

    Raises
    ------
    BadInput
        The database does not answer.

    Examples
    --------
    >>> import ibis
    >>> counted(ibis.memtable({"x": [1, 2]}))
    2
    """
    return int(database_of(table).row(table.aggregate(rows=table.count()))["rows"])


def fetched(
    table: ibis.Table,
    places: Sequence[int],
    kept: NDArray[np.int64] | None,
    called: Sequence[str],
) -> pd.DataFrame:
    """Return columns of a table, row by row.

    Parameters
    ----------
    table : ibis.Table
        In any database.
    places : sequence of int
        Which columns.
    kept : numpy.ndarray, optional
        The places of the rows to keep, in order; all by default. No more than a batch of the
        others is ever held.
    called : sequence of str
        What to call the columns.

    Raises
    ------
    BadInput
        The database does not answer.

    Examples
    --------
    >>> import ibis
    >>> fetched(ibis.memtable({"x": [1, 2], "y": [3, 4]}), [1], None, ["late"]).late.tolist()
    [3, 4]
    """
    import pandas as pd

    # By names of our own: the database's may differ in case alone.
    names = [f"c{number}" for number in range(len(places))]
    chosen = table.select(
        **{name: table[table.columns[place]] for name, place in zip(names, places, strict=True)}
    )
    database = database_of(chosen)
    found = database.arrow(chosen) if kept is None else _only(database, chosen, kept)
    return pd.DataFrame(
        {name: as_series(found.column(place)).array for place, name in enumerate(called)}
    )


def _only(database: Database, table: ibis.Table, kept: NDArray[np.int64]) -> pa.Table:
    import numpy as np
    import pyarrow as pa

    if database.backend.name == "pyspark":  # gives all rows at once
        return database.arrow(table).take(kept)
    start = 0
    batches = []
    with database.answering(), _batches(database, table) as reader:
        for batch in reader:
            end = start + batch.num_rows
            first, last = np.searchsorted(kept, [start, end])
            if last > first:
                batches.append(batch.take(kept[first:last] - start))
            start = end
        return pa.Table.from_batches(batches, schema=reader.schema)


@contextlib.contextmanager
def _batches(database: Database, table: ibis.Table) -> Iterator[pa.RecordBatchReader]:
    """Read a table in batches; nothing else can be asked of its connection meanwhile."""
    backend = database.backend
    if backend.name != "duckdb":
        yield table.to_pyarrow_batches(chunk_size=_BATCH)
        return
    # Ibis calls a function for this that DuckDB has no longer. Frames it makes known to the
    # database only when it runs an expression by itself.
    database.arrow(table.limit(0))
    relation = backend.con.sql(backend.compile(table))
    with contextlib.closing(relation.to_arrow_reader(_BATCH)) as reader:
        yield reader
