"""The files of a data version, where the cache holds them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mlops_jupyter.errors import NotFound

if TYPE_CHECKING:
    from mlops_jupyter.data.records import DataVersion
    from mlops_jupyter.workspace import Workspace


@dataclass(frozen=True)
class KeptFile:
    """A file of a version.

    Attributes
    ----------
    name : str
        Its own name for a file; its path inside it for a folder, with forward slashes.
    path : Path
        Where its bytes are, under the name of their hash. Do not write there.
    hash : str
        Their MD5.
    """

    name: str
    path: Path
    hash: str


def files_of(workspace: Workspace, version: DataVersion) -> list[KeptFile]:
    """Return the files of a version, all of them on this machine, sorted by name.

    Raises
    ------
    NotFound
        Some of the content is not on this machine, or was forgotten for good.

    Examples
    --------
    >>> [file.name for file in files_of(ws, mlops.data.resolve(ws, "flights@v1"))]
    ['flights.parquet']
    """
    from mlops_jupyter.data.cache import dvc_store

    refuse_forgotten(version)
    with dvc_store.opened(workspace) as store:
        hashes = {PurePosixPath(version.path).name: version.hash}
        if version.is_folder:
            hashes = store.listing(version.hash) if store.has(version.hash) else {}
        found = [
            KeptFile(name, store.cached(hash_), hash_) for name, hash_ in sorted(hashes.items())
        ]
    if not found or not all(file.path.is_file() for file in found):
        raise NotFound(
            f"the content of {version.ref} is not on this machine",
            f"fetch it from the DVC remote: `mlops data pull {version.ref}`",
        )
    return found


def refuse_forgotten(version: DataVersion) -> None:
    """Refuse what was forgotten: nobody has its content any longer.

    Raises
    ------
    NotFound
        It was.
    """
    if version.forgotten is not None:
        raise NotFound(
            f"{version.ref} was forgotten on {version.forgotten.astimezone():%Y-%m-%d}: "
            "its content was removed for good",
            f"other versions: mlops data versions {version.name}",
        )
