"""Making the profiles that wait: one process at a time, the one that holds the lock."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mlops_jupyter.data.catalog.contents import files_of
from mlops_jupyter.data.profile import measuring, store
from mlops_jupyter.data.profile.records import Profile
from mlops_jupyter.errors import MlopsError, NotFound

if TYPE_CHECKING:
    from mlops_jupyter.data.records import DataVersion
    from mlops_jupyter.workspace import Workspace

# Who looks whether the lock is free holds it for a moment.
_LOOKERS_S = 2
_TRIES = 3


def make_all(workspace: Workspace) -> None:
    """Make what waits, until nothing does; at once where another process is at it."""
    from filelock import Timeout

    try:
        # Once more after the lock was let go: whoever asked meanwhile saw it held, and left it
        # to this process.
        while store.waiting(workspace):
            with store.lock(workspace).acquire(timeout=_LOOKERS_S):
                while waiting := store.waiting(workspace):
                    _try(workspace, waiting[0])
    except Timeout:
        return


def make(workspace: Workspace, version: DataVersion) -> Profile | None:
    """Make one profile now, in this process; None where its content is not on this machine."""
    with store.lock(workspace):
        return _make(workspace, version)


def _try(workspace: Workspace, waiting: store.Waiting) -> None:
    version = waiting.version
    if waiting.tried >= _TRIES:
        told = f"making it was broken off {_TRIES} times: killed, or out of memory or space"
        profile = Profile(hash=version.hash, made=datetime.now(UTC), problem=told)
        store.write(workspace, profile)
        return
    # Written before: what kills this process does not make the next one try for ever.
    store.enqueue(workspace, waiting.model_copy(update={"tried": waiting.tried + 1}))
    if _make(workspace, version) is None:
        store.drop(workspace, version.hash)


def _make(workspace: Workspace, version: DataVersion) -> Profile | None:
    work = store.work_folder(workspace)
    shutil.rmtree(work, ignore_errors=True)  # of one that was killed
    work.mkdir(parents=True)
    try:
        files = files_of(workspace, version)
        values = workspace.settings.privacy.top_values != "never"
        profile = measuring.measure(workspace, version.hash, files, work, values=values)
        if not all(file.path.exists() for file in files):
            return None  # forgotten meanwhile
    except NotFound:
        return None
    except MlopsError as error:
        profile = Profile(hash=version.hash, made=datetime.now(UTC), problem=error.message)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    store.write(workspace, profile)
    return profile
