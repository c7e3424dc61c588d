"""Files of runs, stored once per content.

In the embedded store an artifact is a hard link to ``.mlops/objects/<sha256>``: a hundred runs of
one notebook cost one notebook. An object that no run links to any longer has a link count of one.
Objects are read-only, since a change to one would be a change to every run that has it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import uuid
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from mlops_jupyter.tracking.store.locations import local_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlflow import MlflowClient

    from mlops_jupyter.workspace import Workspace

__all__ = ["Kept", "link", "local_folder", "name_of", "path_of", "put", "put_file", "store"]

_BLOCK = 1 << 20
# Signs that MLflow, a URL or another platform would misread in the name of an artifact.
_AWKWARD = frozenset('~%#?:\\*"<>|')


@dataclass(frozen=True)
class Kept:
    """What one kind of capture found for a run.

    Attributes
    ----------
    files : dict
        Path within the run -> its bytes, or the object that holds them.
    tags : dict
        Tags of the run.
    captured, problems : list of str
        What to say of it, and what is missing with the reason.
    """

    files: dict[str, bytes | Path] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    captured: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def put(workspace: Workspace, content: bytes) -> Path:
    """Store bytes, unless they are stored already; return the file that holds them."""
    digest = hashlib.sha256(content).hexdigest()
    stored = workspace.state_dir / "objects" / digest[:2] / digest[2:]
    with contextlib.suppress(FileNotFoundError):
        if stored.stat().st_size == len(content):
            return stored
    stored.parent.mkdir(parents=True, exist_ok=True)
    _write_whole(stored, content)
    return stored


def put_file(workspace: Workspace, path: Path) -> Path:
    """Store what a file holds now, without holding it in memory."""
    folder = workspace.state_dir / "objects"
    folder.mkdir(parents=True, exist_ok=True)
    beside = _beside(folder / path.name)
    try:
        digest = hashlib.sha256()
        with path.open("rb") as source, beside.open("wb") as target:
            while block := source.read(_BLOCK):
                digest.update(block)
                target.write(block)
        name = digest.hexdigest()
        stored = folder / name[:2] / name[2:]
        stored.parent.mkdir(exist_ok=True)
        beside.chmod(0o444)
        beside.replace(stored)
    finally:
        beside.unlink(missing_ok=True)
    return stored


def link(stored: Path, target: Path) -> None:
    """Make `target` the same file as an object; a copy where the file system cannot."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = _beside(target)
    try:
        try:
            os.link(stored, beside)
        except FileNotFoundError:
            raise
        except OSError:  # another device, no hard links, or too many of them
            shutil.copyfile(stored, beside)
        beside.replace(target)
    finally:
        # rename() does nothing, and leaves both names, where they are one file already.
        beside.unlink(missing_ok=True)


def store(
    workspace: Workspace,
    client: MlflowClient,
    run_id: str,
    artifact_uri: str,
    files: Mapping[str, bytes | Path],
) -> None:
    """Add files to a run: links in a local store, one upload to a server.

    Parameters
    ----------
    workspace : Workspace
        Its objects hold the content.
    client : MlflowClient
        Of the run's store.
    run_id, artifact_uri : str
        The run, and where its artifacts are.
    files : mapping
        Path within the run -> bytes, or an object of `put`; see `name_of` for odd paths.
    """
    if not files:
        return
    folder = local_folder(artifact_uri)
    if folder is not None:
        for name, content in files.items():
            target = folder / _checked(name)
            try:
                stored = put(workspace, content) if isinstance(content, bytes) else content
                link(stored, target)
            except FileNotFoundError:  # freed by another process in between
                link(put(workspace, _bytes(content)), target)
        return
    with tempfile.TemporaryDirectory(prefix="mlops-") as temporary:
        for name, content in files.items():
            target = Path(temporary) / _checked(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(_bytes(content))
        client.log_artifacts(run_id, temporary)


def name_of(path: str) -> str:
    """Return the name an artifact has for a file: odd signs and bytes as ``~`` and their hex code.

    Examples
    --------
    >>> name_of("src/größe #1.py")
    'src/größe ~231.py'
    >>> path_of("src/größe ~231.py")
    'src/größe #1.py'
    """
    return "".join(
        sign
        if sign.isprintable() and sign not in _AWKWARD
        else "".join(f"~{byte:02X}" for byte in os.fsencode(sign))
        for sign in path
    )


def path_of(name: str) -> str:
    """Return the file's path that `name_of` made a name of."""
    return unquote(name.replace("~", "%"), encoding="utf-8", errors="surrogateescape")


def _checked(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise ValueError(f"{name!r} is no path inside a run")
    return path


def _bytes(content: bytes | Path) -> bytes:
    return content if isinstance(content, bytes) else content.read_bytes()


def _write_whole(target: Path, content: bytes) -> None:
    """Never leave half a file under its name: a kill in between leaves another name."""
    beside = _beside(target)
    try:
        beside.write_bytes(content)
        beside.chmod(0o444)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def _beside(target: Path) -> Path:
    return target.with_name(f".{uuid.uuid4().hex}.part")
