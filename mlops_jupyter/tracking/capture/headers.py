"""Rows and schema out of a file's header: for what was read lazily, or only opened."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from mlops_jupyter.tracking.capture import frames

if TYPE_CHECKING:
    from pathlib import Path

    from mlops_jupyter.tracking.capture.frames import Described


def describe(path: Path | None) -> Described | None:
    """Return what a header tells; None where reading one would import a library."""
    if path is None:
        return None
    # Any of these may hold what the name does not say.
    with contextlib.suppress(OSError, ValueError, EOFError):
        if path.suffix == ".parquet" and "pyarrow" in sys.modules:
            return _of_parquet(path)
        if path.suffix == ".npy" and "numpy" in sys.modules:
            return _of_npy(path)
    return None


def _of_parquet(path: Path) -> Described:
    from pyarrow import parquet

    with parquet.ParquetFile(path) as opened:
        found = opened.schema_arrow
        pairs = zip(found.names, found.types, strict=True)
        schema = tuple((str(name), str(kind)) for name, kind in pairs)[: frames.SCHEMA_COLUMNS]
        return frames.Described(opened.metadata.num_rows, len(found.names), schema)


def _of_npy(path: Path) -> Described:
    import numpy as np

    return frames.describe(np.load(path, mmap_mode="r", allow_pickle=False), digest=False)
