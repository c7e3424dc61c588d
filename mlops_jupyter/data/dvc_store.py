"""DVC, in process. With `remotes` the only file that imports dvc: its Python API is undocumented.

What is used: opening a repository, its configuration, its state database (which file has which
hash) and its cache of objects by hash. The user's files are only read: not linked to the cache,
no ``.dvc`` file or ``.gitignore`` beside them.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_jupyter.data import intake
from mlops_jupyter.data.prepare import dvc_root
from mlops_jupyter.errors import BadInput, Conflict, ToolFailed
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
    """

    hash: str
    size: int
    files: int
    executable: bool = False
    notes: tuple[str, ...] = ()


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
    root = dvc_root(workspace.root)
    if root is None:
        raise BadInput(
            f"{workspace.root} has no git repository with DVC", "run `mlops init`: it sets both up"
        )
    repo = _open(root)
    store = Store(repo, workspace, root)
    try:
        yield store
    finally:
        store.remember()
        repo.close()


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
        self._learnt: list[tuple[Path, intake.Content]] = []
        self.root = root

    def put(self, path: Path, events: Events = ignore_events) -> Stored:
        """Put a file or folder into the cache; what it holds already is not read again.

        Raises
        ------
        Conflict
            Something was written meanwhile; the cache holds nothing torn.
        BadInput
            It is empty, ignored by ``.dvcignore``, or holds what cannot be kept.
        """
        if self._repo.dvcignore.is_ignored(self._repo.fs, str(path), ignore_subrepos=False):
            raise BadInput(f".dvcignore says to ignore {path}", "take its line out of .dvcignore")
        files, left_out = self._files(path)
        if not files:
            raise BadInput(f"{path} is an empty folder", "there is nothing to keep yet")
        total = sum(intake.Signature.of(file).size for file in files.values())
        if not total and not path.is_dir():
            raise BadInput(f"{path} is an empty file", "there is nothing to keep yet")
        progress = intake.Progress(path, total, events)
        hashes = {name: self._put_file(file, progress) for name, file in files.items()}
        size = sum(signature.size for _, signature in hashes.values())
        if not path.is_dir():
            md5, _ = hashes[path.name]
            return Stored(md5, size, 1, os.access(path, os.X_OK))
        if self._files(path)[0] != files or any(
            intake.Signature.of(files[name]) != signature for name, (_, signature) in hashes.items()
        ):
            raise Conflict(
                f"files in {path} changed while they were read; nothing was kept",
                "do it again once whatever writes there has ended",
            )
        tree = _tree({name: md5 for name, (md5, _) in hashes.items()})
        if not self.has(tree.oid):
            self._cache.add(tree.path, tree.fs, tree.oid)
        return Stored(tree.oid, size, len(files), notes=_left_out(left_out))

    def hash_of(self, path: Path, limit: int | None = None) -> str | None:
        """Return the hash of a file or folder, from memory where it was not written since.

        Parameters
        ----------
        path : Path
            The file or folder.
        limit : int, optional
            How many bytes may be read for it; None in return where it would take more.
        """
        files, _ = self._files(path)
        known = {name: self._remembered(file) for name, file in files.items()}
        unknown = [files[name] for name, md5 in known.items() if md5 is None]
        to_read = sum(intake.Signature.of(file).size for file in unknown)
        if limit is not None and to_read > limit:
            return None
        hashes = {name: md5 or self._read(files[name]) for name, md5 in known.items()}
        return str(_tree(hashes).oid) if path.is_dir() else hashes[path.name]

    def has(self, hash_: str) -> bool:
        """Return whether the cache holds an object."""
        return self.cached(hash_).is_file()

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
        from dvc_data.hashfile.hash_info import HashInfo
        from dvc_data.hashfile.tree import Tree
        from dvc_objects.errors import ObjectFormatError

        try:
            tree = Tree.load(self._cache, HashInfo("md5", folder_hash))
            files = {key: str(info.value) for key, (_, info) in tree.iteritems()}
        except (ObjectFormatError, OSError, ValueError, KeyError, TypeError) as error:
            raise _unsound(folder_hash, str(error)) from None
        # It may come from a remote that others write to.
        for key in files:
            if {"", ".", ".."} & set(key):
                raise _unsound(folder_hash, f"it names {'/'.join(key)!r}")
        return {"/".join(key): hash_ for key, hash_ in files.items()}

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

    def _files(self, path: Path) -> tuple[dict[str, Path], list[str]]:
        """Return the files of a path by their name in it, and the linked folders left out."""
        if not path.is_dir():
            return {path.name: path}, []
        files, left_out = {}, []
        for folder, folders, names in self._repo.dvcignore.walk(self._repo.fs, str(path)):
            here = Path(folder)
            inside = here.relative_to(path)
            left_out += [
                (inside / name).as_posix() for name in folders if (here / name).is_symlink()
            ]
            if ".dvcignore" in names:
                raise BadInput(
                    f"{here} holds a .dvcignore; DVC keeps no such folder",
                    "move its lines to the .dvcignore at the workspace's top",
                )
            for name in names:
                if (here / name).is_symlink():
                    self._workspace.inside(here / name)
                files[(inside / name).as_posix()] = here / name
        return files, left_out

    def _put_file(self, file: Path, progress: intake.Progress) -> tuple[str, intake.Signature]:
        signature = intake.Signature.of(file)
        md5 = self._remembered(file)
        if md5 is not None and self.has(md5) and self.cached(md5).stat().st_size == signature.size:
            progress.tick(signature.size)
            return md5, signature
        return self._copy(file, progress)

    def _copy(self, file: Path, progress: intake.Progress) -> tuple[str, intake.Signature]:
        """Copy a file into the cache under the hash of the bytes that were copied."""
        from dvc_objects.fs.utils import tmp_fname

        if 0 < (wait := intake.Signature.of(file).wait()) < 1:
            time.sleep(wait)  # milliseconds; else the next snapshot would read it all again
        self._cache.makedirs(self._cache.path)
        unfinished = Path(self._cache.path) / tmp_fname()
        try:
            with unfinished.open("xb") as target:
                content = intake.read(file, progress.tick, target)
            place = self.cached(content.md5)
            self._cache.makedirs(str(place.parent))
            self._cache.protect(str(unfinished))
            unfinished.replace(place)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise ToolFailed(
                f"no space left for {file} in {self._cache.path}",
                "free some, or move the cache: `dvc cache dir PATH`",
            ) from None
        finally:
            unfinished.unlink(missing_ok=True)
        self._learn(file, content)
        return content.md5, content.signature

    def _read(self, file: Path) -> str:
        content = intake.read(file, lambda _count: None)
        self._learn(file, content)
        return content.md5

    def _remembered(self, file: Path) -> str | None:
        _, found = self._repo.state.get(str(file), self._repo.fs)
        return str(found.value) if found is not None and found.name == "md5" else None

    def _learn(self, file: Path, content: intake.Content) -> None:
        if content.settled:
            self._learnt.append((file, content))

    def remember(self) -> None:
        """Write down what was learnt, in one transaction."""
        from dvc_data.hashfile.hash_info import HashInfo

        entries = [
            (str(file), HashInfo("md5", content.md5), self._repo.fs.info(str(file)))
            for file, content in self._learnt
            if file.exists() and intake.Signature.of(file) == content.signature
        ]
        if entries:
            self._repo.state.save_many(entries, self._repo.fs)
        self._learnt.clear()


