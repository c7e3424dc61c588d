"""DVC, in process: few files import it, since its Python API is undocumented.

What is used: opening a repository, its configuration, its state database (which file has which
hash) and its cache of objects by hash. The user's files are only read: not linked to the cache,
no ``.dvc`` file or ``.gitignore`` beside them.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_jupyter.data.cache import dvc_repository, folder_lists, intake, scan
from mlops_jupyter.data.cache.ignoring import Ignoring
from mlops_jupyter.data.cache.incoming import Incoming
from mlops_jupyter.data.cache.memory import Memory
from mlops_jupyter.errors import BadInput, Conflict
from mlops_jupyter.results import Events, ignore_events

if TYPE_CHECKING:
    from mlops_jupyter.workspace import Workspace


@dataclass(frozen=True)
class Stored:
    """Content as DVC knows it.

    Attributes
    ----------
    hash : str
        MD5; ends in ``.dir`` for a folder.
    size, files : int
        Bytes and number of files.
    executable : bool
        Whether the file's execute bit is set.
    notes : tuple of str
        What of it DVC does not keep.
    etag : str or None
        What its source knew this state of it by.
    """

    hash: str
    size: int
    files: int
    executable: bool = False
    notes: tuple[str, ...] = ()
    etag: str | None = None


@contextlib.contextmanager
def opened(workspace: Workspace) -> Iterator[Store]:
    """Open the workspace's DVC repository.

    Raises
    ------
    BadInput
        There is none.
    ToolFailed
        DVC cannot use it, such as for an error in ``.dvc/config``.
    """
    root = dvc_repository.root_of(workspace)
    with dvc_repository.opened(root) as repo:
        store = Store(repo, workspace, root)
        try:
            yield store
        finally:
            store.remember()


class Store:
    """An open DVC repository: its cache, and what it remembers of files.

    Parameters
    ----------
    repo : dvc.repo.Repo
        The repository.
    workspace : Workspace
        The workspace, for links that must not leave it.
    root : Path
        The folder with ``.dvc``.
    """

    def __init__(self, repo: Any, workspace: Workspace, root: Path) -> None:
        self._repo = repo
        self._cache = repo.cache.local
        self._workspace = workspace
        self._ignoring = Ignoring(repo)
        self._memory = Memory(repo)
        self.incoming = Incoming(self._cache)
        self.root = root

    def put(self, path: Path, events: Events = ignore_events) -> Stored:
        """Put a file or folder into the cache; what it holds already is not read again.

        Raises
        ------
        Conflict
            Something was written meanwhile; the cache holds nothing torn.
        BadInput
            It is an empty folder, ignored by ``.dvcignore``, or holds what cannot be kept.
        """
        if self._ignoring.ignores(str(path)):
            raise BadInput(f".dvcignore says to ignore {path}", "take its line out of .dvcignore")
        found = self._scan(path)
        if not found.files:
            raise BadInput(f"{path} is an empty folder", "there is nothing to keep yet")
        hashes = self._put_files(path, found, events)
        if not path.is_dir():
            return Stored(hashes[path.name], found.size, 1, os.access(path, os.X_OK))
        if not found.stands() and self._scan(path).files != found.files:
            raise Conflict(
                f"files in {path} changed while they were read; nothing was kept",
                "do it again once whatever writes there has ended",
            )
        return self.put_folder(hashes, found.size, found.notes)

    def put_folder(
        self, hashes: Mapping[str, str], size: int, notes: tuple[str, ...] = ()
    ) -> Stored:
        """Keep the list of a folder's files, which the cache holds."""
        listed = folder_lists.written(hashes)
        folder_hash = folder_lists.hash_of(listed)
        if not self.has(folder_hash):
            with self.incoming.unfinished("the list of a folder's files") as place:
                place.write_bytes(listed)
                self.incoming.keep(place, folder_hash)
        return Stored(folder_hash, size, len(hashes), notes=notes)

    def stored(self, hash_: str) -> Stored | None:
        """Return content that the cache holds whole; None where something of it is missing."""
        if not self.has(hash_):
            return None
        hashes = self.listing(hash_) if hash_.endswith(".dir") else {"": hash_}
        try:
            size = sum(self.cached(md5).stat().st_size for md5 in hashes.values())
        except FileNotFoundError:
            return None
        return Stored(hash_, size, len(hashes))

    @property
    def config(self) -> Any:
        """DVC's settings."""
        return self._repo.config

    @property
    def repo(self) -> Any:
        """DVC's own repository, for upkeep."""
        return self._repo

    def hash_of(self, path: Path, limit: int | None = None) -> str | None:
        """Return the hash of a file or folder, from memory where it was not written since.

        Parameters
        ----------
        path : Path
            The file or folder.
        limit : int, optional
            How many bytes may be read for it; None in return where it would take more.
        """
        found = self._scan(path)
        hashes = self._memory.known(found)
        unknown = found.files.keys() - hashes.keys()
        if limit is not None and sum(found.files[name].size for name in unknown) > limit:
            return None
        hashes |= {name: self._read(found.path_of(name)) for name in unknown}
        return folder_lists.hash_of_tree(hashes) if path.is_dir() else hashes[path.name]

    def has(self, hash_: str) -> bool:
        """Return whether the cache holds an object."""
        return self.cached(hash_).is_file()

    @property
    def cache_folder(self) -> Path:
        """Where the cache is."""
        return Path(self._cache.path)

    def cached(self, hash_: str) -> Path:
        """Return where the cache holds an object."""
        return Path(self._cache.oid_to_path(hash_))

    def listing(self, folder_hash: str) -> dict[str, str]:
        """Return the files of a folder in the cache: their path in it, and their hash.

        Raises
        ------
        ToolFailed
            The cache's list of them is damaged.
        """
        return folder_lists.read(self._cache, folder_hash)

    def pointer(self, path: str, stored: Stored) -> bytes:
        """Return the content of the ``.dvc`` file that points to stored content."""
        from dvc.utils.serialize import dumps_yaml

        entry: dict[str, Any] = {"md5": stored.hash, "size": stored.size}
        if stored.hash.endswith(".dir"):
            entry["nfiles"] = stored.files
        if stored.executable:
            entry["isexec"] = True
        text: str = dumps_yaml({"outs": [{**entry, "hash": "md5", "path": path}]})
        return text.encode()

    def ignore_in_git(self, path: Path) -> Path:
        """Put DVC's line for a path into the ``.gitignore`` beside it; return that file."""
        return Path(self._repo.scm.ignore(str(path)) or path.parent / ".gitignore")

    def remember(self) -> None:
        """Write down which file has which hash."""
        self._memory.write_down()

    def _scan(self, path: Path) -> scan.Scan:
        return scan.scan(path, self._workspace, self._ignoring)

    def _put_files(self, path: Path, found: scan.Scan, events: Events) -> dict[str, str]:
        progress = intake.Progress(path, found.size, events)
        hashes = self._held(found, self._memory.known(found))
        progress.tick(sum(found.files[name].size for name in hashes))
        for name in [name for name in found.files if name not in hashes]:
            file = found.path_of(name)
            content = self.incoming.copy(Path(file), progress.tick)
            self._memory.learn(file, content)
            hashes[name] = content.md5
        return hashes

    def _held(self, found: scan.Scan, known: Mapping[str, str]) -> dict[str, str]:
        """Return those of the known files whose content the cache holds whole."""
        held = {}
        folder, look = self._cache.path, os.stat  # for each of a folder's files
        for name, md5 in known.items():
            try:
                size = look(f"{folder}{os.sep}{md5[:2]}{os.sep}{md5[2:]}").st_size
            except FileNotFoundError:
                continue
            if size == found.files[name].size:
                held[name] = md5
        return held

    def _read(self, path: str) -> str:
        content = intake.read(Path(path), lambda _count: None)
        self._memory.learn(path, content)
        return content.md5


def set_up(root: Path) -> None:
    """Do what ``dvc init`` does, except that nothing is staged in the user's git index."""
    from dvc.config import Config
    from dvc.ignore import init as write_dvcignore

    folder = root / ".dvc"
    folder.mkdir()
    Config.init(str(folder))
    write_dvcignore(str(root))
    with dvc_repository.opened(root):
        pass  # opening it writes .dvc/.gitignore


def hash_file(workspace: Workspace, path: Path) -> str:
    """Return the MD5 of a file, from DVC's memory where it was not written since.

    Examples
    --------
    >>> hash_file(ws, Path("data/flights.parquet")) == mlops.data.resolve(ws, "flights@v1").hash
    True
    """
    with opened(workspace) as store:
        found = store.hash_of(Path(os.path.abspath(path)))
        assert found is not None  # noqa: S101 - only with a limit
        return found


def cached_path(workspace: Workspace, md5: str) -> Path:
    """Return where the cache holds, or would hold, content by its hash.

    Examples
    --------
    >>> cached_path(ws, "a304afb96060aad90176268345e10355")
    PosixPath('.../.dvc/cache/files/md5/a3/04afb96060aad90176268345e10355')
    """
    with opened(workspace) as store:
        return store.cached(md5)
