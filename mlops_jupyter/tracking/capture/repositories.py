"""What a run has to ask of git repositories, within one limit of time."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter import git
from mlops_jupyter.errors import ToolFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

_LITERALLY = {"GIT_LITERAL_PATHSPECS": "1"}
_Key = tuple[object, ...]
# What took too long is not asked again for so many seconds: the machine may only have been busy.
_REST = 60.0

# Kept between runs, as long as nothing that the answer depends on has changed.
_tracked: dict[Path, tuple[_Key, frozenset[Path]]] = {}
_given_up: dict[_Key, float] = {}
_tops: dict[Path, Path | None] = {}
_remotes: dict[tuple[Path, str | None], str | None] = {}


class Repositories:
    """Questions to git, until `deadline` (of ``time.monotonic``)."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline

    def time_left(self) -> float:
        """Return the seconds that are left; the last question has a tenth of one."""
        return max(self._deadline - time.monotonic(), 0.1)

    def top_of(self, path: Path) -> Path | None:
        """Return the top of the repository around a file."""
        folder = path.parent
        if folder not in _tops:
            _tops[folder] = git.find_top(folder)
        return _tops[folder]

    def status(self, top: Path, *, new_files: bool = True) -> git.Status:
        """Return the state of another repository than the workspace's.

        Raises
        ------
        ToolFailed
            git refused, or takes too long, this time or an earlier one.
        """
        with not_in_vain(top, new_files):
            return git.status(top, new_files=new_files, timeout=self.time_left())

    def new_files(self, top: Path, folders: list[str]) -> list[str]:
        """List the files in folders that git does not know, but for ignored ones.

        Raises
        ------
        ToolFailed
            It takes too long, this time or an earlier one.
        """
        if not folders:
            return []
        words = ("ls-files", "--others", "--exclude-standard", "-z", "--", *folders)
        with not_in_vain(top, *folders):
            shown = git.run(top, *words, env=_LITERALLY, timeout=self.time_left())
        # With a slash at the end: a repository of its own, which git does not look into.
        return [path for path in shown.split("\0") if path and not path.endswith("/")]

    def committed(self, top: Path, status: git.Status, files: set[Path]) -> set[Path]:
        """Return those files that are in the commit as they are."""
        if status.commit is None:
            return set()
        names = {path.relative_to(top).as_posix(): path for path in files}
        folders = tuple(c.path for c in status.changes if c.path.endswith("/"))
        changed = {c.path for c in status.changes}
        asked = {
            name: path
            for name, path in names.items()
            if name not in changed and not name.startswith(folders)
        }
        key = (status.commit, frozenset(asked))
        known = _tracked.get(top)
        if known is None or known[0] != key:
            known = _tracked[top] = key, self._known_to_git(top, asked)
        return set(known[1])

    def _known_to_git(self, top: Path, names: dict[str, Path]) -> frozenset[Path]:
        """Leave out those that git ignores: they are in no list of changes either."""
        if not names:
            return frozenset()
        shown = git.run(
            top, "ls-files", "-z", "--", *names, env=_LITERALLY, timeout=self.time_left()
        )
        return frozenset(names[name] for name in shown.split("\0") if name in names)


@contextlib.contextmanager
def not_in_vain(*key: object) -> Iterator[None]:
    """Ask git only where it has not just taken too long for the same.

    Raises
    ------
    ToolFailed
        It has, now or a short while ago.
    """
    if time.monotonic() < _given_up.get(key, 0.0):
        raise ToolFailed("asking git took too long", took_too_long=True)
    try:
        yield
    except ToolFailed as error:
        if error.took_too_long:
            _given_up[key] = time.monotonic() + _REST
        raise


def remote_of(top: Path, branch: str | None, timeout: float) -> str | None:
    """Return where a repository comes from, asked once per branch; see `git.remote_url`."""
    key = (top, branch)
    if key not in _remotes:
        _remotes[key] = git.remote_url(top, branch, timeout=timeout)
    return _remotes[key]
