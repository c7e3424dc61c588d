"""Putting files into a store: what is there already is not sent again."""

from __future__ import annotations

import contextlib
import hashlib
import os
import posixpath
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mlops_jupyter.tracking.capture.objects import local_folder
from mlops_jupyter.tracking.transfer import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mlflow import MlflowClient
    from mlflow.entities import FileInfo

_TIMEOUT, _SECONDS = "MLFLOW_HTTP_REQUEST_TIMEOUT", "120"


class Place(Protocol):
    """Where the files of one run, or of one model, go."""

    def holds(self, name: str, path: Path) -> bool:
        """Whether a file is there, whole and the same."""

    def put(self, name: str, path: Path) -> None:
        """Put a file there."""


class Folder:
    """A folder on this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def holds(self, name: str, path: Path) -> bool:
        """See `Place`."""
        there = self._folder / name
        return (
            there.is_file()
            and there.stat().st_size == path.stat().st_size
            and files.sha256(there) == files.sha256(path)
        )

    def put(self, name: str, path: Path) -> None:
        """See `Place`."""
        target = self._folder / name
        if not target.resolve().is_relative_to(self._folder.resolve()):
            raise OSError(f"{target} leads out of the store's folder")
        files.place(path, target)


class Served:
    """A place on a server, which tells sizes alone.

    Parameters
    ----------
    listed : callable
        Lists a folder there.
    send : callable
        Sends a file into a folder there.
    ledger : Path
        A file that remembers the content of what has arrived.
    """

    def __init__(
        self,
        listed: Callable[[str | None], list[FileInfo]],
        send: Callable[[str, str | None], None],
        ledger: Path,
    ) -> None:
        self._listed = listed
        self._send = send
        self._ledger = ledger
        self._sizes: dict[str, int | None] | None = None

    def holds(self, name: str, path: Path) -> bool:
        """See `Place`; what is not in the ledger is sent again, over what is there."""
        if self._entry(name, path) not in self._remembered():
            return False
        if self._sizes is None:
            self._sizes = _sizes(self._listed)
        return self._sizes.get(name) == path.stat().st_size

    def put(self, name: str, path: Path) -> None:
        """See `Place`."""
        entry = self._entry(name, path)
        with _patience():
            self._send(str(path), posixpath.dirname(name) or None)
        self._ledger.parent.mkdir(parents=True, exist_ok=True)
        with self._ledger.open("a", encoding="utf-8") as opened:
            opened.write(f"{entry}\n")

    def _remembered(self) -> set[str]:
        if not self._ledger.is_file():
            return set()
        return set(self._ledger.read_text(encoding="utf-8").splitlines())

    def _entry(self, name: str, path: Path) -> str:
        return hashlib.sha256(f"{name}\0{files.sha256(path)}".encode()).hexdigest()


def of_run(client: MlflowClient, run_id: str, artifact_uri: str, ledgers: Path) -> Place:
    """Return the place of a run's files."""
    folder = local_folder(artifact_uri)
    if folder is not None:
        return Folder(folder)
    return Served(
        lambda path: client.list_artifacts(run_id, path),
        lambda path, folder: client.log_artifact(run_id, path, folder),
        ledgers / run_id,
    )


def of_model(client: MlflowClient, model_id: str, location: str, ledgers: Path) -> Place:
    """Return the place of a model's files."""
    folder = local_folder(location)
    if folder is not None:
        return Folder(folder)
    return Served(
        lambda path: client.list_logged_model_artifacts(model_id, path),
        lambda path, folder: client.log_model_artifact(model_id, path, folder),
        ledgers / model_id,
    )


def fill(place: Place, wanted: Mapping[str, Path], arrived: Callable[[], None]) -> None:
    """Put every file that is not there yet; call `arrived` after each."""
    for name, path in wanted.items():
        if not place.holds(name, path):
            _put(place, name, path)
            arrived()


def _put(place: Place, name: str, path: Path) -> None:
    """Put a file; a server takes its name from where it lies here."""
    if path.name == posixpath.basename(name):
        place.put(name, path)
        return
    with tempfile.TemporaryDirectory(prefix="mlops-file-") as folder:
        renamed = Path(folder, posixpath.basename(name))
        files.place(path, renamed)
        place.put(name, renamed)


@contextlib.contextmanager
def _patience() -> Iterator[None]:
    """Give a server time to put a big file away; nobody but the courier waits for it."""
    before = os.environ.get(_TIMEOUT)
    os.environ[_TIMEOUT] = _SECONDS
    try:
        yield
    finally:
        if os.environ.get(_TIMEOUT) == _SECONDS:  # else another thread has changed it meanwhile
            if before is None:
                del os.environ[_TIMEOUT]
            else:
                os.environ[_TIMEOUT] = before


def _sizes(listed: Callable[[str | None], list[FileInfo]]) -> dict[str, int | None]:
    found: dict[str, int | None] = {}
    folders: list[str | None] = [None]
    while folders:
        for entry in listed(folders.pop()):
            if entry.is_dir:
                folders.append(entry.path)
            else:
                found[entry.path] = entry.file_size
    return found
