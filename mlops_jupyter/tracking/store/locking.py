"""The folder that this package keeps for itself, and the lock on the embedded store."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from mlops_jupyter.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mlops_jupyter.workspace import Workspace


def state_folder(workspace: Workspace, *parts: str) -> Path:
    """Return a folder below ``.mlops/``, made where it is missing.

    Raises
    ------
    StoreUnavailable
        It cannot be made: something is in the way, or nothing may be written here.
    """
    folder = workspace.state_dir.joinpath(*parts)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        in_the_way = next(
            (path for path in (workspace.state_dir, folder) if os.path.lexists(path)), None
        )
        if in_the_way is not None and not in_the_way.is_dir():
            raise StoreUnavailable(
                f"{in_the_way} is not a folder, and this package keeps its own things there",
                "move it away, then `mlops init`",
            ) from None
        raise StoreUnavailable(
            f"{folder} cannot be made: {error.strerror}",
            "make the workspace's folder writable, or make room on the disk",
        ) from None
    return folder


@contextlib.contextmanager
def store_lock(workspace: Workspace) -> Iterator[None]:
    """Be the only one who creates, upgrades or clears the embedded store."""
    from filelock import FileLock

    with contextlib.ExitStack() as held:
        lock = FileLock(state_folder(workspace, "locks") / "store.lock")
        try:
            held.enter_context(lock)
        except OSError as error:
            raise StoreUnavailable(
                f"{lock.lock_file} cannot be written: {error.strerror}",
                "make the workspace's folder writable",
            ) from None
        yield
