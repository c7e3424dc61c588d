"""Series in the plainest type that holds them, and what kind of values that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from mlops_jupyter.drift.pairs import Storage

_FAMILIES = {
    "string": "text",
    "boolean": "true or false",
    "integer": "numbers",
    "floating": "numbers",
    "mixed-integer-float": "numbers",
    "decimal": "numbers",
    "datetime": "dates",
    "datetime64": "dates",
    "date": "dates",
    "mixed-integer": "numbers and text mixed",
    "mixed": "values that are neither plain numbers nor plain text",
}


def plain(series: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column in the plainest type that holds it.

    Unsigned, nullable and Arrow types, decimals, and true/false with gaps: engines pass over
    those, though they hold ordinary numbers and categories. What is plain is not copied.
    """
    import pandas as pd

    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype | pd.StringDtype):
        return series
    kind = family(series)
    if kind == "true or false" and dtype.name != "bool":
        return series.astype("category")
    if kind == "numbers" and dtype.name not in ("int64", "int32", "int16", "int8"):
        return _plain_numbers(series)
    if kind == "text" and dtype.name != "object":
        return series.astype("string")
    return series


def _plain_numbers(series: pd.Series[Any]) -> pd.Series[Any]:
    import numpy as np
    import pandas as pd

    if series.dtype == np.float64:
        return series
    if isinstance(series.dtype, np.dtype) and series.dtype.kind == "f":
        # Evidently would round a deviation to 32 bits, and lose one past 65,504 in 16.
        with np.errstate(over="ignore"):
            return series.astype("float64")
    whole = pd.api.types.is_integer_dtype(series.dtype) and not series.hasnans
    if whole and series.max() <= np.iinfo("int64").max:
        return series.astype("int64")
    return pd.Series(series.to_numpy(dtype="float64", na_value=np.nan), index=series.index)


def without_infinities(series: pd.Series[Any]) -> tuple[pd.Series[Any], int]:
    """Return a column with its infinities made missing, and how many they were."""
    import numpy as np

    if not (isinstance(series.dtype, np.dtype) and series.dtype.kind == "f"):
        return series, 0
    infinite = np.isinf(series.to_numpy())
    count = int(infinite.sum())
    return (series.mask(infinite) if count else series), count


def family(series: pd.Series[Any]) -> str:
    """Name the kind of a column's values, whatever type holds them."""
    import pandas as pd

    values = series.array.categories if isinstance(series.dtype, pd.CategoricalDtype) else series
    kinds = pd.api.types
    if kinds.is_bool_dtype(values.dtype):
        return "true or false"
    if kinds.is_complex_dtype(values.dtype):
        return "complex numbers"
    if kinds.is_numeric_dtype(values.dtype):
        return "numbers"
    if kinds.is_datetime64_any_dtype(values.dtype):
        return "dates"
    if isinstance(values.dtype, pd.StringDtype):
        return "text"
    # Also finds text, decimals and dates behind object and Arrow types.
    inferred = kinds.infer_dtype(values, skipna=True)
    return _FAMILIES.get(inferred, inferred.replace("-", " "))


def storage(series: pd.Series[Any]) -> Storage:
    """Return how a plain column's values are held."""
    import pandas as pd

    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return "category"
    kinds = pd.api.types
    if kinds.is_bool_dtype(dtype):
        return "boolean"
    if kinds.is_float_dtype(dtype):
        return "float"
    if kinds.is_integer_dtype(dtype):
        return "integer"
    return {"text": "string", "dates": "date"}.get(family(series), "other")  # type: ignore[return-value]
