"""Patterns for a shell's words, where no shell has filled them in: ``data/**/*.csv``."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter import addresses
from mlops_jupyter.errors import NotFound

if TYPE_CHECKING:
    from mlops_jupyter.workspace import Workspace


def filled_in(workspace: Workspace, word: str) -> list[str]:
    """Return the paths a word stands for: what matches a pattern, or else the word itself.

    ``*`` passes over hidden names and DVC's pointers; with ``**`` only files match, since the
    folders hold them already.

    Parameters
    ----------
    workspace : Workspace
        Nothing outside of it is looked at.
    word : str
        A path, pattern or address.

    Raises
    ------
    NotFound
        Nothing matches.
    BadInput
        The pattern leads out of the workspace.

    Examples
    --------
    >>> filled_in(ws, "data/f*.parquet")
    ['data/flights.parquet']
    """
    if addresses.is_address(word) or not glob.has_magic(word) or Path(word).exists():
        return [word]
    base = Path(*_fixed(word))
    folder = workspace.inside(base)
    pattern = Path(word).relative_to(base).as_posix()
    if pattern.endswith("**"):
        pattern += "/*"  # as in a shell; Path.glob means folders alone
    found = sorted(
        str(base / path.relative_to(folder))
        for path in folder.glob(pattern)
        if _meant(path.relative_to(folder), pattern) and (path.is_file() or "**" not in pattern)
    )
    if not found:
        raise NotFound(f"nothing matches {word}", f"see `ls {base}`")
    return found


def _fixed(word: str) -> list[str]:
    """Return a pattern's folders before the first that is a pattern itself."""
    fixed = []
    for part in Path(word).parts[:-1]:
        if glob.has_magic(part):
            break
        fixed.append(part)
    return fixed


def _meant(path: Path, pattern: str) -> bool:
    hidden = any(part.startswith(".") for part in path.parts)
    asked = any(part.startswith(".") for part in pattern.split("/"))
    return (asked or not hidden) and path.suffix != ".dvc"
