"""Digests of the code that trains: of its cell, and of the local modules that were imported.

They stand in a tag, so that a list of many runs can say which code has changed since, committed or
not, without opening a file of any run.
"""

from __future__ import annotations

import functools
import hashlib
import os
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.capture import cell_source, local_modules
from mlops_jupyter.tracking.capture.masking import of_this_process
from mlops_jupyter.tracking.capture.repositories import Repositories
from mlops_jupyter.tracking.capture.source_files import COARSE_NS, FILE_LIMIT

if TYPE_CHECKING:
    from mlops_jupyter.tracking.capture.code import CodeState
    from mlops_jupyter.workspace import Workspace

_TAG_ROOM = 4500
_PATIENCE = 0.5  # seconds for git


def tag_of(workspace: Workspace, state: CodeState, source: str) -> dict[str, str]:
    """Return the tag with the digests of a run's code; empty where there is no code to tell.

    A module that was edited after its import has no digest: what ran is not in the file. What
    holds something like a credential is left out, for a digest lets guesses be tried out; but for
    what is committed, which its commit tells as well.

    Parameters
    ----------
    workspace : Workspace
        The workspace; modules outside of it and its repository are somebody else's.
    state : CodeState
        The code when the run began.
    source : str
        The cell; empty where there is none.
    """
    known: dict[str, Any] = {}
    left_out = 0
    own = cell_source.without_ours(source).text
    if own.strip():
        if of_this_process().source(own).touched:
            left_out += 1
        else:
            known["cell"] = of_cell(source)
    modules, hidden = _modules(workspace, state)
    known["modules"] = modules
    left_out += hidden
    while len(tags.as_tag(known)) > _TAG_ROOM:  # those nearest to the workspace's top stay
        kept = sorted(modules, key=lambda path: (path.count("/"), path))[: len(modules) * 3 // 4]
        left_out += len(modules) - len(kept)
        known["modules"] = modules = {path: modules[path] for path in kept}
    if left_out:
        known["left_out"] = left_out
    return {tags.SOURCES: tags.as_tag(known)} if len(known) > 1 or modules else {}


def of_cell(source: str) -> str:
    r"""Return the digest of a cell's code; lines of ours and blank ones around it do not count.

    Examples
    --------
    >>> of_cell("%%mlops track trees\nforest.fit(X, y)") == of_cell("forest.fit(X, y)\n")
    True
    """
    return _digest(
        cell_source.without_ours(cell_source.normal(source))
        .text.strip()
        .encode(errors="surrogatepass")
    )


def of_file(path: Path) -> str | None:
    """Return the digest of a source file, whatever ends its lines; None where it is not to be had.

    It is read again when its size, time or inode has changed.
    """
    try:
        found = os.stat(path)  # noqa: PTH116 - for each module at each run
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(found.st_mode) or found.st_size > FILE_LIMIT:
        return None
    look = _read.__wrapped__ if time.time_ns() - found.st_mtime_ns < COARSE_NS else _read
    return look(path, found.st_ino, found.st_size, found.st_mtime_ns)


def shown(workspace: Workspace, path: Path) -> str:
    """Return a path as seen from the workspace; it may begin with ``..``."""
    return Path(os.path.relpath(path, workspace.root.resolve())).as_posix()


def _modules(workspace: Workspace, state: CodeState) -> tuple[dict[str, str | None], int]:
    top = (state.top or workspace.root).resolve()
    inside = {
        path: module.edited
        for module in local_modules.imported()
        if (path := module.path.resolve()).is_relative_to(top) and path.suffix == ".py"
    }
    committed = _committed(state, set(inside))
    found: dict[str, str | None] = {}
    left_out = 0
    for path, edited in inside.items():
        digest = None if edited else of_file(path)
        if not edited and (digest is None or (path not in committed and _holds_secret(path))):
            left_out += 1
        else:
            found[shown(workspace, path)] = digest
    return found, left_out


def _committed(state: CodeState, paths: set[Path]) -> set[Path]:
    """Return those that are in the commit as they are; none where git does not say."""
    from mlops_jupyter.errors import ToolFailed

    if state.top is None or not paths:
        return set()
    top = state.top.resolve()
    try:
        asked = Repositories(time.monotonic() + _PATIENCE)
        return asked.committed(top, state.status, paths)
    except ToolFailed:
        return set()


def _holds_secret(path: Path) -> bool:
    try:
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return True
    return of_this_process().source(text).touched


@functools.lru_cache(maxsize=4096)
def _read(path: Path, _inode: int, _size: int, _mtime_ns: int) -> str | None:
    try:
        return _digest(path.read_bytes().replace(b"\r\n", b"\n"))
    except OSError:
        return None


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=8).hexdigest()
