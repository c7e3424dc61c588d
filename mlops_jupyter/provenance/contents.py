"""What is known of contents by their hash: data versions, newer ones, the workspace's files now."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter.data.catalog import automatic, history
from mlops_jupyter.data.catalog.newest import Newest
from mlops_jupyter.errors import MlopsError
from mlops_jupyter.tracking.history.files_now import FilesNow, FileThen

if TYPE_CHECKING:
    from mlops_jupyter.data.records import DataVersion
    from mlops_jupyter.provenance.records import FileNow
    from mlops_jupyter.workspace import Workspace

# Smaller files are read at once: opening DVC costs as much.
_SMALL = 16_000_000
# So many versions of a folder are looked through for a file.
_MOST_FOLDERS = 50
# How much of a folder may be read to say whether it is still the same.
_READ_LIMIT = 64 * 2**20


class Contents:
    """Knows the data versions of a workspace, and what its files hold now.

    Parameters
    ----------
    workspace : Workspace
        Where.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._files = FilesNow(workspace)
        self._listings: dict[str, dict[str, str]] = {}

    @cached_property
    def _versions(self) -> list[DataVersion]:
        return history.read(self._workspace)

    @cached_property
    def _by_hash(self) -> dict[str, list[DataVersion]]:
        found: dict[str, list[DataVersion]] = {}
        for version in self._versions:
            found.setdefault(version.hash, []).append(version)
        return found

    @cached_property
    def _newest(self) -> Newest:
        return Newest(self._versions)

    def versions(self, hash_: str) -> list[DataVersion]:
        """Return the versions of a content, newest first."""
        return self._by_hash.get(hash_, [])

    @cached_property
    def _copies(self) -> dict[str, DataVersion]:
        return {kept.hash: kept for kept in automatic.read(self._workspace)}

    def copy(self, hash_: str) -> DataVersion | None:
        """Return the copy that was kept because a run read a content."""
        return self._copies.get(hash_)

    def files_in(self, folder_hash: str) -> dict[str, str]:
        """Return the files of a folder's content and their hashes; empty where it is not here."""
        if folder_hash not in self._listings:
            self._listings[folder_hash] = self._listing(folder_hash)
        return self._listings[folder_hash]

    def folder_with(self, path: str, hash_: str) -> DataVersion | None:
        """Return the newest version of a folder that held this content under this path."""
        around = [
            version
            for version in self._versions
            if version.is_folder and path.startswith(f"{version.path}/")
        ]
        for version in around[:_MOST_FOLDERS]:
            if self.files_in(version.hash).get(path.removeprefix(f"{version.path}/")) == hash_:
                return version
        return None

    def _listing(self, folder_hash: str) -> dict[str, str]:
        from mlops_jupyter.data.cache import dvc_store

        try:
            with dvc_store.opened(self._workspace) as store:
                return store.listing(folder_hash) if store.has(folder_hash) else {}
        except MlopsError:  # damaged; `data verify` tells
            return {}

    def newer(self, hash_: str) -> DataVersion | None:
        """Return the newest version of data that once had this content, where it has it no more."""
        found = (self._newest.newer(version) for version in self.versions(hash_))
        return next(filter(None, found), None)

    def hash_now(self, path: str) -> str | None:
        """Return the hash of what a path holds; None where it is too large, or may not be read."""
        from mlops_jupyter.data.cache import intake

        limit = self._workspace.settings.data.hash_limit_mb * 1_000_000
        file = Path(os.path.abspath(self._workspace.root / path))
        try:
            if file.is_file() and file.stat().st_size <= min(limit, _SMALL):
                return intake.read(file, lambda _count: None).md5
            return self._by_dvc(file, limit)
        except (MlopsError, OSError):
            return None

    def is_no_file(self, path: str, hash_: str) -> bool:
        """Whether this is where a checkout would put a frame or what is at an address."""
        if not self._was_no_file(path, hash_):
            return False
        file = self._inside(path)
        return file is None or not file.exists()

    def file_now(self, path: str, hash_: str, size: int | None) -> FileNow | None:
        """Compare a file of the workspace with a content; None for what is no file of it.

        Others may have written the path: nothing else is looked at.
        """
        file = self._inside(path)
        if file is None:
            return None
        try:
            if not file.exists():
                return None if self._was_no_file(path, hash_) else "missing"
            if file.is_dir():
                same = self._same(self._by_dvc(file, _READ_LIMIT), hash_)
            else:
                same = self._files.same(FileThen(path, hash_, size, None))
                if same is None:  # too much to read, but DVC may remember it
                    same = self._same(self._by_dvc(file, 0), hash_)
        except (MlopsError, OSError):  # it is being written, or not ours to read
            same = None
        if same is False and self._was_no_file(path, hash_):
            return None
        return "unknown" if same is None else "same" if same else "changed"

    def _was_no_file(self, path: str, hash_: str) -> bool:
        """Whether a frame or an address was kept, whose path is where a checkout would put it."""
        origins = {each.origin for each in self.versions(hash_) if each.path == path}
        return bool(origins) and "path" not in origins

    def _by_dvc(self, file: Path, limit: int) -> str | None:
        """Return the hash of a file or folder, from DVC's memory where it was not written since."""
        from mlops_jupyter.data.cache import dvc_store
        from mlops_jupyter.data.cache.prepare import dvc_root

        if dvc_root(self._workspace.root) is None:
            return None
        with dvc_store.opened(self._workspace) as store:
            return store.hash_of(file, limit=limit)

    def _inside(self, path: str) -> Path | None:
        root = self._workspace.root.resolve()
        try:
            found = (root / path).resolve()
        except (OSError, ValueError, RuntimeError):  # a zero byte, a ring of links
            return None
        return found if found.is_relative_to(root) else None

    @staticmethod
    def _same(now: str | None, then: str) -> bool | None:
        return None if now is None else now == then
