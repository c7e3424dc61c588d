"""What the server says of itself: the handshake that precedes every list of runs."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import ClassVar, Self

from mlops_jupyter import git
from mlops_jupyter._version import __version__
from mlops_jupyter.errors import MlopsError
from mlops_jupyter.results import Record, Result
from mlops_jupyter.workspace import Workspace

# Counts the incompatible changes of the routes; the panel carries the number it was written for.
PROTOCOL = 1

# A local store is watched by file times, which costs nothing; others are asked.
_SECONDS_LOCAL, _SECONDS_ASKED = 2.0, 15.0
# How long an answer stands while only files in the workspace may have changed: a notebook, a
# module, data. What models they make stale is looked at anew after that.
_SECONDS_OF_FILES = 15.0


class Failure(Record):
    """An error as REST answers with it: its kind, what is wrong, what to do."""

    error: str
    message: str
    hint: str = ""

    @classmethod
    def of(cls, error: MlopsError) -> Self:
        """Return an error's content."""
        return cls(error=error.kind, message=error.message, hint=error.hint)


class WorkspaceInfo(Record):
    """The workspace that the server serves.

    Attributes
    ----------
    root, name : str
        Its folder, and the folder's name.
    store, store_reason : str
        The tracking store without credentials, and which setting chose it.
    embedded : bool
        Whether the store is the workspace's own.
    poll_seconds : float
        How often it is reasonable to ask for runs.
    """

    root: str
    name: str
    store: str
    store_reason: str
    embedded: bool
    poll_seconds: float

    @classmethod
    def of(cls, workspace: Workspace) -> Self:
        """Describe a workspace."""
        store = workspace.store
        return cls(
            root=str(workspace.root),
            name=workspace.root.name,
            store=store.shown,
            store_reason=store.reason,
            embedded=store.embedded,
            poll_seconds=_SECONDS_LOCAL if store.sqlite_path else _SECONDS_ASKED,
        )


class Handshake(Result):
    """Versions and the workspace; ``problem`` says why there is none."""

    kind: ClassVar[str] = "handshake"

    version: str
    protocol: int = PROTOCOL
    workspace: WorkspaceInfo | None = None
    problem: Failure | None = None


def handshake(folder: Path) -> Handshake:
    """Answer the panel's first question.

    Parameters
    ----------
    folder : Path
        Where the Jupyter server serves from; the workspace is looked for upward from it.

    Returns
    -------
    Handshake
        Also where there is no workspace: then it says why.

    Examples
    --------
    >>> handshake(Path("/")).problem.error
    'NoWorkspace'
    """
    try:
        workspace = WorkspaceInfo.of(Workspace.find(folder))
    except MlopsError as error:
        return Handshake(version=__version__, problem=Failure.of(error))
    return Handshake(version=__version__, workspace=workspace)


def state_tag(workspace: Workspace, *question: object) -> str | None:
    """Return an entity tag that changes when the answer to a question may have.

    Parameters
    ----------
    workspace : Workspace
        Whose store is asked.
    *question : object
        What tells one question from another: route, limit, experiment.

    Returns
    -------
    str or None
        None where only asking can tell: the store is not an SQLite file.
    """
    path = workspace.store.sqlite_path
    if path is None:
        return None
    states = [_state(path), _state(path.with_name(f"{path.name}-wal"))]
    digest = _digest(__version__, str(path), *states, _versions(workspace), *question)
    return f'"{digest}"'


class Turns:
    """Counts for each question how often the workspace's files have been looked at for it."""

    def __init__(self) -> None:
        self._turns: dict[object, tuple[int, float]] = {}

    def of(self, *question: object) -> int:
        """Return a number that grows where the last look is a while ago."""
        now = time.monotonic()
        number, since = self._turns.get(question, (0, now))
        if now - since >= _SECONDS_OF_FILES:
            number, since = number + 1, now
        if len(self._turns) > 1000:
            self._turns.clear()
        self._turns[question] = number, since
        return number


def _versions(workspace: Workspace) -> object:
    """Return what changes with each version of data: a new one makes models stale."""
    top = git.find_top(workspace.root)
    state = git.refs_state(top, git.DATA_TAGS) if top is not None else ()
    return time.time_ns() if state is None else state


def _state(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - beside the word it explains
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size


def _digest(*parts: object) -> str:
    return hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()
