"""Asking for profiles: at once where one is kept, or else from a process in the background."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from mlops_jupyter.data.profile import store
from mlops_jupyter.data.profile.sharing import without_values
from mlops_jupyter.settings import ENV_PROFILES, ENV_WORKSPACE

if TYPE_CHECKING:
    from mlops_jupyter.data.profile.records import Profile
    from mlops_jupyter.data.records import DataVersion
    from mlops_jupyter.workspace import Workspace

State = Literal["ready", "pending", "failed", "none"]

_LOOK_EVERY_S = 0.05
_START_AGAIN_S = 10.0  # a machine may be so busy that a process takes seconds to start


def request(workspace: Workspace, versions: Sequence[DataVersion]) -> None:
    """Have the profiles of versions made, those that are not kept yet; return at once.

    Nothing is said where that is impossible, such as for want of space: whoever asks for one
    later has it made then.
    """
    if os.environ.get(ENV_PROFILES) != "asked":
        _have_made(workspace, [each for each in versions if not store.has(workspace, each.hash)])


def profile_of(
    workspace: Workspace, version: DataVersion, *, wait: float | None = 0.0, anew: bool = False
) -> Profile | None:
    """Return the profile of a version, also where its content is not on this machine.

    Parameters
    ----------
    workspace : Workspace
        Where.
    version : DataVersion
        Which.
    wait : float, optional
        For how many seconds, where it has to be made or is being made; None: to its end. With 0
        it is made in the background.
    anew : bool
        Whether one that failed is made once more, and one from elsewhere that came without
        frequent values.

    Returns
    -------
    Profile or None
        None where it is not made yet, or cannot be for want of the content.

    Examples
    --------
    >>> profile_of(ws, mlops.data.resolve(ws, "flights@v1"), wait=60).rows
    200
    """
    found = _stored(workspace, version)
    if found is not None and not (anew and _lacks(workspace, found)):
        return _allowed(workspace, found)
    if version.forgotten is not None:
        return None
    if os.environ.get(ENV_PROFILES) == "asked":
        found = (_made_here(workspace, version) if wait != 0 else None) or found
    else:
        _have_made(workspace, [version])
        found = _awaited(workspace, version, wait)
    return _allowed(workspace, found) if found else None


def state(workspace: Workspace, version: DataVersion) -> State:
    """Return how a version's profile stands, without reading much."""
    found = _stored(workspace, version)
    if found is not None:
        return "failed" if found.problem else "ready"
    if store.waits(workspace, version.hash) and store.is_at_work(workspace):
        return "pending"
    return "none"


def with_rows(workspace: Workspace, versions: Sequence[DataVersion]) -> list[DataVersion]:
    """Return versions with the rows that their profiles know, and which are still being made."""
    at_work: bool | None = None
    found = []
    for version in versions:
        changed: dict[str, object] = {}
        if version.rows is None and version.forgotten is None:
            changed["rows"] = store.rows(workspace, version.hash)
        if changed.get("rows") is None and store.waits(workspace, version.hash):
            at_work = store.is_at_work(workspace) if at_work is None else at_work
            changed["profile_pending"] = at_work
        found.append(version.model_copy(update=changed) if changed else version)
    return found


def _have_made(workspace: Workspace, versions: Sequence[DataVersion]) -> None:
    try:
        for version in versions:
            if not store.waits(workspace, version.hash):
                store.enqueue(workspace, store.Waiting(version=version))
        if versions and not store.is_at_work(workspace):
            _start(workspace)
    except OSError:
        return


def _stored(workspace: Workspace, version: DataVersion) -> Profile | None:
    found = store.read(workspace, version.hash)
    if found is None or version.is_folder or found.problem:
        return found
    from mlops_jupyter.data.profile.measuring import format_named

    # The same bytes may be a table under one name, and a text under another.
    return found if found.format == format_named([version.path]) else None


def _lacks(workspace: Workspace, profile: Profile) -> bool:
    return bool(profile.problem) or (
        not profile.values and workspace.settings.privacy.top_values != "never"
    )


def _allowed(workspace: Workspace, profile: Profile) -> Profile:
    never = workspace.settings.privacy.top_values == "never"
    return without_values(profile) if never else profile


def _made_here(workspace: Workspace, version: DataVersion) -> Profile | None:
    from mlops_jupyter.data.profile.making import make

    return make(workspace, version)


def _awaited(workspace: Workspace, version: DataVersion, wait: float | None) -> Profile | None:
    began = started = time.monotonic()
    while True:
        if not store.waits(workspace, version.hash):
            return _stored(workspace, version)
        now = time.monotonic()
        if wait is not None and now - began >= wait:
            return None
        if now - started >= _START_AGAIN_S:
            started = now
            if not store.is_at_work(workspace):
                _start(workspace)  # it was killed
        time.sleep(_LOOK_EVERY_S)


def _start(workspace: Workspace) -> None:
    """Start the process: on its own, so that whoever started it may end."""
    log = store.folder(workspace) / "log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            # -P: a user's duckdb.py in the workspace must not be what gets imported.
            [sys.executable, "-P", "-m", "mlops_jupyter.data.profile.job", str(workspace.root)],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            cwd=workspace.root,
            env={**os.environ, ENV_WORKSPACE: str(workspace.root)},
            start_new_session=True,
        )
    # A process that nobody waits for stays in the system's table while this one lives.
    threading.Thread(target=process.wait, name="mlops-profile", daemon=True).start()
