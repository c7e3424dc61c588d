"""A folder of its own for a run's code and data; the user's repository is only read.

It is a repository that borrows the objects of the user's one (git's alternates): a worktree of
git's would be registered there, and a clone would copy all its names. Nothing is left behind when
it is removed, whenever that may be.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter import git, settings
from mlops_jupyter.errors import ToolFailed
from mlops_jupyter.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

_BRANCH = "refs/heads/reproduced"
# Names that stand for versions of data: the notebook may load them, and what it reads is named.
_DATA = ("refs/tags/mlops", "refs/mlops")
# Settings of the user's repository that decide what the files look like.
_LOOKS = ("core.autocrlf", "core.eol", "core.symlinks", "core.filemode")
_NO_HOOKS = ("-c", f"core.hooksPath={os.devnull}")


@dataclass
class Copy:
    """A folder for one reproduction.

    Attributes
    ----------
    folder : Path
        All of it; `top` stands for the top of the repository, `root` for the workspace's folder.
    workspace : Workspace
        The copy as a workspace: its runs are those of the user's.
    modules : Path
        For imported modules from elsewhere.
    notes : list of str
        What is not as it had been.
    """

    folder: Path
    top: Path
    workspace: Workspace
    modules: Path
    notes: list[str] = field(default_factory=list)

    @property
    def root(self) -> Path:
        """The workspace's folder."""
        return self.workspace.root

    def inside(self, name: str, base: Path | None = None) -> Path | None:
        """Return a path of the copy; None where a hostile one would leave it, or is git's own."""
        base = base or self.top
        path = Path(os.path.normpath(base / name))
        if "\0" in name or not name or not path.is_relative_to(base) or path == base:
            return None
        if {part.casefold() for part in path.relative_to(base).parts} & {".git"}:
            return None
        # A link in the recorded code may lead away.
        if not path.parent.resolve().is_relative_to(self.folder.resolve()):
            return None
        return path


@contextlib.contextmanager
def made(workspace: Workspace, commit: str | None, *, keep: bool) -> Iterator[Copy]:
    """Make a copy of the repository at a commit, and take it away again.

    Parameters
    ----------
    workspace : Workspace
        The user's.
    commit : str, optional
        The commit; None: an empty repository.
    keep : bool
        Leave the folder where it is.

    Raises
    ------
    ToolFailed
        git refuses.
    """
    folder = Path(tempfile.mkdtemp(prefix="mlops-reproduce-")).resolve()
    try:
        users_top = git.find_top(workspace.root.resolve())
        top = folder / "copy"
        top.mkdir()
        git.run(top, "init", "--quiet", "--template=", *_format(users_top))
        if users_top is not None:
            _borrow(users_top, top)
            if commit is not None:
                _check_out(top, commit)
        below = workspace.root.resolve().relative_to(users_top) if users_top else Path()
        root = top / below
        root.mkdir(parents=True, exist_ok=True)
        modules = folder / "modules"
        modules.mkdir()
        yield Copy(folder, top, _as_workspace(workspace, root), modules)
    finally:
        if not keep:
            _remove(folder)


def has_commit(workspace: Workspace, commit: str) -> bool:
    """Whether the user's repository has a commit."""
    top = git.find_top(workspace.root.resolve())
    if top is None:
        return False
    try:
        git.run(top, "cat-file", "-e", f"{commit}^{{commit}}")
    except ToolFailed:
        return False
    return True


def _format(users_top: Path | None) -> tuple[str, ...]:
    if users_top is None:
        return ()
    return (f"--object-format={git.run(users_top, 'rev-parse', '--show-object-format')}",)


def _borrow(users_top: Path, top: Path) -> None:
    """Let the copy read the objects of the user's repository, and know its versions of data."""
    objects = users_top / git.run(users_top, "rev-parse", "--git-path", "objects")
    alternates = top / ".git" / "objects" / "info" / "alternates"
    alternates.parent.mkdir(parents=True, exist_ok=True)
    alternates.write_text(f"{objects.resolve()}\n", encoding="utf-8", errors="surrogateescape")
    listed = git.output(
        users_top, "for-each-ref", "--format=create %(refname) %(objectname)", *_DATA
    )
    git.run(top, "update-ref", "--stdin", stdin=listed)
    for name in _LOOKS:
        if value := git.run(users_top, "config", "--get", name, ok=(0, 1)):
            git.run(top, "config", name, value)


def _check_out(top: Path, commit: str) -> None:
    git.run(top, "update-ref", _BRANCH, commit)
    git.run(top, "symbolic-ref", "HEAD", _BRANCH)
    git.run(top, *_NO_HOOKS, "reset", "--quiet", "--hard")


def _as_workspace(workspace: Workspace, root: Path) -> Workspace:
    """Return the copy as a workspace, under the settings of now: privacy is not what it was."""
    now = workspace.root / settings.FILE_NAME
    (root / settings.FILE_NAME).unlink(missing_ok=True)
    shutil.copyfile(now, root / settings.FILE_NAME)
    return Workspace(root, workspace.settings, workspace.store.uri, workspace.state_dir.resolve())


def _remove(folder: Path) -> None:
    """Remove a copy; a notebook may have made folders in it read-only."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        for here, _, _ in os.walk(folder):
            with contextlib.suppress(OSError):
                os.chmod(here, 0o700)  # noqa: PTH101 - as os.walk gives it
        shutil.rmtree(folder, ignore_errors=True)
