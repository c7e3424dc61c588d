"""What may be written over: content that a version holds, and that the cache has."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter.data.cache.intake import Signature
from mlops_jupyter.errors import MlopsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlops_jupyter.data.cache.dvc_store import Store
    from mlops_jupyter.data.records import DataVersion


class Kept:
    """The contents of all versions, as far as the cache has them.

    Parameters
    ----------
    store : Store
        The cache.
    versions : iterable of DataVersion
        Explicit and automatic ones.
    """

    def __init__(self, store: Store, versions: Iterable[DataVersion]) -> None:
        hashes = list(dict.fromkeys(version.hash for version in versions))
        self._store = store
        self._hashes = {hash_ for hash_ in hashes if not hash_.endswith(".dir")}
        # Lists of files are long: each is looked at when those before it did not suffice.
        self._folders = [hash_ for hash_ in reversed(hashes) if hash_.endswith(".dir")]

    def holds(self, md5: str, size: int) -> bool:
        """Return whether some version has this content, and the cache has it whole."""
        while md5 not in self._hashes and self._folders:
            folder = self._folders.pop()
            if self._store.has(folder):
                self._hashes.update(self._store.listing(folder).values())
        cached = self._store.cached(md5)
        return md5 in self._hashes and cached.is_file() and cached.stat().st_size == size


@dataclass(frozen=True)
class Survey:
    """What is at a place, file by file.

    Attributes
    ----------
    hashes : dict of str to str
        MD5 of each regular file by its name in it; its own name for a file.
    signatures : dict of str to Signature
        How each of these looked when it was hashed.
    others : tuple of str
        What is no regular file: links, pipes; and what may not be read.
    executable : bool
        Whether the place is a file with its execute bit set.
    is_folder : bool
        Whether it is a folder.
    """

    hashes: Mapping[str, str] = field(default_factory=dict)
    signatures: Mapping[str, Signature] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    executable: bool = False
    is_folder: bool = False

    def lost(self, kept: Kept) -> list[str]:
        """Return the names of what could not be brought back."""
        lost = [
            name
            for name, md5 in self.hashes.items()
            if not kept.holds(md5, self.signatures[name].size)
        ]
        return sorted([*lost, *self.others])

    def still(self, place: Path) -> bool:
        """Return whether a place has the very same files, none of them written since."""
        names, others = _names_in(place) if self.is_folder else ([place.name], [])
        if {*names, *others} != {*self.signatures, *self.others}:
            return False
        try:
            return all(
                Signature.of(place / name if self.is_folder else place) == signature
                for name, signature in self.signatures.items()
            )
        except MlopsError:
            return False


def survey(store: Store, place: Path) -> Survey:
    """Look at all that is at a place; what DVC would ignore is somebody's, too."""
    is_folder = place.is_dir() and not place.is_symlink()
    names, others = _names_in(place) if is_folder else ([], [])
    if not is_folder:
        (names if _is_plain(place, store) else others).append(place.name)
    hashes, signatures = {}, {}
    for name in names:
        file = place / name if is_folder else place
        try:
            signatures[name] = Signature.of(file)
            hashes[name] = store.hash_of(file) or ""
        except (MlopsError, OSError):
            signatures.pop(name, None)
            others.append(name)
    executable = not is_folder and os.access(place, os.X_OK)
    return Survey(hashes, signatures, tuple(others), executable, is_folder)


def _names_in(folder: Path) -> tuple[list[str], list[str]]:
    """Return the regular files in a folder by their path in it, and whatever else is there."""
    plain: list[str] = []
    others: list[str] = []
    for here, folders, names in os.walk(folder):
        inside = Path(here).relative_to(folder)
        others += [(inside / n).as_posix() for n in folders if (Path(here) / n).is_symlink()]
        for name in names:
            regular = stat.S_ISREG((Path(here) / name).lstat().st_mode)
            (plain if regular else others).append((inside / name).as_posix())
    return plain, others


def _is_plain(place: Path, store: Store) -> bool:
    """Return whether a place is a file; a link of DVC's into its cache is one as well."""
    if place.is_symlink():
        return store.cached("00").parent.parent in place.resolve().parents
    return stat.S_ISREG(place.lstat().st_mode)
