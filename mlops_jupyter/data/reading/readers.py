"""Files of the cache as frames, by each library's own functions.

A file there has a hash for its name: its format is told beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from mlops_jupyter.errors import BadInput

TEXT = {".csv", ".tsv", ".json", ".jsonl", ".ndjson"}
_LINES = {".jsonl", ".ndjson"}
_SEPARATORS = {".csv": ",", ".tsv": "\t"}


class Reader(Protocol):
    """Reads one format into the frames of one library."""

    def read(self, path: Path, columns: list[str] | None) -> Any:
        """Read a file, or these columns of it."""

    def joined(self, parts: list[Any]) -> Any:
        """Return parts one below the other, columns matched by name."""

    def columns(self, frame: Any) -> list[str]:
        """Return the names of a frame's columns."""

    def columns_in(self, path: Path) -> list[str]:
        """Return the names of a file's columns; none where that cannot be told."""

    def chosen(self, frame: Any, columns: list[str]) -> Any:
        """Return these columns in this order."""

    def with_value(self, frame: Any, name: str, value: int | str | None) -> Any:
        """Return a frame with one more column that holds one value."""

    def errors(self) -> tuple[type[Exception], ...]:
        """Return what reading raises where the content is not what its name says."""


class _Reader:
    """What the readers of all libraries share.

    Parameters
    ----------
    suffix, compression : str
        As `mlops_jupyter.data.reading.tables.format_of` gives them.
    """

    def __init__(self, suffix: str, compression: str) -> None:
        self._suffix = suffix
        self._compression = compression

    def _opened(self, path: Path) -> Any:
        """Open a file for reading, unpacked."""
        import pyarrow as pa

        return pa.input_stream(str(path), compression=self._compression or None)

    def _is_array(self, path: Path) -> bool:
        """Whether JSON is one list, and not a line for each row."""
        if self._suffix in _LINES:
            return False
        with self._opened(path) as opened:
            return bytes(opened.read(4096)).lstrip()[:1] == b"["

    def columns_in(self, path: Path) -> list[str]:
        """See `Reader`."""
        try:
            return self.columns(self.read(path, None))
        except self.errors():
            return []

    def columns(self, frame: Any) -> list[str]:
        """See `Reader`."""
        return [str(name) for name in frame.columns]

    def read(self, path: Path, columns: list[str] | None) -> Any:
        """See `Reader`."""
        raise NotImplementedError

    def errors(self) -> tuple[type[Exception], ...]:
        """See `Reader`."""
        import pyarrow as pa

        return (pa.ArrowException, OSError, ValueError, KeyError, EOFError)


class _Pandas(_Reader):
    def read(self, path: Path, columns: list[str] | None) -> Any:
        import pandas as pd

        if self._suffix in (".parquet", ".pq"):
            return pd.read_parquet(path, columns=columns)
        if self._suffix not in TEXT:
            return _arrow_file(path, columns).to_pandas()
        with self._opened(path) as opened:
            if self._suffix in _SEPARATORS:
                return pd.read_csv(opened, sep=_SEPARATORS[self._suffix], usecols=columns)
            found = pd.read_json(opened, lines=not self._is_array(path))
        return found if columns is None else found[columns]

    def joined(self, parts: list[Any]) -> Any:
        import pandas as pd

        return parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)

    def chosen(self, frame: Any, columns: list[str]) -> Any:
        return frame[columns]

    def with_value(self, frame: Any, name: str, value: int | str | None) -> Any:
        return frame.assign(**{name: value})


class _Polars(_Reader):
    def read(self, path: Path, columns: list[str] | None) -> Any:
        import polars as pl

        if self._suffix in (".parquet", ".pq"):
            return pl.read_parquet(path, columns=columns, hive_partitioning=False)
        if self._suffix not in TEXT:
            return pl.from_arrow(_arrow_file(path, columns))
        with self._opened(path) as opened:
            content = opened.read()
        if self._suffix in _SEPARATORS:
            return pl.read_csv(
                content, separator=_SEPARATORS[self._suffix], columns=columns, try_parse_dates=False
            )
        found = pl.read_json(content) if self._is_array(path) else pl.read_ndjson(content)
        return found if columns is None else found.select(columns)

    def joined(self, parts: list[Any]) -> Any:
        import polars as pl

        return parts[0] if len(parts) == 1 else pl.concat(parts, how="diagonal_relaxed")

    def chosen(self, frame: Any, columns: list[str]) -> Any:
        return frame.select(columns)

    def with_value(self, frame: Any, name: str, value: int | str | None) -> Any:
        import polars as pl

        return frame.with_columns(pl.lit(value).alias(name))

    def errors(self) -> tuple[type[Exception], ...]:
        import polars as pl

        return (*super().errors(), pl.exceptions.PolarsError)


class _Arrow(_Reader):
    def read(self, path: Path, columns: list[str] | None) -> Any:
        import pyarrow as pa
        from pyarrow import csv, json, parquet

        if self._suffix in (".parquet", ".pq"):
            return parquet.ParquetFile(path).read(columns=columns)
        if self._suffix not in TEXT:
            return _arrow_file(path, columns)
        with self._opened(path) as opened:
            if self._suffix in _SEPARATORS:
                return csv.read_csv(
                    opened,
                    parse_options=csv.ParseOptions(delimiter=_SEPARATORS[self._suffix]),
                    convert_options=csv.ConvertOptions(include_columns=columns),
                )
            if self._is_array(path):
                from json import load

                found = pa.Table.from_pylist(load(opened))
            else:
                found = json.read_json(opened)
        return found if columns is None else found.select(columns)

    def joined(self, parts: list[Any]) -> Any:
        import pyarrow as pa

        if len(parts) == 1:
            return parts[0]
        return pa.concat_tables(parts, promote_options="permissive")

    def columns(self, frame: Any) -> list[str]:
        return list(frame.column_names)

    def chosen(self, frame: Any, columns: list[str]) -> Any:
        return frame.select(columns)

    def with_value(self, frame: Any, name: str, value: int | str | None) -> Any:
        import pyarrow as pa

        return frame.append_column(name, pa.array([value] * frame.num_rows))


_ENGINES: dict[str, type[_Pandas | _Polars | _Arrow]] = {
    "pandas": _Pandas, "polars": _Polars, "arrow": _Arrow,
}  # fmt: skip


def for_engine(engine: str) -> type[_Pandas | _Polars | _Arrow]:
    """Return the readers of a library.

    Raises
    ------
    BadInput
        It is not installed.
    """
    if engine == "polars":
        try:
            import polars as pl  # noqa: F401 - only whether it is there
        except ImportError:
            raise BadInput("polars is not installed", "pip install polars") from None
    return _ENGINES[engine]


def _arrow_file(path: Path, columns: Sequence[str] | None) -> Any:
    """Read Arrow's file format, or its stream format, which has the same suffix."""
    import pyarrow as pa
    from pyarrow import feather, ipc

    try:
        return feather.read_table(path, columns=columns, memory_map=False)
    except pa.ArrowInvalid:
        with pa.OSFile(str(path)) as opened:
            found = ipc.open_stream(opened).read_all()
    return found if columns is None else found.select(columns)
