"""Which files a path holds, as DVC sees them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mlops_jupyter.data.intake import Signature
from mlops_jupyter.errors import BadInput

if TYPE_CHECKING:
    from mlops_jupyter.workspace import Workspace

_SHOWN = 5


class File(NamedTuple):
    """A file, and its state when it was looked at."""

    path: str
    signature: Signature


@dataclass(frozen=True)
class Scan:
    """The files of a path.

    Attributes
    ----------
    files : mapping of str to File
        By their name in a folder, with forward slashes; a file is one of its own name.
    linked, empty : tuple of str
        Links to folders, and folders without a file: DVC keeps neither.
    """

    files: Mapping[str, File]
    linked: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.signature.size for file in self.files.values())

    @property
    def notes(self) -> tuple[str, ...]:
        """What of the path is not kept, in words."""
        told = (("links to folders", self.linked), ("empty folders", self.empty))
        return tuple(f"{what} are not kept: {_some(names)}" for what, names in told if names)


def scan(repo: Any, workspace: Workspace, path: Path) -> Scan:
    """Look up the files of a path.

    Parameters
    ----------
    repo : dvc.repo.Repo
        Whose ``.dvcignore`` counts.
    workspace : Workspace
        The workspace: links must not leave it.
    path : Path
        A file or folder.

    Raises
    ------
    BadInput
        A link leaves the workspace, something is no regular file, or DVC would keep no such folder.
    NotFound
        A file is missing.
    """
    if not path.is_dir():
        return Scan({path.name: File(str(path), Signature.of(path))})
    files: dict[str, File] = {}
    linked, bare = [], []
    for folder, folders, names in repo.dvcignore.walk(repo.fs, str(path)):
        inside = "" if folder == str(path) else f"{os.path.relpath(folder, path)}/"
        inside = inside.replace(os.sep, "/")
        links = {name for name in folders if os.path.islink(os.path.join(folder, name))}  # noqa: PTH118, PTH114 - in a hot loop
        linked += [inside + name for name in links]
        if not names and len(links) == len(folders) and inside:
            bare.append(inside.rstrip("/"))
        if ".dvcignore" in names:
            raise BadInput(
                f"{folder} holds a .dvcignore; DVC keeps no such folder",
                "move its lines to the .dvcignore at the workspace's top",
            )
        for name in names:
            file = f"{folder}{os.sep}{name}"
            if os.path.islink(file):  # noqa: PTH114 - in a hot loop
                workspace.inside(file)
            files[inside + name] = File(file, Signature.of(file))
    return Scan(files, tuple(sorted(linked)), tuple(sorted(bare)))


def _some(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
