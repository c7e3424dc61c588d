"""Profiles beside the content: whoever has the version need not read it all to know it."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from mlops_jupyter.data.cache import remote_files
from mlops_jupyter.data.profile import store
from mlops_jupyter.data.profile.records import Profile
from mlops_jupyter.data.profile.sharing import FOLDER, shareable

if TYPE_CHECKING:
    from mlops_jupyter.data.cache.remote_files import RemoteFiles
    from mlops_jupyter.data.records import DataVersion
    from mlops_jupyter.workspace import Workspace

_LONGEST = 50_000_000


def send(workspace: Workspace, remote: str, versions: Sequence[DataVersion]) -> int:
    """Put profiles into a remote that are not there yet, as far as they may leave this machine."""
    known = {version.hash for version in versions if store.has(workspace, version.hash)}
    if not known:
        return 0
    sent = 0
    with _opened(workspace, remote) as (files, file):
        there = set(files.names())
        for hash_ in sorted(known):
            profile = store.read(workspace, hash_)
            if profile is None or _name(hash_) in there:
                continue
            file.write_text(shareable(workspace, profile).model_dump_json(), encoding="utf-8")
            files.put(file, _name(hash_))
            sent += 1
    return sent


def fetch(workspace: Workspace, remote: str, versions: Sequence[DataVersion]) -> int:
    """Bring profiles that are not here; what is no profile of that content is passed over."""
    lacking = {version.hash for version in versions if not store.has(workspace, version.hash)}
    if not lacking:
        return 0
    fetched = 0
    with _opened(workspace, remote) as (files, file):
        there = set(files.names())
        for hash_ in sorted(hash_ for hash_ in lacking if _name(hash_) in there):
            files.get(_name(hash_), file)
            profile = _read(file, hash_)
            if profile is not None:
                store.write(workspace, profile)
                fetched += 1
    return fetched


@contextlib.contextmanager
def _opened(workspace: Workspace, remote: str) -> Iterator[tuple[RemoteFiles, Path]]:
    """Give the profiles in a remote, and a file for one on its way."""
    with (
        remote_files.opened(workspace, FOLDER, remote) as files,
        tempfile.TemporaryDirectory(prefix="mlops-") as folder,
    ):
        yield files, Path(folder) / "profile"


def _read(file: Path, hash_: str) -> Profile | None:
    """Read what others may have written."""
    if file.stat().st_size > _LONGEST:
        return None
    try:
        profile = Profile.model_validate_json(file.read_bytes())
    except (ValidationError, ValueError, RecursionError):
        return None
    return profile if profile.hash == hash_ else None


def _name(hash_: str) -> str:
    return f"{hash_}.json"
