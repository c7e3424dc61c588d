"""The bytes that columns and arrays are digested by: the same values give the same, however stored.

Two columns are the same when type and every value are: ``None`` is not ``NaN``, ``1`` is not
``1.0`` or ``"1"``, and ``-0.0`` is not ``0.0``.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from xxhash import xxh3_128

# Rows at a time: a chunk of a strided column is copied, and shall fit into the processor's cache.
_CHUNK = 8192
_UNORDERED = (b"builtins\nset\n", b"builtins\nfrozenset\n")


def add_array(hasher: xxh3_128, array: np.ndarray[Any, Any]) -> None:
    """Add an array of any shape and type: its type, its shape, and its values in C order."""
    import numpy as np

    if isinstance(array, np.ma.MaskedArray):
        add_array(hasher, np.ma.getmaskarray(array))
        array = array.filled()
    add_text(hasher, f"array {array.dtype.str if array.dtype.names is None else array.dtype.descr}")
    add_text(hasher, str(array.shape))
    if array.dtype.hasobject:
        add_objects(hasher, array.ravel().tolist())
    elif array.dtype.names is not None:  # there may be padding between fields
        for name in array.dtype.names:
            add_array(hasher, array[name])
    elif array.flags.c_contiguous:
        hasher.update(_bytes(array))
    elif array.ndim == 0:
        hasher.update(array.tobytes())
    else:
        for start in range(0, len(array), _CHUNK):
            hasher.update(_bytes(np.ascontiguousarray(array[start : start + _CHUNK])))


def add_plain_columns(hashers: list[tuple[xxh3_128, np.ndarray[Any, Any]]]) -> None:
    """Add one-dimensional arrays of numbers, each to its own hasher.

    Columns of one block of a frame lie side by side: going through them together, a few rows at a
    time, is many times faster than one after the other.
    """
    import numpy as np

    strided = []
    for hasher, array in hashers:
        add_text(hasher, f"array {array.dtype.str}")
        add_text(hasher, str(array.shape))
        if array.flags.c_contiguous:
            hasher.update(_bytes(array))
        else:
            strided.append((hasher, array))
    longest = max((len(array) for _, array in strided), default=0)
    for start in range(0, longest, _CHUNK):
        for hasher, array in strided:
            hasher.update(_bytes(np.ascontiguousarray(array[start : start + _CHUNK])))


def add_arrow(hasher: xxh3_128, column: Any) -> None:
    """Add an Arrow array, whatever its chunks, offsets and the garbage below its nulls."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if isinstance(column, pa.ChunkedArray):  # too large for one
        column = pa.concat_arrays(column.chunks)
    kind = column.type
    add_text(hasher, f"arrow {kind}")
    add_text(hasher, str(len(column)))
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if pa.types.is_null(kind):
        return
    if column.null_count:
        hasher.update(_bytes(pc.is_valid(column).to_numpy(zero_copy_only=False)))
        column = column.drop_null()
    if pa.types.is_string(kind) or pa.types.is_binary(kind) or _is_view(kind):
        column = column.cast(pa.large_string() if _is_text(kind) else pa.large_binary())
        kind = column.type
    if pa.types.is_large_string(kind) or pa.types.is_large_binary(kind):
        _add_large_text(hasher, column)
    elif pa.types.is_boolean(kind):
        hasher.update(_bytes(column.to_numpy(zero_copy_only=False)))
    elif pa.types.is_primitive(kind) or pa.types.is_decimal(kind):
        width = kind.bit_width // 8
        _, data = column.buffers()
        start = column.offset * width
        hasher.update(memoryview(data)[start : start + len(column) * width] if data else b"")
    else:
        add_objects(hasher, column.to_pylist())


def add_strings(hasher: xxh3_128, values: np.ndarray[Any, Any]) -> bool:
    """Add an array of objects that are all text or missing; say whether it was one."""
    import pandas as pd
    import pyarrow as pa

    if pd.api.types.infer_dtype(values, skipna=True) != "string":
        return False
    missing = pd.isna(values)
    try:
        column = pa.array(values, type=pa.large_string(), mask=missing)
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        return False  # lone surrogates, or subclasses of str
    add_arrow(hasher, column)
    add_objects(hasher, values[missing].tolist())  # which kind of missing
    return True


def add_objects(hasher: xxh3_128, values: Sequence[object]) -> int:
    """Add Python objects; return how many bytes they came to."""
    data = _pickled(list(values))
    if data is not None:
        add_text(hasher, "objects")
        hasher.update(data)
        return len(data)
    for value in values:
        _add_object(hasher, value)
    return len(values) * 100  # what it took, in time that the other way takes for as many bytes


def add_text(hasher: xxh3_128, text: str) -> None:
    """Add a piece of text so that no two sequences of pieces run together."""
    encoded = text.encode("utf-8", "surrogatepass")
    hasher.update(len(encoded).to_bytes(8, "little"))
    hasher.update(encoded)


def _pickled(values: list[object]) -> bytes | None:
    """Return objects as bytes, where the same objects always give the same.

    That needs a pickle without references to what came before (which depend on identity), and no
    sets: their order is another one in every process.
    """
    written = io.BytesIO()
    pickler = pickle.Pickler(written, protocol=3)  # the last one to spell out the names of types
    pickler.fast = True
    try:
        pickler.dump(values)
    except Exception:  # noqa: BLE001 - anything may be in there, a lock, a lambda, a cycle
        return None
    data = written.getvalue()
    return None if any(name in data for name in _UNORDERED) else data


def _add_object(hasher: xxh3_128, value: object) -> None:
    """Add an object that cannot be pickled, or whose pickle has no order of its own."""
    kind = type(value)
    name = kind.__qualname__
    if isinstance(value, Mapping):
        add_text(hasher, f"{name} {len(value)}")
        for key, item in value.items():
            _add_object(hasher, key)
            _add_object(hasher, item)
    elif isinstance(value, AbstractSet):
        # A set has no order; its members' digests have one.
        add_text(hasher, f"{name} {len(value)}")
        for digest in sorted(_digest_of(member) for member in value):
            hasher.update(digest)
    elif isinstance(value, (list, tuple)):
        add_text(hasher, f"{name} {len(value)}")
        for item in value:
            _add_object(hasher, item)
    else:
        add_text(hasher, name)
        data = _pickled([value])
        if data is None:
            raise TypeError(f"a {name} has no bytes to digest")
        hasher.update(data)


def _digest_of(value: object) -> bytes:
    from xxhash import xxh3_128

    hasher = xxh3_128()
    _add_object(hasher, value)
    return hasher.digest()


def _add_large_text(hasher: xxh3_128, column: Any) -> None:
    import numpy as np

    _, offsets_buffer, data = column.buffers()
    offsets = np.frombuffer(offsets_buffer, dtype="<i8")[
        column.offset : column.offset + len(column) + 1
    ] if len(column) else np.zeros(1, dtype="<i8")  # fmt: skip
    hasher.update(_bytes(np.diff(offsets)))
    if data is not None:
        hasher.update(memoryview(data)[int(offsets[0]) : int(offsets[-1])])


def _is_view(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string_view(kind) or pa.types.is_binary_view(kind))


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_string_view(kind))


def _bytes(array: np.ndarray[Any, Any]) -> memoryview:
    # Dates have no buffer of their own; a view of their bytes has.
    return array.reshape(-1).view("u1").data if array.size else memoryview(b"")
