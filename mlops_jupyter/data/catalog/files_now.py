"""Whether the workspace's files still hold what their versions kept."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlops_jupyter.data.records import DataVersion, FileNow
from mlops_jupyter.errors import MlopsError

if TYPE_CHECKING:
    from mlops_jupyter.data.cache.dvc_store import Store
    from mlops_jupyter.workspace import Workspace

# How much may be read to say whether a file is still the version's.
_READ_LIMIT = 64 * 2**20


def with_file_now(
    workspace: Workspace, found: Sequence[DataVersion], known: Sequence[DataVersion]
) -> list[DataVersion]:
    """Compare the workspace's files with versions, each file once.

    Parameters
    ----------
    workspace : Workspace
        Where.
    found : sequence of DataVersion
        The versions to tell of.
    known : sequence of DataVersion
        All versions that a file may have become, the newest first.
    """
    # Files of any version's size may be the same: only then is it worth a look.
    sizes: dict[str, set[int]] = {version.path: set() for version in found}
    kept: dict[tuple[str, str | None], str] = {}
    for version in (*known, *found):
        if version.path in sizes:
            sizes[version.path].add(version.size)
            kept.setdefault((version.path, version.hash), version.ref)
    with contextlib.ExitStack() as closing:
        looking = _Looking(workspace, closing)
        now = {path: looking.hash_now(path, of_path) for path, of_path in sizes.items()}
    return [
        _held_against(version, now[version.path], kept.get((version.path, now[version.path])))
        for version in found
    ]


def _held_against(version: DataVersion, now: str | None, holder: str | None) -> DataVersion:
    """Return a version with what its file is now, also where that is another version."""
    file_now = _compare(now, version)
    file_is = holder if file_now == "changed" else None
    return version.model_copy(update={"file_now": file_now, "file_is": file_is})


def _compare(now: str | None, version: DataVersion) -> FileNow | None:
    if now is None:
        return "unknown"
    if now == version.hash:
        return "same"
    if version.origin != "path":
        return None  # nobody said that it lies there
    return "missing" if now == "missing" else "changed"


class _Looking:
    """Looks at the workspace's files; DVC is opened once, and only where it is needed."""

    def __init__(self, workspace: Workspace, closing: contextlib.ExitStack) -> None:
        self._workspace = workspace
        self._closing = closing
        self._store: Store | None = None

    def hash_now(self, path: str, sizes: set[int]) -> str | None:
        """Return the hash of a file, ``missing``, or None where it takes long."""
        file = self._workspace.root / path
        if not file.exists():
            return "missing"
        if file.is_file() and file.stat().st_size not in sizes:
            return "changed"
        try:
            return self._opened().hash_of(file, limit=_READ_LIMIT)
        except MlopsError:
            return None  # the list is worth showing while a file is being written

    def _opened(self) -> Store:
        from mlops_jupyter.data.cache import dvc_store

        if self._store is None:
            self._store = self._closing.enter_context(dvc_store.opened(self._workspace))
        return self._store
