"""Whether refs were made, moved or removed, told by the file system: git is not even started."""

from __future__ import annotations

import os
import time
from pathlib import Path

# A file system's clock ticks in milliseconds: what changed this recently may change again without
# a new time.
_RECENT_NS = 50_000_000

# Where versions of data have their tags: mlops/data/NAME/vN.
DATA_TAGS = "refs/tags/mlops/data"

State = tuple[tuple[str, int, int], ...]


def refs_state(top: Path, prefix: str) -> State | None:
    """Return what changes whenever a ref ``PREFIX/NAME/LAST`` does.

    Parameters
    ----------
    top : Path
        The top of a repository, a worktree or a submodule.
    prefix : str
        Such as ``refs/tags/mlops/data``; refs lie two levels below it.

    Returns
    -------
    tuple or None
        None where that cannot be told: just now something was written there.

    Examples
    --------
    >>> refs_state(Path("/"), "refs/tags")
    ()
    """
    common = _common(top)
    if common is None:
        return ()
    folder = common / prefix
    places = [common / "packed-refs", common / "reftable" / "tables.list", folder]
    try:
        with os.scandir(folder) as entries:
            places += [Path(entry.path) for entry in entries]
    except OSError:
        pass  # there are none, or all are packed
    found = [(str(place), *seen) for place in sorted(places) if (seen := _seen(place))]
    youngest = max((mtime_ns for _, mtime_ns, _ in found), default=0)
    return None if time.time_ns() - youngest < _RECENT_NS else tuple(found)


def _common(top: Path) -> Path | None:
    """Return the folder that holds the refs; a worktree and a submodule have it elsewhere."""
    entry = top / ".git"
    try:
        if entry.is_dir():
            return entry
        own = top / entry.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
        shared = own / "commondir"
        return own / shared.read_text(encoding="utf-8").strip() if shared.is_file() else own
    except (OSError, ValueError):
        return None


def _seen(place: Path) -> tuple[int, int] | None:
    try:
        found = place.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
