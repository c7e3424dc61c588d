"""Digests of frames: over every row, column, label and type; the frame is only read.

MLflow's own is the same when rows past 10,000, a date or a truth value change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops_jupyter.tracking.capture import columns

if TYPE_CHECKING:
    import pandas as pd
    from xxhash import xxh3_128

# Bytes of Python objects that are digested inside a cell: about a second.
OBJECTS_LIMIT = 200_000_000
_OBJECTS_CHUNK = 4096


def digest_of(frame: object) -> str | None:
    """Return the digest of a frame's content; None for what is no frame.

    Raises
    ------
    ValueError
        It holds more Python objects than are digested inside a cell.
    """
    digester = _Digester()
    return f"xxh:{digester.hasher.hexdigest()}" if digester.add(frame) else None


class _Digester:
    """Adds what it is given to one hasher, and keeps to the budget of Python objects."""

    def __init__(self) -> None:
        from xxhash import xxh3_128

        self.hasher = xxh3_128()
        self._left = OBJECTS_LIMIT

    def add(self, frame: Any) -> bool:
        """Add a frame; say whether it was one."""
        library = library_of(frame)
        if library == "pandas":
            return self._add_pandas(frame)
        if library == "polars":
            return self._add_polars(frame)
        if library == "pyarrow":
            return self._add_pyarrow(frame)
        if library == "scipy" and hasattr(frame, "tocsr"):
            self._add_sparse(frame)
            return True
        return self._add_anything(frame)

    def _add_pandas(self, frame: Any) -> bool:
        import pandas as pd

        if isinstance(frame, pd.Index):
            columns.add_text(self.hasher, f"index {type(frame).__name__}")
            self._add_index(frame)
        elif isinstance(frame, pd.Series):
            columns.add_text(self.hasher, "series")
            columns.add_objects(self.hasher, [frame.name])
            self._add_index(frame.index)
            self._add_series([frame])
        elif isinstance(frame, pd.DataFrame):
            columns.add_text(self.hasher, "frame")
            columns.add_objects(self.hasher, [*frame.columns, "names", *frame.columns.names])
            self._add_index(frame.index)
            self._add_series([frame.iloc[:, place] for place in range(frame.shape[1])])
        else:
            return False
        return True

    def _add_index(self, index: pd.Index[Any]) -> None:
        import pandas as pd

        columns.add_objects(self.hasher, list(index.names))
        if isinstance(index, pd.RangeIndex):
            columns.add_text(self.hasher, f"range {index.start} {index.stop} {index.step}")
            return
        levels = [index]
        if isinstance(index, pd.MultiIndex):
            levels = [index.get_level_values(place) for place in range(index.nlevels)]
        self._add_series([level.to_series() for level in levels])

    def _add_series(self, series: list[pd.Series[Any]], into: xxh3_128 | None = None) -> None:
        """Add columns: each has a hasher of its own, and their digests follow one another."""
        import numpy as np
        from xxhash import xxh3_128

        hashers = [xxh3_128() for _ in series]
        plain = []
        for hasher, column in zip(hashers, series, strict=True):
            columns.add_text(hasher, str(column.dtype))
            if isinstance(column.dtype, np.dtype) and not column.dtype.hasobject:
                plain.append((hasher, column.to_numpy()))
            else:
                self._add_extension(hasher, column)
        columns.add_plain_columns(plain)
        for hasher in hashers:
            (into or self.hasher).update(hasher.digest())

    def _add_extension(self, hasher: xxh3_128, column: pd.Series[Any]) -> None:
        """Add a column that holds no plain numbers: text, objects, categories, dates with zone."""
        import numpy as np
        import pandas as pd
        import pyarrow as pa

        dtype = column.dtype
        if isinstance(dtype, pd.CategoricalDtype):
            columns.add_text(hasher, f"ordered {dtype.ordered}")
            self._add_series([dtype.categories.to_series()], into=hasher)
            columns.add_array(hasher, column.cat.codes.to_numpy())
        elif isinstance(dtype, pd.DatetimeTZDtype):
            columns.add_array(hasher, column.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy())
        elif isinstance(dtype, np.dtype):
            values = column.to_numpy()
            if not columns.add_strings(hasher, values):
                self._add_objects(hasher, values.tolist())
        else:
            try:
                array = pa.Array.from_pandas(column)
            except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
                self._add_objects(hasher, list(column))
            else:
                columns.add_arrow(hasher, array)

    def _add_objects(self, hasher: xxh3_128, values: list[object]) -> None:
        for start in range(0, len(values), _OBJECTS_CHUNK):
            self._left -= columns.add_objects(hasher, values[start : start + _OBJECTS_CHUNK])
            if self._left < 0:
                raise ValueError("it holds more Python objects than are digested inside a cell")

    def _add_polars(self, frame: Any) -> bool:
        import polars as pl

        if isinstance(frame, pl.Series):
            frame = frame.to_frame()
            columns.add_text(self.hasher, "series")
        if not isinstance(frame, pl.DataFrame):
            return False
        columns.add_text(self.hasher, f"frame {frame.height}")
        for column in frame.get_columns():
            columns.add_text(self.hasher, column.name)
            columns.add_text(self.hasher, str(column.dtype))
            if column.dtype == pl.Object:
                self._add_objects(self.hasher, column.to_list())
            else:
                columns.add_arrow(self.hasher, column.to_arrow())
        return True

    def _add_pyarrow(self, frame: Any) -> bool:
        import pyarrow as pa

        if isinstance(frame, (pa.Table, pa.RecordBatch)):
            columns.add_text(self.hasher, f"frame {frame.num_rows}")
            for name, column in zip(frame.column_names, frame.columns, strict=True):
                columns.add_text(self.hasher, name)
                columns.add_arrow(self.hasher, column)
        elif isinstance(frame, (pa.Array, pa.ChunkedArray)):
            columns.add_arrow(self.hasher, frame)
        else:
            return False
        return True

    def _add_sparse(self, matrix: Any) -> None:
        """Add a sparse matrix by its entries, row by row; a copy is sorted where it is not."""
        columns.add_text(self.hasher, f"sparse {type(matrix).__name__} {matrix.shape}")
        rows = matrix.tocsr()
        if not rows.has_canonical_format:
            rows = rows.copy() if rows is matrix else rows
            rows.sum_duplicates()
        for part in (rows.data, rows.indices.astype("i8"), rows.indptr.astype("i8")):
            columns.add_array(self.hasher, part)

    def _add_anything(self, value: Any) -> bool:
        import numpy as np

        if isinstance(value, (list, tuple)):
            # Of which type its values are is lost in an array: True and 1 would be the same.
            columns.add_text(self.hasher, type(value).__name__)
            self._add_objects(self.hasher, list(value))
            return True
        if isinstance(value, (str, bytes)) or not hasattr(value, "__array__"):
            return False
        columns.add_text(self.hasher, type(value).__qualname__)
        array = value if isinstance(value, np.ndarray) else np.asarray(value)
        if array.dtype == object:
            columns.add_text(self.hasher, str(array.shape))
            self._add_objects(self.hasher, array.ravel().tolist())
        else:
            columns.add_array(self.hasher, array)
        return True


def library_of(value: object) -> str:
    """Return the package of the nearest class that is not the user's own."""
    known = ("pandas", "polars", "pyarrow", "scipy", "numpy")
    for kind in type(value).__mro__:
        package = kind.__module__.partition(".")[0]
        if package in known:
            return package
    return ""
