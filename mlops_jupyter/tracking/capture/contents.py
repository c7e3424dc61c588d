"""Hashes of what was read and written: MD5, as DVC takes it, so that data versions are found.

What was hashed while it was still as it was read stays true, whatever is written later.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter.errors import MlopsError
from mlops_jupyter.tracking.capture.sightings import listing
from mlops_jupyter.tracking.capture.sources import Signature

if TYPE_CHECKING:
    from mlops_jupyter.tracking.capture.sightings import Read
    from mlops_jupyter.workspace import Workspace

# Larger files are looked up in DVC's memory first; opening it costs as much as hashing these.
_SMALL = 16_000_000
# Versions are tags in git: looked at again after so many seconds.
_FRESH_S = 2.0
_MAX_CACHED = 50_000
# The hash of each state of a file that this process has read: a script opens many sessions.
_known: dict[tuple[Path, Signature], str] = {}


class NotHashed(Exception):
    """A content that was not hashed; says why."""


class Contents:
    """Hashes files and folders, each state of them once, and knows their data versions."""

    def __init__(self) -> None:
        self._folders: dict[tuple[Path, str], str] = {}
        self._versions: dict[str, str] = {}
        self._looked_at: tuple[int, float] | None = None

    def of(self, workspace: Workspace, read: Read) -> str:
        """Return the hash of a file or folder as it was read.

        Raises
        ------
        NotHashed
            It has changed since, or is larger than the settings allow.
        """
        assert read.path is not None  # noqa: S101 - only files and folders have contents
        if isinstance(read.seen, Signature):
            return self.of_file(workspace, read.path, read.seen)
        return self._of_folder(workspace, read.path, str(read.seen))

    def of_file(self, workspace: Workspace, path: Path, seen: Signature) -> str:
        """Return the hash of a file in the state that was seen; see `of`."""
        known = _known.get((path, seen))
        if known is not None:
            return known
        if seen.size > workspace.settings.data.hash_limit_mb * 1_000_000:
            raise NotHashed("larger than hash_limit_mb in mlops.toml")
        if Signature.of(path) != seen:
            raise NotHashed("changed since it was read")
        found = _hash(workspace, path, seen)
        if Signature.of(path) != seen:
            raise NotHashed("changed since it was read")
        if len(_known) >= _MAX_CACHED:
            _known.clear()
        _known[path, seen] = found
        return found

    def version(self, workspace: Workspace, digest: str, cell: int) -> str | None:
        """Return the newest data version with this content; `cell` tells when to look again."""
        now = time.monotonic()
        looked_at = self._looked_at
        if looked_at is None or looked_at[0] != cell or now - looked_at[1] > _FRESH_S:
            from mlops_jupyter.data.catalog.history import read

            self._versions = {
                version.hash: version.ref
                for version in reversed(read(workspace))
                if version.forgotten is None
            }
            self._looked_at = (cell, now)
        return self._versions.get(digest)

    def _of_folder(self, workspace: Workspace, path: Path, seen: str) -> str:
        known = self._folders.get((path, seen))
        if known is not None:
            return known
        if listing(path) != seen:
            raise NotHashed("changed since it was read")
        from mlops_jupyter.data.cache import dvc_store

        try:
            with dvc_store.opened(workspace) as store:
                limit = workspace.settings.data.hash_limit_mb * 1_000_000
                found = store.hash_of(path, limit=limit)
        except MlopsError as error:
            raise NotHashed(error.message) from None
        if found is None:
            raise NotHashed("larger than hash_limit_mb in mlops.toml")
        self._folders[path, seen] = found
        return found


def _hash(workspace: Workspace, path: Path, seen: Signature) -> str:
    from mlops_jupyter.data.cache import dvc_store, intake
    from mlops_jupyter.data.cache.prepare import dvc_root

    try:
        if seen.size > _SMALL and dvc_root(workspace.root) is not None:
            return dvc_store.hash_file(workspace, path)
        return intake.read(path, lambda _count: None).md5
    except MlopsError as error:
        raise NotHashed(error.message) from None
    except OSError as error:
        raise NotHashed(error.strerror or str(error)) from None
