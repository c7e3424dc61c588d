"""Frames and arrays: rows, schema, and a digest of all that is in them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from mlops_jupyter.tracking.capture.digests import digest_of, library_of

# Bytes that are digested inside a cell: about a second.
BYTES_LIMIT = 4_000_000_000
# How many columns a schema names.
SCHEMA_COLUMNS = 200

Schema = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Described:
    """What a frame or array was when it was looked at.

    Attributes
    ----------
    rows, columns : int or None
        Its shape, where it has one.
    schema : tuple of (name, type)
        Of the first columns.
    size : int or None
        Bytes in memory, where known without counting.
    digest : str or None
        ``xxh:`` and 128 bits (XXH3) over the whole content.
    why_not : str
        Why there is no digest.
    """

    rows: int | None = None
    columns: int | None = None
    schema: Schema = ()
    size: int | None = None
    digest: str | None = None
    why_not: str = ""


NOTHING = Described()


def describe(frame: object, *, digest: bool = True) -> Described:
    """Describe a frame, series, array, table or sparse matrix; others have no rows and no digest.

    Parameters
    ----------
    frame : object
        Of pandas, polars, pyarrow, NumPy or SciPy, or what NumPy makes an array of.
    digest : bool
        Whether its content is looked at, too.
    """
    rows, width = _shape(frame)
    schema = _schema(frame)
    size = _size(frame)
    if not digest:
        return Described(rows, width, schema, size)
    if size is not None and size > BYTES_LIMIT:
        why_not = f"{size / 1e9:.1f} GB in memory is more than is digested inside a cell"
        return Described(rows, width, schema, size, why_not=why_not)
    try:
        value, why_not = digest_of(frame), ""
    except Exception as error:  # noqa: BLE001 - objects in a frame may raise anything
        value, why_not = None, f"{type(error).__name__}: {error}"[:200]
    if value is None and not why_not:
        kind = type(frame).__name__
        lazily = hasattr(frame, "__next__") or _is_lazy(frame)
        why_not = f"it is read lazily, by a {kind}" if lazily else f"no way to read a {kind}"
    return Described(rows, width, schema, size, value, why_not)


def describe_bundle(bundle: Any) -> Described:
    """Describe several frames as one: a tuple, or scikit-learn's ``Bunch``, of which the frame."""
    if isinstance(bundle, dict):
        whole = bundle.get("frame")
        parts = [whole] if whole is not None else [
            bundle[name] for name in ("data", "images", "target") if name in bundle
        ]  # fmt: skip
    else:
        parts = list(bundle) if isinstance(bundle, tuple) else [bundle]
    found = [describe(part) for part in parts]
    if len(found) == 1 or not found:
        return found[0] if found else NOTHING
    digests = [part.digest for part in found if part.digest]
    digest = digest_of(digests) if len(digests) == len(found) else None
    why_not = next((part.why_not for part in found if part.why_not), "")
    return replace(found[0], digest=digest, why_not=why_not, size=None)


def _shape(frame: object) -> tuple[int | None, int | None]:
    if _is_lazy(frame):
        return None, None
    shape = getattr(frame, "shape", None)
    if isinstance(shape, tuple) and shape and all(isinstance(n, int) for n in shape):
        return shape[0], shape[1] if len(shape) > 1 else None
    return (len(frame), None) if isinstance(frame, (list, tuple)) else (None, None)


def _schema(frame: Any) -> Schema:
    library = library_of(frame)
    if _is_lazy(frame):
        return ()
    if library in ("pandas", "polars") and hasattr(frame, "columns"):
        names = list(frame.columns[:SCHEMA_COLUMNS])
        types = list(frame.dtypes)[:SCHEMA_COLUMNS]
        return tuple((str(n), str(t)) for n, t in zip(names, types, strict=True))
    if library == "pyarrow" and hasattr(frame, "schema"):
        found = frame.schema
        found = found if hasattr(found, "names") and hasattr(found, "types") else None
        pairs = zip(found.names, found.types, strict=True) if found is not None else ()
        return tuple((str(n), str(t)) for n, t in pairs)[:SCHEMA_COLUMNS]
    dtype = getattr(frame, "dtype", None)
    return ((str(getattr(frame, "name", None) or ""), str(dtype)),) if dtype is not None else ()


def _size(frame: Any) -> int | None:
    """Return its bytes in memory as far as they are known at once."""
    library = library_of(frame)
    if _is_lazy(frame):
        return None
    if library == "pandas" and hasattr(frame, "memory_usage"):
        used = frame.memory_usage(index=False)
        return int(used.sum() if hasattr(used, "sum") else used)
    if library == "polars" and hasattr(frame, "estimated_size"):
        return int(frame.estimated_size())
    size = getattr(frame, "nbytes", None)
    return size if isinstance(size, int) else None


def _is_lazy(frame: object) -> bool:
    return type(frame).__name__ == "LazyFrame"
