"""A DVC remote as what it is: contents by their hash.

What a file system keeps under a hash is taken for whole only where its size is right, and what
comes from one only where its bytes have that hash. Files come before the lists that name them:
a list that is there says that its files are.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_jupyter import addresses
from mlops_jupyter.data.cache import intake
from mlops_jupyter.data.travel.telling import refusal, secrets_of
from mlops_jupyter.errors import MlopsError, NotFound

if TYPE_CHECKING:
    from mlops_jupyter.data.cache.dvc_store import Store

Arrived = Callable[[int], None]

_NAME = re.compile(r"[0-9a-f]{30}(\.dir)?")
_AT_ONCE = 500
_LISTERS = 16
_ARRIVING = ".mlops-arriving"


@contextlib.contextmanager
def opened(store: Store, name: str | None) -> Iterator[Remote]:
    """Open a DVC remote with DVC's settings and credentials.

    Parameters
    ----------
    store : Store
        The open DVC repository.
    name : str, optional
        Which remote; DVC's default one otherwise.

    Raises
    ------
    BadInput
        DVC knows no such remote, or it is of a kind that has no contents by hash.
    MissingExtra
        A package for this kind of remote is not installed.
    NotFound
        It is a folder that is not there.
    ToolFailed
        It does not answer, or refuses.
    """
    chosen = name or store.config["core"].get("remote") or ""
    settings = dict(store.config["remote"].get(chosen.lower(), {}))
    address = addresses.without_credentials(settings.get("url", ""))
    secrets = secrets_of(settings)
    try:
        odb = store.repo.cloud.get_remote_odb(name=name or None, command="mlops data push")
        yield Remote(store, chosen, address, odb)
    except (MlopsError, KeyboardInterrupt):
        raise
    except Exception as error:  # noqa: BLE001 - each file system has errors of its own
        raise refusal(error, chosen, address, secrets) from None


class Remote:
    """An open remote.

    Parameters
    ----------
    store : Store
        The open DVC repository, whose cache is the other side.
    name, address : str
        What DVC calls it, and where it is, without credentials.
    odb : dvc_data.hashfile.db.HashFileDB
        DVC's objects there.
    """

    def __init__(self, store: Store, name: str, address: str, odb: Any) -> None:
        self.name = name
        self.address = address
        self._store = store
        self._cache = store.repo.cache.local
        self._odb = odb

    def refuse_missing(self) -> None:
        """Refuse a folder that is not there: of a disk that is not mounted, perhaps."""
        folder = Path(self._odb.path).parents[1]
        if self._odb.fs.protocol == "local" and not folder.is_dir():
            raise NotFound(
                f"the DVC remote {self.name!r} is {folder}, and there is no such folder",
                f"mount its disk, or make it: mkdir -p {folder}",
            )

    def sizes(self, hashes: Collection[str]) -> dict[str, int | None]:
        """Return which contents are there, and their sizes where the remote tells."""
        fs = self._odb.fs
        with contextlib.suppress(AttributeError, NotImplementedError):
            fs.fs.invalidate_cache()  # another process may have put more there
        if not fs.CAN_TRAVERSE:
            there = self._odb.list_oids_exists(list(hashes))
            return dict.fromkeys(there)
        beginnings = sorted({hash_[:2] for hash_ in hashes})
        with ThreadPoolExecutor(min(_LISTERS, len(beginnings) or 1)) as pool:
            listed = list(pool.map(self._listed, beginnings))
        found = {hash_: size for part in listed for hash_, size in part.items()}
        return {hash_: found[hash_] for hash_ in hashes if hash_ in found}

    def _listed(self, beginning: str) -> dict[str, int | None]:
        fs = self._odb.fs
        try:
            entries = list(fs.ls(fs.join(self._odb.path, beginning), detail=True))
        except (FileNotFoundError, NotADirectoryError):
            return {}
        names = {fs.name(entry["name"].rstrip("/")): entry for entry in entries}
        return {
            beginning + name: entry.get("size")
            for name, entry in names.items()
            if _NAME.fullmatch(name) and entry.get("type") != "directory"
        }

    def send(self, hashes: Collection[str], arrived: Arrived) -> None:
        """Put contents of the cache there, each whole.

        Raises
        ------
        Exception
            What the file system raised for the first that did not arrive.
        """
        files, lists = _parted(hashes)
        for group in (files, lists):
            for part in _chunks(group):
                self._send(part, arrived)

    def _send(self, hashes: list[str], arrived: Arrived) -> None:
        places = [str(self._store.cached(hash_)) for hash_ in hashes]
        failed: list[BaseException] = []
        if self._odb.fs.protocol == "local":
            failed = self._copy_to_folder(places, hashes)
        else:
            self._odb.add(
                places,
                self._cache.fs,
                hashes,
                on_error=lambda _oid, error: failed.append(error),
                batch_size=self._odb.fs.jobs,
                check_exists=False,
            )
        if failed:
            raise failed[0]
        there = self.sizes(hashes)
        for hash_ in hashes:
            size = self._store.cached(hash_).stat().st_size
            if there.get(hash_, -1) not in (size, None):
                raise OSError(f"{hash_} has not arrived whole")
            arrived(size)

    def _copy_to_folder(self, places: list[str], hashes: list[str]) -> list[BaseException]:
        """Copy into a folder under other names first: DVC's `add` begins with the final one."""
        from dvc_objects.fs import generic

        failed: list[BaseException] = []
        targets = [self._odb.oid_to_path(hash_) for hash_ in hashes]
        generic.copy(
            self._cache.fs,
            places,
            self._odb.fs,
            targets,
            on_error=lambda _source, _target, error: failed.append(error),
        )
        for target in targets:
            self._odb.protect(target)
        return failed

    def fetch(self, hashes: Collection[str], arrived: Arrived) -> list[str]:
        """Bring contents into the cache, each whole; return those that are damaged there.

        Raises
        ------
        Exception
            What the file system raised for the first that did not arrive.
        """
        files, lists = _parted(hashes)
        damaged = []
        with self._arriving() as folder:
            for group in (files, lists):
                for part in _chunks(group):
                    damaged += self._fetch(part, folder, arrived)
        return damaged

    def _fetch(self, hashes: list[str], folder: Path, arrived: Arrived) -> list[str]:
        from dvc_objects.fs import generic
        from dvc_objects.fs.local import localfs

        places = [folder / hash_ for hash_ in hashes]
        failed: list[BaseException] = []
        try:
            generic.copy(
                self._odb.fs,
                [self._odb.oid_to_path(hash_) for hash_ in hashes],
                localfs,
                [str(place) for place in places],
                batch_size=self._odb.fs.jobs,
                on_error=lambda _source, _target, error: failed.append(error),
            )
        except FileNotFoundError:
            if not failed:  # with one file DVC goes on to move what has not come
                raise
        damaged = []
        for hash_, place in zip(hashes, places, strict=True):
            if not place.is_file():
                continue
            content = intake.read(place, lambda _count: None)
            if content.md5 == hash_.removesuffix(".dir"):
                self._store.incoming.keep(place, hash_)
                arrived(content.signature.size)
            else:
                place.unlink()
                damaged.append(hash_)
        if failed:
            raise failed[0]
        return damaged

    @contextlib.contextmanager
    def _arriving(self) -> Iterator[Path]:
        """Give a folder on the cache's file system; what killed processes left there goes."""
        from filelock import FileLock

        cache = Path(self._cache.path)
        cache.mkdir(parents=True, exist_ok=True)
        folder = cache / _ARRIVING
        with FileLock(cache / f"{_ARRIVING}.lock"):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)


def _parted(hashes: Iterable[str]) -> tuple[list[str], list[str]]:
    files: list[str] = []
    lists: list[str] = []
    for hash_ in sorted(hashes):
        (lists if hash_.endswith(".dir") else files).append(hash_)
    return files, lists


def _chunks(hashes: list[str]) -> list[list[str]]:
    return [hashes[at : at + _AT_ONCE] for at in range(0, len(hashes), _AT_ONCE)]


def whole(store: Store, hash_: str) -> bool | None:
    """Return whether the cache's content has its hash; None where it has none by this name."""
    place = store.cached(hash_)
    if not place.is_file():
        return None
    try:
        return intake.read(place, lambda _count: None).md5 == hash_.removesuffix(".dir")
    except (MlopsError, OSError):
        return False if os.path.lexists(place) else None
