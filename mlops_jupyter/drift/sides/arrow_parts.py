"""Parts of tables that give one column at a time: Parquet and Feather files, live frames."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mlops_jupyter.data.reading import partitions

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa
    from pyarrow.parquet import FileMetaData

    from mlops_jupyter.data.catalog.contents import KeptFile
    from mlops_jupyter.drift.sides.parts import Part


@dataclass(frozen=True)
class TablePart:
    """A table of Arrow."""

    table: pa.Table
    name: str = ""

    @property
    def schema(self) -> pa.Schema:
        """Its columns."""
        return self.table.schema

    @property
    def rows(self) -> int:
        """Its rows."""
        return int(self.table.num_rows)

    def column(self, place: int) -> pa.ChunkedArray:
        """Return the column at a place."""
        return self.table.column(place)

    def stored(self, place: int) -> int:
        """Return the bytes of a column."""
        return int(self.table.column(place).nbytes)


@dataclass(frozen=True)
class PolarsPart:
    """A frame of polars, eager or lazy; of a lazy one each column is asked for by itself."""

    frame: Any
    name: str = ""

    @cached_property
    def schema(self) -> pa.Schema:
        """Its columns."""
        return self._first(0).schema

    @cached_property
    def rows(self) -> int:
        """Its rows."""
        import polars as pl

        counted = self.frame.lazy().select(pl.len()).collect()
        return int(counted.item())

    def column(self, place: int) -> pa.ChunkedArray:
        """Return the column at a place."""
        import polars as pl

        chosen: pa.Table = self.frame.lazy().select(pl.nth(place)).collect().to_arrow()
        return chosen.column(0)

    def stored(self, place: int) -> int:  # noqa: ARG002 - a lazy frame would have to be read
        """Return that the bytes of a column are not known."""
        return 0

    def _first(self, rows: int) -> pa.Table:
        found: pa.Table = self.frame.lazy().head(rows).collect().to_arrow()
        return found


@dataclass(frozen=True)
class ParquetPart:
    """A Parquet file: its end is read at once, a column when it is asked for."""

    name: str
    path: Path
    metadata: FileMetaData

    @cached_property
    def schema(self) -> pa.Schema:
        """Its columns, without those that pandas made of an index."""
        whole = self.metadata.schema.to_arrow_schema()
        index = _index_columns(whole)
        return _without(whole, index)

    @property
    def rows(self) -> int:
        """Its rows."""
        return int(self.metadata.num_rows)

    def column(self, place: int) -> pa.ChunkedArray:
        """Return the column at a place."""
        from pyarrow import parquet

        name = self.schema.names[place]
        with parquet.ParquetFile(self.path, metadata=self.metadata) as opened:
            found = opened.read(columns=[name])
        # A name with a dot may also be taken for the path of a column inside another.
        return found.column(found.schema.get_all_field_indices(name)[0])

    def stored(self, place: int) -> int:
        """Return the bytes of a column, unpacked, but encoded."""
        name = self.schema.names[place]
        groups = map(self.metadata.row_group, range(self.metadata.num_row_groups))
        return sum(
            group.column(at).total_uncompressed_size
            for group in groups
            for at in self._leaves.get(name, ())
        )

    @cached_property
    def _leaves(self) -> dict[str, list[int]]:
        """Where the columns of a file are: one that is nested has several."""
        leaves: dict[str, list[int]] = {}
        for at in range(self.metadata.num_columns):
            path = self.metadata.schema.column(at).path
            for name in {path, path.partition(".")[0]}:
                leaves.setdefault(name, []).append(at)
        return leaves


@dataclass(frozen=True)
class FeatherPart:
    """A file of Arrow, of which one column is read at a time."""

    name: str
    path: Path

    @cached_property
    def schema(self) -> pa.Schema:
        """Its columns."""
        import pyarrow as pa

        with pa.OSFile(str(self.path)) as source:
            return pa.ipc.open_file(source).schema

    @cached_property
    def rows(self) -> int:
        """Its rows."""
        return int(self._read([0]).num_rows) if self.schema.names else 0

    def column(self, place: int) -> pa.ChunkedArray:
        """Return the column at a place."""
        return self._read([place]).column(0)

    def stored(self, place: int) -> int:  # noqa: ARG002 - what is packed may be of any size
        """Return the bytes of the file: a column has no more, if it is not packed."""
        return self.path.stat().st_size

    def _read(self, places: list[int]) -> pa.Table:
        import pyarrow as pa

        options = pa.ipc.IpcReadOptions(included_fields=places)
        with pa.OSFile(str(self.path)) as source:
            return pa.ipc.open_file(source, options=options).read_all()


@dataclass(frozen=True)
class PartitionPart:
    """A part with columns that stand in the names of its folders."""

    part: Part
    values: dict[str, int | str | None]

    @property
    def name(self) -> str:
        """The file's name."""
        return self.part.name

    @cached_property
    def schema(self) -> pa.Schema:
        """Its columns, those of the folders last."""
        schema = self.part.schema
        for name in self.values:
            schema = schema.append(_field(name, self.values[name]))
        return schema

    @property
    def rows(self) -> int:
        """Its rows."""
        return self.part.rows

    def column(self, place: int) -> pa.ChunkedArray:
        """Return the column at a place."""
        import pyarrow as pa

        own = len(self.part.schema.names)
        if place < own:
            return self.part.column(place)
        field = self.schema.field(place)
        value = self.values[field.name]
        return pa.chunked_array([pa.repeat(pa.scalar(value, field.type), self.rows)])

    def stored(self, place: int) -> int:
        """Return the bytes of a column; what stands in a folder's name takes none."""
        return self.part.stored(place) if place < len(self.part.schema.names) else 0


def of_file(file: KeptFile, suffix: str) -> Part:
    """Return a Parquet or Feather file as a part.

    Raises
    ------
    ValueError, OSError
        It is none.
    """
    part: Part
    if suffix == ".parquet":
        from pyarrow import parquet

        part = ParquetPart(file.name, file.path, parquet.read_metadata(file.path))
    else:
        part = _of_arrow(file)
    own = set(part.schema.names)
    values = {k: v for k, v in partitions.values_of(file.name).items() if k not in own}
    return PartitionPart(part, values) if values else part


def _of_arrow(file: KeptFile) -> Part:
    """Return a file of Arrow; its stream format, and the first Feather, are read at once."""
    import pyarrow as pa
    from pyarrow import feather, ipc

    part = FeatherPart(file.name, file.path)
    try:
        rows = part.rows
    except pa.ArrowInvalid:
        try:
            return TablePart(feather.read_table(file.path, memory_map=False), file.name)
        except pa.ArrowInvalid:
            with pa.OSFile(str(file.path)) as opened:
                return TablePart(ipc.open_stream(opened).read_all(), file.name)
    assert rows >= 0  # noqa: S101 - only that it can be read was asked
    return part


def _field(name: str, value: int | str | None) -> pa.Field:
    import pyarrow as pa

    types = {int: pa.int64(), str: pa.string()}
    return pa.field(name, types.get(type(value), pa.null()))


def _index_columns(schema: pa.Schema) -> set[str]:
    """Return the columns that are the index of a frame of pandas."""
    try:
        known = json.loads((schema.metadata or {}).get(b"pandas", b"{}"))
        return {each for each in known.get("index_columns", ()) if isinstance(each, str)}
    except (ValueError, AttributeError, TypeError):
        return set()


def _without(schema: pa.Schema, names: set[str]) -> pa.Schema:
    import pyarrow as pa

    return pa.schema([field for field in schema if field.name not in names])
