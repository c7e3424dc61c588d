"""What git knows about the code of now."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from mlops_jupyter.errors import ToolFailed
from mlops_jupyter.git.calls import run, top_level


@dataclass(frozen=True)
class CodeState:
    """What git knows about the code of now.

    Attributes
    ----------
    commit : str, optional
        The commit that HEAD is at; None before the first one, and outside of git.
    branch : str, optional
        The branch; None where HEAD is detached, and outside of git.
    changed : list of str
        Files that differ from the commit, new ones included; relative to the repository's top.
    problem : str
        Why nothing is known, where git could not be asked.
    """

    commit: str | None = None
    branch: str | None = None
    changed: list[str] = field(default_factory=list)
    problem: str = ""


def code_state(root: Path) -> CodeState:
    """Return commit, branch and changed files of the repository around a folder.

    Never raises and never writes: a training must not fail because git is in a bad mood.

    Examples
    --------
    >>> code_state(Path("/")).commit is None
    True
    """
    try:
        found = status(root) if top_level(root) is not None else Status()
    except ToolFailed as error:
        return CodeState(problem=error.message)
    return CodeState(found.commit, found.branch, [change.path for change in found.changes])


@dataclass(frozen=True)
class Change:
    """One path that differs from the commit.

    Attributes
    ----------
    path : str
        Relative to the repository's top; a folder with nothing but new files ends with ``/``.
    kind : {"changed", "deleted", "new", "submodule"}
        What is in the work tree now.
    words : str
        git's own entry: it names the contents of commit and index.
    """

    path: str
    kind: Literal["changed", "deleted", "new", "submodule"]
    words: str = field(default="", repr=False)


@dataclass(frozen=True)
class Status:
    """Commit, branch and what differs from the commit; see `CodeState` for the first two."""

    commit: str | None = None
    branch: str | None = None
    changes: tuple[Change, ...] = ()


def status(
    folder: Path, *, new_files: bool = True, renames: bool = True, timeout: float | None = None
) -> Status:
    """Ask git for commit, branch and changes, in one call.

    Parameters
    ----------
    folder : Path
        A folder in the repository.
    new_files : bool
        Look for files that git does not know; this walks through all folders.
    renames : bool
        Tell a file that was moved as one change, at its new place, instead of two.
    timeout : float, optional
        Seconds after which git is ended.

    Raises
    ------
    ToolFailed
        git is missing, refused or took too long.
    """
    words = [
        "--porcelain=v2", "--branch", "-z",
        f"--untracked-files={'normal' if new_files else 'no'}",
        *([] if renames else ["--no-renames"]),
    ]  # fmt: skip
    return _read_status(run(folder, "status", *words, timeout=timeout))


def _read_status(shown: str) -> Status:
    """Read porcelain version 2; see git-status(1)."""
    commit: str | None = None
    branch: str | None = None
    changes = []
    entries = iter(shown.split("\0"))
    # Words before the path: ordinary entries, renames (followed by the old path), conflicts.
    words_before = {"1": 8, "2": 9, "u": 10, "?": 1}
    for entry in entries:
        if entry.startswith("# branch.oid "):
            commit = None if entry.endswith("(initial)") else entry.rpartition(" ")[2]
        elif entry.startswith("# branch.head "):
            name = entry.removeprefix("# branch.head ")
            branch = None if name == "(detached)" else name
        elif entry[:1] in words_before:
            *words, path = entry.split(" ", words_before[entry[0]])
            changes.append(Change(path, _kind(words), entry))
            if entry[0] == "2":
                next(entries, None)
    return Status(commit, branch, tuple(changes))


def _kind(words: list[str]) -> Literal["changed", "deleted", "new", "submodule"]:
    if words[0] == "?":
        return "new"
    if words[2].startswith("S"):
        return "submodule"
    mode_in_work_tree = words[6] if words[0] == "u" else words[5]
    return "deleted" if mode_in_work_tree == "000000" else "changed"
