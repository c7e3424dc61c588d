"""Removing content from where it lies: this machine, and DVC's remotes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_jupyter import credentials
from mlops_jupyter.data.cache import intake, remote_files
from mlops_jupyter.data.profile.sharing import FOLDER
from mlops_jupyter.data.upkeep.plan import remove
from mlops_jupyter.data.upkeep.records import Place
from mlops_jupyter.errors import MlopsError, NotFound

if TYPE_CHECKING:
    from collections.abc import Collection

    from mlops_jupyter.data.cache.dvc_store import Store
    from mlops_jupyter.workspace import Workspace

HERE = "this machine"


def in_order(hashes: Collection[str]) -> list[str]:
    """Return hashes with lists of folders last: they tell an interrupted removal what is left."""
    return sorted(hashes, key=lambda hash_: (hash_.endswith(".dir"), hash_))


def remove_here(
    workspace: Workspace, store: Store, hashes: Collection[str], versions: Collection[str]
) -> Place:
    """Remove contents from the cache, from what checkouts replaced, and the versions' profiles.

    Parameters
    ----------
    workspace, store
        Where.
    hashes : collection of str
        The contents.
    versions : collection of str
        The hashes of whole versions.
    """
    state = workspace.state_dir
    replaced = [file for file in (state / "replaced").rglob("*") if _is_one_of(file, hashes)]
    profiles = [p for v in versions for p in (state / "profiles").rglob(f"{v}*")]
    cached = [store.cached(hash_) for hash_ in in_order(hashes)]
    there = [path for path in (*replaced, *profiles, *cached) if path.exists()]
    left = [path for path in there if not remove(path)]
    problem = f"{left[0]} cannot be removed" if left else None
    return Place(name=HERE, removed=len(there) - len(left), problem=problem)


def _is_one_of(file: Path, hashes: Collection[str]) -> bool:
    if file.is_symlink() or not file.is_file():
        return False
    try:
        return intake.read(file, lambda _count: None).md5 in hashes
    except (MlopsError, OSError):
        return False


def remove_in_remote(
    workspace: Workspace,
    store: Store,
    name: str,
    hashes: Collection[str],
    versions: Collection[str],
) -> Place:
    """Remove contents and the versions' profiles from a remote; what failed is told, not raised."""
    removed = 0
    try:
        odb = _opened(store, name)
        for hash_ in in_order(hashes):
            path = odb.oid_to_path(hash_)
            if odb.fs.exists(path):
                odb.fs.remove(path)
                removed += 1
                if odb.fs.exists(path):
                    return Place(name=name, removed=removed, problem=f"{hash_} is still there")
        with remote_files.opened(workspace, FOLDER, name) as files:
            for file in files.names():
                if file.partition(".json")[0] in versions:
                    files.remove(file)
    except Exception as error:  # noqa: BLE001 - each file system has errors of its own
        return Place(name=name, removed=removed, problem=_told(error))
    return Place(name=name, removed=removed)


def listing_in_remote(store: Store, name: str, folder_hash: str) -> set[str]:
    """Return the files of a folder as a remote lists them; empty where it has no such list."""
    import json

    try:
        odb = _opened(store, name)
        entries = json.loads(odb.fs.cat_file(odb.oid_to_path(folder_hash)))
        return {str(entry["md5"]) for entry in entries if str(entry["md5"]).isalnum()}
    except Exception:  # noqa: BLE001 - as above; removing there will tell
        return set()


def _opened(store: Store, name: str) -> Any:
    """Open a remote's objects, nothing of it remembered.

    Raises
    ------
    NotFound
        It is a folder that is not there: of a disk that is not mounted, perhaps.
    """
    odb = store.repo.cloud.get_remote_odb(name=name, command="mlops data forget")
    if odb.fs.protocol == "local" and not Path(odb.path).parents[1].is_dir():
        raise NotFound(f"there is no folder {Path(odb.path).parents[1]}: is it mounted?")
    inner: Any = getattr(odb.fs, "fs", None)
    if hasattr(inner, "invalidate_cache"):
        inner.invalidate_cache()
    return odb


def _told(error: BaseException) -> str:
    text = error.message if isinstance(error, MlopsError) else f"{type(error).__name__}: {error}"
    return credentials.redacted(text.strip().splitlines()[0][:300])
