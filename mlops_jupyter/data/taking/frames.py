"""Frames in memory, as Parquet: the same frame gives the same bytes, a part at a time.

Rows are taken in parts of one size whatever their layout in memory, so that neither a frame's
history nor the machine shows in the file.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from mlops_jupyter.errors import BadInput
from mlops_jupyter.results import Event, Events

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from mlops_jupyter.data.cache.dvc_store import Store, Stored
    from mlops_jupyter.data.records import Origin, Trailer

_PART_ROWS = 16_384
# A row group: what has to fit into memory at once, twice.
_GROUP_ROWS = 1_048_576
_GROUP_BYTES = 64 * 2**20
_KINDS = "a pandas or polars DataFrame, a polars LazyFrame or a pyarrow Table"

Tick = Callable[[int], None]


@dataclass(frozen=True)
class InMemory:
    """A frame."""

    file: Path
    frame: object = field(repr=False)
    origin: Origin = "frame"
    address: str | None = None

    def put(self, store: Store, known: Sequence[Trailer], events: Events) -> Stored:  # noqa: ARG002 - see Source
        """Put its content into the cache."""
        from mlops_jupyter.data.cache.dvc_store import Stored

        parts = parts_of(self.frame)
        told = f"Writing {self.file.name}"
        done = 0

        def tick(rows: int) -> None:
            nonlocal done
            done += rows
            events(Event(told, done, parts.rows))

        md5, size = store.incoming.write(
            f"the frame {self.file.stem}", lambda target: write(parts, target, tick)
        )
        return Stored(md5, size, 1, notes=parts.notes)


@dataclass(frozen=True)
class Parts:
    """A frame as Arrow has it, some rows at a time.

    Attributes
    ----------
    schema : pyarrow.Schema
        Of all parts, with the metadata that gives back its index.
    tables : iterator of pyarrow.Table
        The rows.
    rows : int or None
        How many; None where it is not known before they are made.
    notes : tuple of str
        What Parquet does not keep of it.
    """

    schema: pa.Schema
    tables: Iterator[pa.Table]
    rows: int | None
    notes: tuple[str, ...] = ()


def is_frame(thing: object) -> bool:
    """Whether a thing is a frame that can be kept.

    Examples
    --------
    >>> is_frame(june), is_frame("data/flights.parquet")
    (True, False)
    """
    return _kind(thing) is not None


def refusal(thing: object) -> BadInput:
    """Return the error for a thing that is no frame, path or address."""
    module, kind = type(thing).__module__.partition(".")[0], type(thing).__name__
    hint = f"give a path, an address, or {_KINDS}"
    if kind == "Series" and module in ("pandas", "polars"):
        hint = "make it a frame: `.to_frame()`"
    elif module in ("modin", "dask", "pyspark", "cudf", "ibis", "duckdb"):
        hint = f"make it one of pandas or Arrow first, or write it to a file; kept is {_KINDS}"
    return BadInput(f"what is of type {module}.{kind} cannot be kept", hint)


def write(parts: Parts, target: BinaryIO, tick: Tick) -> None:
    """Write a frame as Parquet, a row group at a time.

    Raises
    ------
    BadInput
        A column holds what Parquet cannot; says which.
    """
    import pyarrow as pa
    from pyarrow import parquet

    if not parts.schema.names:
        raise BadInput("the frame has no columns", "there is nothing to keep yet")
    try:
        with parquet.ParquetWriter(target, parts.schema, compression="zstd") as writer:
            for group in _groups(parts):
                writer.write_table(group, row_group_size=max(group.num_rows, 1))
                tick(group.num_rows)
    except (pa.ArrowNotImplementedError, pa.ArrowTypeError, pa.ArrowInvalid) as error:
        raise _no_parquet(parts.schema, error) from None


def parts_of(frame: Any) -> Parts:
    """Return a frame as Arrow has it.

    Raises
    ------
    BadInput
        It is none, or a column holds what Arrow cannot; says which.
    """
    kind = _kind(frame)
    if kind is None:
        raise refusal(frame)
    return _READERS[kind](frame)


def _kind(thing: object) -> str | None:
    # Whoever holds a frame has imported its library.
    for module, name in _READERS_BY_TYPE:
        library = sys.modules.get(module)
        if library is not None and isinstance(thing, getattr(library, name)):
            return f"{module}.{name}"
    return None


def _groups(parts: Parts) -> Iterator[pa.Table]:
    """Put parts together to row groups, each in one piece."""
    import pyarrow as pa

    waiting: list[pa.Table] = []
    rows = size = 0
    for table in parts.tables:
        waiting.append(table)
        rows, size = rows + table.num_rows, size + table.nbytes
        if rows + _PART_ROWS > _GROUP_ROWS or size >= _GROUP_BYTES:
            yield pa.concat_tables(waiting).combine_chunks()
            waiting, rows, size = [], 0, 0
    if waiting:
        yield pa.concat_tables(waiting).combine_chunks()


def _starts(rows: int) -> range:
    return range(0, max(rows, 1), _PART_ROWS)


def _of_arrow(table: pa.Table) -> Parts:
    tables = (table.slice(start, _PART_ROWS) for start in _starts(table.num_rows))
    return Parts(table.schema, tables, table.num_rows)


def _of_pandas(frame: pd.DataFrame) -> Parts:
    import pyarrow as pa

    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always", UserWarning)
            schema = pa.Schema.from_pandas(frame)
    except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
        raise _no_arrow(frame, error) from None
    columns = schema.names[: frame.shape[1]]
    levels = schema.names[frame.shape[1] :]

    def table(start: int) -> pa.Table:
        part = frame.iloc[start : start + _PART_ROWS]
        # As the schema names them: it looks them up by these.
        part.columns = columns
        if levels:
            part.index = part.index.set_names(levels)
        try:
            return pa.Table.from_pandas(part, schema=schema, nthreads=1)
        except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
            raise _no_arrow(frame, error) from None

    as_text = any("converted to string" in str(warning.message) for warning in warned)
    notes = ("names that are no text are kept as text",) if as_text else ()
    return Parts(schema, (table(start) for start in _starts(len(frame))), len(frame), notes)


def _of_polars(frame: pl.DataFrame) -> Parts:
    schema = _polars_schema(frame.clear())
    tables = (frame.slice(start, _PART_ROWS).to_arrow() for start in _starts(frame.height))
    return Parts(schema, (table.cast(schema) for table in tables), frame.height)


def _of_lazy(frame: pl.LazyFrame) -> Parts:
    import polars as pl

    schema = _polars_schema(pl.DataFrame(schema=frame.collect_schema()))
    return Parts(schema, (table.cast(schema) for table in _collected(frame)), None)


def _collected(frame: pl.LazyFrame) -> Iterator[pa.Table]:
    """Return the rows of a query in parts, collected by streaming, in order."""
    import polars as pl

    left: pl.DataFrame | None = None
    try:
        for batch in _batches(frame):
            left = batch if left is None else pl.concat([left, batch])
            while left.height >= _PART_ROWS:
                yield left.head(_PART_ROWS).to_arrow()
                left = left.slice(_PART_ROWS)
    except pl.exceptions.PolarsError as error:
        raise BadInput(
            f"the LazyFrame cannot be collected: {str(error).splitlines()[0]}", "try .collect()"
        ) from None
    if left is not None:
        yield left.to_arrow()


def _batches(frame: pl.LazyFrame) -> Iterable[pl.DataFrame]:
    if hasattr(frame, "collect_batches"):
        return frame.collect_batches(maintain_order=True, chunk_size=_PART_ROWS)
    return [frame.collect(engine="streaming")]  # a polars of before 2026: all at once


def _polars_schema(empty: pl.DataFrame) -> pa.Schema:
    import polars as pl

    for name, kind in empty.schema.items():
        if kind == pl.Object:
            raise BadInput(
                f"column {name!r} holds Python objects, which Parquet cannot",
                "make it text or numbers, or leave it out",
            )
    return empty.to_arrow().schema


def _no_arrow(frame: pd.DataFrame, error: Exception) -> BadInput:
    """Say which column of a frame is at fault."""
    import pyarrow as pa

    for position, name in enumerate(frame.columns):
        column = frame.iloc[:, position]
        try:
            pa.array(column, from_pandas=True)
        except (pa.ArrowException, ValueError, TypeError, OverflowError) as found:
            kinds = sorted(
                {type(value).__name__ for value in column.head(100_000) if value is not None}
            )
            mixed = f" ({', '.join(kinds[:5])})" if len(kinds) > 1 else ""
            return BadInput(
                f"column {name!r} holds what Parquet cannot{mixed}: {_first_line(found)}",
                f"make it one type, such as `df[{name!r}].astype(str)`, or leave it out",
            )
    return BadInput(f"the frame cannot be Parquet: {_first_line(error)}", "rename or convert it")


def _no_parquet(schema: pa.Schema, error: Exception) -> BadInput:
    import pyarrow as pa
    from pyarrow import parquet

    for column in schema:
        try:
            parquet.ParquetWriter(pa.BufferOutputStream(), pa.schema([column])).close()
        except pa.ArrowException:
            return BadInput(
                f"column {column.name!r} is {column.type}, which Parquet has no type for",
                "convert it, or leave it out",
            )
    return BadInput(f"the frame cannot be Parquet: {_first_line(error)}", "convert it")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


_READERS: dict[str, Callable[[Any], Parts]] = {
    "pandas.DataFrame": _of_pandas,
    "polars.DataFrame": _of_polars,
    "polars.LazyFrame": _of_lazy,
    "pyarrow.Table": _of_arrow,
}
_READERS_BY_TYPE = [tuple(name.split(".")) for name in _READERS]
