"""Files and folders that are logged by their path."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter.errors import BadInput, NotFound
from mlops_jupyter.tracking.capture import context, objects
from mlops_jupyter.tracking.capture.source_files import is_secret

if TYPE_CHECKING:
    from mlops_jupyter.workspace import Workspace

# What no folder is logged with: stores of their own, which would be copied into themselves.
_STORES = {".git", ".mlops"}
_LEFT_OUT = {*_STORES, ".dvc", "__pycache__", ".ipynb_checkpoints"}


@dataclass
class Given:
    """What a path stands for.

    Attributes
    ----------
    stem : str
        Its name within the run, before the number that keeps it apart from an earlier one.
    files : dict
        What follows there -> the object or bytes that hold the content.
    size : int
        Bytes of all.
    skipped : list of str
        What was left out, with the reason.
    """

    stem: str
    files: dict[str, bytes | Path] = field(default_factory=dict)
    size: int = 0
    skipped: list[str] = field(default_factory=list)


def take(workspace: Workspace, path: str | os.PathLike[str], budget: int) -> Given:
    """Read a file or folder of the workspace, as far as the budget goes.

    A file past it is hashed, so that it can be told later whether it is the same.

    Raises
    ------
    NotFound
        There is none.
    BadInput
        It is outside the workspace, or in a store.
    """
    absolute = workspace.inside(path)
    if not absolute.exists():
        raise NotFound(f"no file {path}", f"paths count from the current folder, {Path.cwd()}")
    shown = context.relative(workspace, absolute)
    if store := _STORES.intersection(Path(shown).parts):
        raise BadInput(f"{shown} belongs to {store.pop()}, a store of its own", "log what you made")
    if absolute.is_dir():
        return _folder(workspace, absolute, shown, budget)
    ending = objects.name_of(absolute.suffix)
    given = Given(
        objects.name_of(shown.removesuffix(absolute.suffix)), size=absolute.stat().st_size
    )
    if given.size > budget:
        given.files[f"{ending}.pointer.json"] = _pointer(workspace, absolute, shown)
        given.skipped.append(f"{shown}: {_too_big(given.size, budget)}; its hash is kept")
        given.size = 0
    else:
        given.files[ending] = objects.put_file(workspace, absolute)
    return given


def _folder(workspace: Workspace, folder: Path, shown: str, budget: int) -> Given:
    given = Given(objects.name_of(shown if shown != "." else workspace.root.name))
    root = workspace.root.resolve()
    found: list[Path] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT)
        for path in (Path(parent) / name for name in [*names, *folders]):
            if path.is_symlink() and not path.resolve().is_relative_to(root):
                given.skipped.append(f"{path.relative_to(folder)}: leads out of the workspace")
            elif path.is_file() and is_secret(path.name):
                given.skipped.append(f"{path.relative_to(folder)}: looks like a file of secrets")
            elif path.is_file():
                found.append(path)
    given.size = sum(path.stat().st_size for path in found)
    if given.size > budget:
        given.skipped.append(f"{shown}: {_too_big(given.size, budget)}")
        given.size = 0
        return given
    for path in sorted(found):
        name = "/" + objects.name_of(path.relative_to(folder).as_posix())
        given.files[name] = objects.put_file(workspace, path)
    return given


def _too_big(size: int, budget: int) -> str:
    return f"{size / 1e6:,.1f} MB is past copy_limit_mb in mlops.toml ({budget / 1e6:,.1f} MB left)"


def _pointer(workspace: Workspace, path: Path, shown: str) -> bytes:
    """Return what is kept of a file that is not copied."""
    size = path.stat().st_size
    content: dict[str, object] = {"path": shown, "size": size}
    if size <= workspace.settings.data.hash_limit_mb * 1_000_000:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
        content["md5"] = digest.hexdigest()  # as DVC has it
    return json.dumps(content, indent=2).encode()
