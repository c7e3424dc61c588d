"""Columns of a database's table as a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.drift.sides.arrow import as_series

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

_BATCH = 100_000  # rows


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
    """
    import pandas as pd
    import pyarrow as pa

    # By names of our own: the database's may differ in case alone.
    names = [f"c{number}" for number in range(len(places))]
    chosen = table.select(
        **{name: table[table.columns[place]] for name, place in zip(names, places, strict=True)}
    )
    reader = chosen.to_pyarrow_batches(chunk_size=_BATCH)
    batches = list(reader if kept is None else _only(reader, kept))
    found = pa.Table.from_batches(batches, schema=reader.schema)
    return pd.DataFrame(
        {name: as_series(found.column(place)).array for place, name in enumerate(called)}
    )


def _only(reader: pa.RecordBatchReader, kept: NDArray[np.int64]) -> list[pa.RecordBatch]:
    import numpy as np

    batches, start = [], 0
    for batch in reader:
        end = start + batch.num_rows
        first, last = np.searchsorted(kept, [start, end])
        if last > first:
            batches.append(batch.take(kept[first:last] - start))
        start = end
    return batches
