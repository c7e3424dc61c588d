"""Files of our own in a DVC remote, beside what DVC keeps there."""

from __future__ import annotations

import contextlib
import posixpath
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_jupyter.data.cache.prepare import dvc_root
from mlops_jupyter.errors import BadInput, NotFound, ToolFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlops_jupyter.workspace import Workspace

_UNFINISHED = ".unfinished-"


@contextlib.contextmanager
def opened(workspace: Workspace, prefix: str, remote: str | None = None) -> Iterator[RemoteFiles]:
    """Open a folder in a DVC remote, with DVC's own settings and credentials.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    prefix : str
        The folder's name in the remote.
    remote : str, optional
        Which remote; DVC's default one otherwise.

    Raises
    ------
    BadInput
        There is no remote, or none of that name.
    ToolFailed
        DVC is not set up here, or the remote refuses.
    """
    from dvc.config import ConfigError, NoRemoteError, RemoteNotFoundError
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    root = dvc_root(workspace.root)
    if root is None:
        raise ToolFailed("DVC is not set up in this workspace", "mlops init")
    try:
        repo = Repo(str(root), config={"core": {"autostage": False}})
    except DvcException as error:
        raise ToolFailed(f"DVC: {error}", f"see {root / '.dvc' / 'config'}") from None
    try:
        found = repo.cloud.get_remote(name=remote)
        yield RemoteFiles(found.name, found.fs, found.fs.join(found.path, prefix))
    except (NoRemoteError, RemoteNotFoundError):
        named = f" {remote!r}" if remote else ""
        raise BadInput(
            f"DVC knows no remote{named} to keep runs in", "dvc remote add -d storage URL"
        ) from None
    except (ConfigError, DvcException) as error:
        raise ToolFailed(f"the DVC remote cannot be used: {error}", "dvc remote list") from None
    finally:
        repo.close()


class RemoteFiles:
    """Files below a folder in a remote; see `opened`.

    Parameters
    ----------
    name : str
        The remote's name.
    fs : dvc_objects.fs.FileSystem
        DVC's file system for it.
    folder : str
        Where the files are, in its terms.
    """

    def __init__(self, name: str, fs: Any, folder: str) -> None:
        self.name = name
        self._fs = fs
        self._folder = folder

    def names(self) -> list[str]:
        """Return the files that are there whole, by their path below the folder."""
        with _told(self.name):
            if not self._fs.exists(self._folder):
                return []
            found = [
                "/".join(self._fs.relparts(path, self._folder))
                for path in self._fs.find(self._folder)
            ]
        return sorted(name for name in found if not posixpath.basename(name).startswith("."))

    def put(self, path: Path, name: str) -> None:
        """Put a file there; it has its name once it is whole."""
        target = self._path(name)
        unfinished = self._fs.join(self._fs.parent(target), f"{_UNFINISHED}{uuid.uuid4().hex}")
        with _told(self.name):
            self._fs.makedirs(self._fs.parent(target))
            try:
                self._fs.put_file(str(path), unfinished)
                self._fs.move(unfinished, target)
            except BaseException:
                with contextlib.suppress(Exception):  # the first failure is the one to tell
                    self._fs.rm_file(unfinished)
                raise

    def get(self, name: str, path: Path) -> None:
        """Fetch a file."""
        with _told(self.name):
            self._fs.get_file(self._path(name), str(path))

    def remove(self, name: str) -> None:
        """Remove a file."""
        with _told(self.name):
            self._fs.rm_file(self._path(name))

    def _path(self, name: str) -> str:
        return str(self._fs.join(self._folder, *name.split("/")))


@contextlib.contextmanager
def _told(remote: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound(f"the DVC remote {remote!r} has no such file: {error}") from None
    except OSError as error:
        raise ToolFailed(
            f"the DVC remote {remote!r} refuses: {error}", "can `dvc push` reach it?"
        ) from None
