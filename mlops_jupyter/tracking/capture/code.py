"""The code of a run: its commit, what differs from it, and local modules nobody has committed.

`look` is cheap and comes when the run is made; `collect` brings the files, when it ends. Neither
writes into the user's repository, nor raises because of it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from mlops_jupyter import git
from mlops_jupyter.errors import ToolFailed
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.capture.code_files import PATIENCE, Collection
from mlops_jupyter.tracking.capture.objects import Kept, name_of
from mlops_jupyter.tracking.capture.repositories import not_in_vain, remote_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlops_jupyter.workspace import Workspace

_TAG_ROOM = 4500
# Jupyter's own copies of notebooks, and what Python and tools make of code.
_COPIES = {".ipynb_checkpoints", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache"}


@dataclass(frozen=True)
class CodeState:
    """The code when a run began.

    Attributes
    ----------
    top : Path, optional
        Top folder of the git repository; None where there is none.
    status : Status
        Commit, branch and changes.
    remote : str, optional
        Where the commit can be had from; without credentials.
    problem : str
        What could not be found out, and why.
    """

    top: Path | None = None
    status: git.Status = field(default_factory=git.Status)
    remote: str | None = None
    problem: str = ""
    _stats: dict[str, tuple[int, int]] = field(default_factory=dict, repr=False)

    def changed_since(self, path: str) -> bool:
        """Whether a file has changed since the run began."""
        assert self.top is not None  # noqa: S101 - there are no paths without a repository
        before = self._stats.get(path)
        return before is not None and before != _stat(self.top / path)


def look(workspace: Workspace) -> CodeState:
    """Return commit, branch, remote and changes: one call of git, after the first time.

    Examples
    --------
    >>> look(ws).status.branch
    'main'
    """
    top = git.find_top(workspace.root)
    if top is None:
        return CodeState()
    problem = ""
    status = git.Status()
    try:
        try:
            with not_in_vain(top):
                status = git.status(top, renames=False, timeout=0.6 * PATIENCE)
        except ToolFailed as error:
            if not error.took_too_long:
                raise
            problem = "new files: looking for them took too long"
            with not_in_vain(top, "known files"):
                status = git.status(top, new_files=False, renames=False, timeout=0.4 * PATIENCE)
        remote = remote_of(top, status.branch, PATIENCE)
    except ToolFailed as error:
        return CodeState(top, status, None, error.message)
    changes = tuple(c for c in status.changes if not _is_copy(c))
    status = replace(status, changes=changes)
    stats = {c.path: _stat(top / c.path) for c in status.changes[:1000] if c.kind == "changed"}
    return CodeState(top, status, remote, problem, stats)


def tags_of(state: CodeState, modules: Iterable[dict[str, Any]] = ()) -> dict[str, str]:
    """Return the tags of a run's code."""
    status = state.status
    known: dict[str, Any] = {
        "commit": status.commit,
        "branch": status.branch,
        "remote": state.remote,
        "changed": [name_of(change.path) for change in status.changes[:50]],
        "modules": list(modules)[:20],
    }
    for name in ("modules", "changed"):  # a cut tag would be no JSON
        while known[name] and len(tags.as_tag(known)) > _TAG_ROOM:
            known[name] = known[name][: len(known[name]) // 2]
    found = {tags.CODE: tags.as_tag(known)}
    if status.commit:
        found[tags.GIT_COMMIT] = status.commit
    if status.branch:
        found[tags.GIT_BRANCH] = status.branch
    if state.remote:
        found[tags.GIT_REMOTE] = state.remote
    return found


def collect(
    workspace: Workspace, state: CodeState, *, remote: bool, notebook: Path | None = None
) -> Kept:
    """Bring the files that a run's code consists of, beyond its commit.

    ``code/files/`` has changed and new files whole, ``code/changes.patch`` what tracked files
    differ by, ``code/modules/`` imported modules from outside the repository that nobody has
    committed, and ``code/code.json`` says what is what. ``code/data/`` has the same of data, and
    the patch of notebooks with their outputs: it stays here when the rest leaves.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    state : CodeState
        What `look` has found when the run began.
    remote : bool
        Whether the store is on a server: `[privacy]` asks that.
    notebook : Path, optional
        The running notebook, which is kept by itself.
    """
    found = Collection(workspace, state, remote=remote, notebook=notebook)
    modules = found.collect()
    return Kept(
        files=found.files,
        tags=tags_of(state, modules),
        captured=[_told(found.files)],
        problems=found.problems(),
    )


def _told(files: Iterable[str]) -> str:
    patches = ("code/changes.patch", "code/data/changes.patch")
    whole = [name for name in files if name not in patches]
    changed = sum(1 for name in whole if name.startswith(("code/files/", "code/data/")))
    modules = sum(1 for name in files if name.startswith("code/modules/"))
    parts = [
        f"{count} {what}{'' if count == 1 else 's'}"
        for count, what in ((changed, "changed file"), (modules, "local module"))
        if count
    ]
    return f"code ({', '.join(parts)})" if parts else "code"


def _stat(path: Path) -> tuple[int, int]:
    try:
        info = os.lstat(path)
    except OSError:
        return (0, 0)
    return info.st_size, info.st_mtime_ns


def _is_copy(change: git.Change) -> bool:
    return change.kind == "new" and not _COPIES.isdisjoint(PurePosixPath(change.path).parts)
