"""Which places a checkout may write."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mlops_jupyter.errors import BadInput, Conflict

if TYPE_CHECKING:
    from mlops_jupyter.data.records import DataVersion
    from mlops_jupyter.workspace import Workspace

INTERNAL = {".git", ".dvc", ".mlops"}


def target_of(
    workspace: Workspace, version: DataVersion, to: str | os.PathLike[str] | None, cache: Path
) -> Path:
    """Return where a version's content goes; links are followed to where they lead.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    version : DataVersion
        The version; its path comes from a tag, which anybody may have written.
    to : path, optional
        Where the user wants it, inside the workspace or not.
    cache : Path
        DVC's cache: a link that leads there is replaced itself.

    Raises
    ------
    BadInput
        It is nothing that may be written over.
    Conflict
        A file is in the way where a folder is needed.
    """
    given = _beside_its_own(workspace, version) if to is None else _named(version, to)
    place = given.parent.resolve() / given.name
    if place.is_symlink() and place.exists() and not _leads_into(place, cache):
        place = place.resolve()
    _refuse_internal(workspace, place, version)
    for folder in place.parents:
        if os.path.lexists(folder) and not folder.is_dir():
            raise Conflict(f"{folder} is a file: {place.name} cannot be put in it", "use --to PATH")
    return place


def _beside_its_own(workspace: Workspace, version: DataVersion) -> Path:
    given = workspace.root / version.path
    try:
        return workspace.inside(given)
    except BadInput:
        raise BadInput(
            f"{version.ref} was at {version.path}, outside the workspace {workspace.root}",
            "name a place: --to PATH",
        ) from None


def _named(version: DataVersion, to: str | os.PathLike[str]) -> Path:
    if not str(to).strip() or "\0" in str(to):
        raise BadInput(f"{str(to)!r} is no path", "name a file or folder: --to PATH")
    given = Path(os.path.abspath(Path(to).expanduser()))
    if given.is_dir() and not version.is_folder:  # as cp does it
        return given / PurePosixPath(version.path).name
    return given


def _leads_into(link: Path, folder: Path) -> bool:
    return folder.resolve() in link.resolve().parents


def _refuse_internal(workspace: Workspace, place: Path, version: DataVersion) -> None:
    hint = "name another place: --to PATH"
    if {part.casefold() for part in place.parts} & INTERNAL:
        raise BadInput(f"{place} belongs to git, DVC or mlops-jupyter itself", hint)
    root = workspace.root.resolve()
    if place == root or place in root.parents:
        raise BadInput(f"{place} holds the workspace itself", hint)
    if not place.is_dir() or place.is_symlink():
        return
    if found := sorted(INTERNAL & {entry.name for entry in place.iterdir()}):
        raise BadInput(f"{place} holds {found[0]}: it is more than data", hint)
    if place in (here := Path.cwd().resolve(), *here.parents):
        raise BadInput(
            f"{place} holds the current folder; it would be replaced as a whole",
            f"go elsewhere first, or give {version.ref} another place: --to PATH",
        )


def shown(workspace: Workspace, place: Path) -> str:
    """Return a place as the user knows it: relative to the workspace where it is inside."""
    root = workspace.root.resolve()
    return place.relative_to(root).as_posix() if root in place.parents else str(place)
