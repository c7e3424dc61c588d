"""What can be kept, and under which name: the checks before a snapshot."""

from __future__ import annotations

import difflib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter.data.catalog import words
from mlops_jupyter.errors import BadInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops_jupyter.data.records import DataVersion
    from mlops_jupyter.workspace import Workspace

_INTERNAL = {".git", ".dvc", ".mlops"}
_FOLDER = "data"
_LONGEST_FILE = 240  # bytes; its pointer's name is longer
_HINT = "give one by --name"


def checked_path(workspace: Workspace, path: str | Path) -> Path:
    """Return a path that can be kept, with its folders' links resolved as git sees them.

    Raises
    ------
    NotFound
        Nothing is there.
    BadInput
        It is outside the workspace, the workspace itself, or what tools keep for themselves.
    """
    try:
        given = workspace.inside(path)
    except BadInput as error:
        address = Path(path).resolve().as_uri()
        hint = f"{error.hint}; or keep what is there now, by its address: {address}"
        raise BadInput(error.message, hint) from None
    root = workspace.root.resolve()
    if given.resolve() == root:
        raise BadInput(f"{path} is the workspace itself", "name a file or folder inside it")
    file = given.parent.resolve() / given.name
    if not file.exists():
        raise _missing(root, file, path)
    for place in (file, file.resolve()):
        if _INTERNAL & set(place.relative_to(root).parts):
            raise BadInput(
                f"{path} belongs to git, DVC or mlops-jupyter itself", "keep data outside of it"
            )
    if file.suffix == ".dvc" and file.is_file():
        raise BadInput(f"{path} is DVC's pointer to data", f"name the data: {file.stem}")
    if not str(file.relative_to(root)).isprintable():
        raise BadInput(f"{str(path)!r} has characters that git or DVC cannot keep", "rename it")
    return file


def place_for(workspace: Workspace, name: str, suffix: str = "") -> Path:
    """Return where a checkout would put what lies nowhere in the workspace.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    name : str
        Its name; slashes stand for folders.
    suffix : str
        What its file's name ends in.

    Raises
    ------
    BadInput
        The name leads out of the workspace, or to what tools keep for themselves.

    Examples
    --------
    >>> place_for(ws, "raw/flights", ".parquet").relative_to(ws.root).as_posix()
    'data/raw/flights.parquet'
    """
    parts = name.split("/")
    root = workspace.root.resolve()
    folder = root / _FOLDER
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        folder = root  # `data` is a link to a large disk, or no folder at all
    place = folder.joinpath(*parts[:-1], parts[-1] + suffix)
    if {"", ".", ".."} & set(parts) or _INTERNAL & set(parts) or place.suffix == ".dvc":
        raise BadInput(f"{name!r} cannot be a file's name here", "give another by --name")
    checked = workspace.inside(place)
    if not name.isprintable() or any(
        len(os.fsencode(part)) > _LONGEST_FILE for part in place.parts
    ):
        raise BadInput(f"{name[:40]!r}… cannot be a file's name", "give another by --name")
    return checked.parent.resolve() / checked.name


def checked_name(name: str) -> str:
    """Return a name that references, git and file systems can hold.

    Raises
    ------
    BadInput
        It cannot be one; says why.

    Examples
    --------
    >>> checked_name("raw/flights 2013")
    'raw/flights 2013'
    """
    name = words.checked(name, "name", _HINT)
    if re.search(r"@(v?\d*|latest|newest)$", name):
        raise words.refusal(name, "name", "it would read as a version", _HINT)
    return name


def default_name(path: str, known: Sequence[DataVersion]) -> str:
    """Return the name this path had before, or the shortest that no other path has."""
    for version in known:
        if version.path == path:
            return version.name
    taken = {version.name.casefold() for version in known}
    parts = [*Path(path).parts[:-1], Path(path).stem]
    names = ["-".join(parts[-count:]) for count in range(1, len(parts) + 1)] + [path]
    return checked_name(next((name for name in names if name.casefold() not in taken), path))


def refuse_other_case(name: str, known: Sequence[DataVersion]) -> None:
    """Refuse a name that a file system may not tell from another.

    Raises
    ------
    BadInput
        There is one that differs only in case.
    """
    for version in known:
        if version.name != name and version.name.casefold() == name.casefold():
            raise BadInput(
                f"there is data named {version.name!r}: {name!r} differs only in case",
                f"use --name {version.name}, or quite another name",
            )


def refuse_label(name: str, known: Sequence[DataVersion]) -> None:
    """Refuse a name that is a reference to a labelled version of other data.

    Raises
    ------
    BadInput
        There is one.
    """
    for version in known:
        if any(f"{version.name}@{label}" == name for label in version.labels):
            raise BadInput(
                f"data:{name} is {version.ref} by its tag already", "give another name by --name"
            )


def _missing(root: Path, file: Path, path: str | Path) -> NotFound:
    if file.is_symlink():
        return NotFound(f"{path} is a link to a file that is missing", "put that file back")
    from_root = root / path
    if from_root.exists():  # as lists of versions show it
        hint = f"did you mean {os.path.relpath(from_root, Path.cwd().resolve())}?"
        return NotFound(f"there is no {path}", hint)
    folder = file.parent
    if not folder.is_dir():
        return NotFound(f"there is no {path}", f"there is no folder {folder}")
    close = difflib.get_close_matches(file.name, [other.name for other in folder.iterdir()], n=1)
    hint = f"did you mean {Path(path).with_name(close[0])}?" if close else f"see `ls {folder}`"
    return NotFound(f"there is no {path}", hint)
