"""Arrow's columns as series, in no more memory than they need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    import pyarrow as pa


def as_series(values: pa.ChunkedArray) -> pd.Series[Any]:
    """Return a column as pandas would hold it, but texts in Arrow's memory.

    Of values that are not compared anyway (lists, structures, bytes) only their kind and whether
    they are there is kept.

    Examples
    --------
    >>> import pyarrow as pa
    >>> as_series(pa.chunked_array([["a", None, "b"]])).tolist()
    ['a', <NA>, 'b']
    """
    import pandas as pd
    import pyarrow as pa

    kind = pa.types
    if isinstance(values.type, pa.BaseExtensionType):
        values = pa.chunked_array(
            [chunk.storage for chunk in values.chunks], type=values.type.storage_type
        )
    if kind.is_decimal(values.type):
        values = values.cast(pa.float64(), safe=False)
    elif kind.is_nested(values.type):
        return _placeholders(values, ())
    elif _is_bytes(values.type):
        return _placeholders(values, b"")
    elif is_text(values.type):
        return pd.Series(values.cast(pa.large_string()), dtype="string[pyarrow]")
    series: pd.Series[Any] = values.to_pandas(date_as_object=False)
    return series


def as_array(series: pd.Series[Any]) -> pa.Array | pa.ChunkedArray:
    """Return a series as Arrow's array; what is no plain value as an empty list.

    Examples
    --------
    >>> import pandas as pd
    >>> as_array(pd.Series([1, "a", None])).to_pylist()
    [[], [], None]
    """
    import pyarrow as pa

    try:
        found = pa.array(series, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):  # of several types
        mask = series.isna().to_numpy()
        return pa.array([None if missing else [] for missing in mask], type=pa.list_(pa.null()))
    return found.dictionary_decode() if pa.types.is_dictionary(found.type) else found


def common_type(types: Sequence[pa.DataType]) -> pa.DataType | None:
    """Return the type that all fit in; None where there is none.

    Examples
    --------
    >>> import pyarrow as pa
    >>> common_type([pa.int32(), pa.float64()]), common_type([pa.int32(), pa.string()])
    (DataType(double), None)
    """
    import pyarrow as pa

    different = list(dict.fromkeys(types))
    if len(different) == 1:
        return different[0]
    if different and all(pa.types.is_timestamp(each) for each in different):
        return pa.timestamp("us", "UTC" if any(each.tz for each in different) else None)
    plain = [each.value_type if pa.types.is_dictionary(each) else each for each in different]
    plain = [pa.large_string() if is_text(each) else each for each in plain]
    fields = [pa.schema([("x", each)]) for each in plain]
    try:
        return pa.unify_schemas(fields, promote_options="permissive").field(0).type
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        return None


def cast(values: pa.ChunkedArray, type_: pa.DataType) -> pa.ChunkedArray:
    """Return values in a type that `common_type` gave; a time without zone is taken as UTC."""
    return values if values.type == type_ else values.cast(type_, safe=False)


def is_text(type_: pa.DataType) -> bool:
    """Whether a type of Arrow holds text."""
    import pyarrow as pa

    kind = pa.types
    return bool(kind.is_string(type_) or kind.is_large_string(type_) or kind.is_string_view(type_))


def _is_bytes(type_: pa.DataType) -> bool:
    import pyarrow as pa

    kind = pa.types
    return bool(
        kind.is_binary(type_)
        or kind.is_large_binary(type_)
        or kind.is_binary_view(type_)
        or kind.is_fixed_size_binary(type_)
    )


def _placeholders(values: pa.ChunkedArray, present: object) -> pd.Series[Any]:
    import numpy as np
    import pandas as pd

    there = values.is_valid().to_numpy()
    held = np.full(len(values), None, dtype=object)
    for place in np.flatnonzero(there):  # an assignment would spread a tuple
        held[place] = present
    return pd.Series(held)
