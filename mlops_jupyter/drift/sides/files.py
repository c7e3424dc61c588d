"""Files as columns: a path, or a version of data."""

from __future__ import annotations

import difflib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_jupyter.drift.memory.tables import FrameColumns
from mlops_jupyter.drift.sides.sources import Source
from mlops_jupyter.errors import BadInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from mlops_jupyter.references import Reference
    from mlops_jupyter.workspace import Workspace


def of_version(workspace: Workspace, reference: Reference, side: str) -> Source:
    """Return a version of data, straight from the cache."""
    from mlops_jupyter import data

    version = data.resolve(workspace, reference)
    path = data.path_of(workspace, version.ref)
    frame = _read_file(path, version.path, version.ref, side)
    return Source(side, version.ref, FrameColumns(frame), version.ref)


def at(workspace: Workspace, path: Path, side: str) -> Source:
    """Return what lies at a path."""
    label = _label(workspace, path)
    return Source(side, label, FrameColumns(_read_file(path, path.name, label, side)), label)


def _read_file(path: Path, name: str, label: str, side: str) -> pd.DataFrame:
    """Read a file as a frame; the ending of its name says how."""
    if path.is_dir():
        raise BadInput(f"the {side}, {label}, is a folder", "name one file in it")
    if not path.exists():
        raise NotFound(f"no file {label} (the {side})", _guess(path))
    reader = _reader(name)
    if reader is None:
        raise BadInput(
            f"the {side}, {label}, has no ending that says how to read it",
            f"known: {', '.join(_readers())}; or read it yourself and give the frame: $name",
        )
    try:
        empty = path.stat().st_size == 0
        frame = None if empty else reader(path)
    except PermissionError:
        raise BadInput(f"the {side}, {label}, may not be read", "change its permissions") from None
    except (ValueError, OSError, EOFError) as error:  # what pandas and Arrow raise on other bytes
        raise BadInput(
            f"the {side}, {label}, does not read as {_ending(name)}: {_first_line(error)}",
            "look at the file, or read it yourself and give the frame: $name",
        ) from None
    if frame is None:
        raise BadInput(f"the {side}, {label}, is empty (0 bytes)", "look at how it was made")
    return frame


def _readers() -> dict[str, Callable[[Path], pd.DataFrame]]:
    import pandas as pd

    # Types from the whole column, not from chunks of it.
    csv: Any = partial(pd.read_csv, low_memory=False)
    # As written: pandas would turn "007" into 7, and dep_time into dates by its name.
    lines: Any = partial(pd.read_json, lines=True, dtype=False, convert_dates=False)
    # The compression is told, as a version's file in the cache has no ending.
    return {
        ".csv": partial(csv, compression=None),
        ".csv.gz": partial(csv, compression="gzip"),
        ".parquet": pd.read_parquet,
        ".feather": pd.read_feather,
        ".jsonl": partial(lines, compression=None),
        ".jsonl.gz": partial(lines, compression="gzip"),
        ".ndjson": partial(lines, compression=None),
        ".ndjson.gz": partial(lines, compression="gzip"),
    }


def _reader(name: str) -> Callable[[Path], pd.DataFrame] | None:
    return _readers().get(_ending(name))


def _ending(name: str) -> str:
    parts = Path(name.lower()).suffixes
    return "".join(parts[-2:] if parts[-1:] == [".gz"] else parts[-1:])


def _label(workspace: Workspace, path: Path) -> str:
    """Name a file from the workspace where it is inside, else as it was given."""
    try:
        return path.resolve().relative_to(workspace.root.resolve()).as_posix()
    except ValueError:
        return str(path)


def _guess(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"there is no folder {folder} either"
    names = [entry.name for entry in folder.iterdir()]
    if close := difflib.get_close_matches(path.name, names, n=1):
        return f"did you mean {folder / close[0]}?"
    return "a path counts from the current folder; a data version is written data:NAME@vN"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
