"""Damaged content aside, and a whole one in its place, where there is one."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter.data.cache import intake
from mlops_jupyter.errors import MlopsError

if TYPE_CHECKING:
    from mlops_jupyter.data.cache.dvc_store import Store
    from mlops_jupyter.data.travel.remote import Remote
    from mlops_jupyter.workspace import Workspace


class Mending:
    """Looks for whole content.

    Parameters
    ----------
    workspace, store
        Where.
    shelf : Remote, optional
        A remote that may have it.
    """

    def __init__(self, workspace: Workspace, store: Store, shelf: Remote | None) -> None:
        self._workspace = workspace
        self._store = store
        self._shelf = shelf

    def set_aside(self, damaged: Collection[str]) -> str | None:
        """Move damaged content out of the cache; return the folder where it is."""
        if not damaged:
            return None
        folder = self._workspace.state_dir / "damaged"
        folder.mkdir(parents=True, exist_ok=True)
        for hash_ in damaged:
            # The cache may be on another disk.
            shutil.move(self._store.cached(hash_), folder / hash_)
        return folder.relative_to(self._workspace.root).as_posix()

    def mend(self, bad: Collection[str], candidates: Mapping[str, Sequence[Path]]) -> set[str]:
        """Bring back what can be; return it."""
        mended = {
            hash_
            for hash_ in bad
            if any(self._take(place, hash_) for place in candidates.get(hash_, ()))
        }
        left = set(bad) - mended
        if left and self._shelf is not None and (there := self._shelf.sizes(left)):
            self._shelf.fetch(there, lambda _size: None)
            mended |= {hash_ for hash_ in there if self._store.has(hash_)}
        return mended

    def _take(self, place: Path, hash_: str) -> bool:
        """Take content in from a file of the workspace, if that is what it is."""
        try:
            self._workspace.inside(place)
            if not place.is_file():
                return False
            if intake.read(place, lambda _count: None).md5 != hash_:
                return False
            self._store.incoming.copy(place, lambda _count: None)
        except (MlopsError, OSError):
            return False
        return self._store.has(hash_)