def set_up(root: Path) -> None:
    """Do what ``dvc init`` does, except that nothing is staged in the user's git index."""
    from dvc.config import Config
    from dvc.ignore import init as write_dvcignore

    folder = root / ".dvc"
    folder.mkdir()
    Config.init(str(folder))
    write_dvcignore(str(root))
    _open(root).close()  # opening it writes .dvc/.gitignore


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


def hash_of_tree(hashes: dict[str, str]) -> str:
    """Return DVC's hash of a folder that holds these files, by the MD5 of each.

    Examples
    --------
    >>> hash_of_tree({"a.csv": "a304afb96060aad90176268345e10355"})
    '....dir'
    """
    return str(_tree(hashes).oid)


def cached_path(workspace: Workspace, md5: str) -> Path:
    """Return where the cache holds, or would hold, content by its hash.

    Examples
    --------
    >>> cached_path(ws, "a304afb96060aad90176268345e10355")
    PosixPath('.../.dvc/cache/files/md5/a3/04afb96060aad90176268345e10355')
    """
    with opened(workspace) as store:
        return store.cached(md5)


def _tree(hashes: dict[str, str]) -> Any:
    """Return DVC's object for a folder: the list of its files and their hashes."""
    from dvc_data.hashfile.hash_info import HashInfo
    from dvc_data.hashfile.tree import Tree

    tree = Tree()
    for name, md5 in hashes.items():
        tree.add(tuple(name.split("/")), None, HashInfo("md5", md5))
    tree.digest()
    return tree


def _left_out(linked: list[str]) -> tuple[str, ...]:
    return (f"links to folders are not kept: {', '.join(linked)}",) if linked else ()


def _unsound(folder_hash: str, why: str) -> ToolFailed:
    return ToolFailed(
        f"DVC's cache has no sound list of the folder {folder_hash}: {why}",
        "`mlops data verify` says what is damaged",
    )


def _open(root: Path) -> Any:
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        # A user's global core.autostage would stage files.
        return Repo(str(root), config={"core": {"autostage": False}})
    except DvcException as error:
        raise ToolFailed(f"DVC: {error}", f"see {root / '.dvc' / 'config'}") from None
