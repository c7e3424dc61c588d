"""git, run as a command: in a clean environment, without prompts, in English.

Queries never write: they take no optional locks, so the index is not even refreshed.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mlops_jupyter.errors import ToolFailed

# Set for hooks, aliases and `git rebase --exec`: they would point our commands at another
# repository or index than the folder we name. Identity and GIT_CONFIG_COUNT stay: a user sets
# those on purpose (safe.directory in containers).
_CALLERS_OWN = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CEILING_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GLOB_PATHSPECS",
    "GIT_GRAFT_FILE",
    "GIT_ICASE_PATHSPECS",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)
_OURS = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "LC_ALL": "C",
    "LANGUAGE": "",
}


def run(
    folder: Path,
    *arguments: str,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    ok: tuple[int, ...] = (0,),
) -> str:
    r"""Run one git command and return what it prints, without the final newline.

    Parameters
    ----------
    folder : Path
        Where to run it.
    *arguments : str
        The words after ``git``.
    stdin : bytes
        What the command reads.
    env : mapping, optional
        Variables on top of the cleaned environment.
    ok : tuple of int
        Exit codes that are answers, such as 1 for "there is none".

    Raises
    ------
    ToolFailed
        git is missing, or refused; carries git's own words.

    Examples
    --------
    >>> run(Path("/"), "version").startswith("git version")
    True
    """
    done = _call(folder, arguments, stdin, env)
    if done.returncode not in ok:
        raise _refusal(arguments, os.fsdecode(done.stderr))
    return os.fsdecode(done.stdout).removesuffix("\n")


def succeeds(folder: Path, *arguments: str) -> bool:
    """Return whether a command that answers by its exit code (0 or 1) says yes.

    Raises
    ------
    ToolFailed
        It answered neither.

    Examples
    --------
    >>> succeeds(Path("/"), "version")
    True
    """
    done = _call(folder, arguments)
    if done.returncode not in (0, 1):
        raise _refusal(arguments, os.fsdecode(done.stderr))
    return done.returncode == 0


def top_level(path: Path) -> Path | None:
    """Return the top folder of the git repository that holds a folder; None where there is none.

    Raises
    ------
    ToolFailed
        git is missing, or there is a repository and git refuses to use it.

    Examples
    --------
    >>> top_level(Path("/")) is None
    True
    """
    arguments = ("rev-parse", "--show-toplevel")
    done = _call(path, arguments)
    words = os.fsdecode(done.stderr)
    if done.returncode == 0:
        return Path(os.fsdecode(done.stdout).removesuffix("\n"))
    if "not a git repository" in words.lower():
        return None
    raise _refusal(arguments, words)


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
        if top_level(root) is None:
            return CodeState()
        shown = run(root, "status", "--porcelain=v2", "--branch", "-z", "--untracked-files=normal")
    except ToolFailed as error:
        return CodeState(problem=error.message)
    return _read_status(shown)


def _read_status(shown: str) -> CodeState:
    """Read porcelain version 2; see git-status(1)."""
    commit: str | None = None
    branch: str | None = None
    changed = []
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
            changed.append(entry.split(" ", words_before[entry[0]])[-1])
            if entry[0] == "2":
                next(entries, None)
    return CodeState(commit, branch, changed)


def _call(
    folder: Path,
    arguments: tuple[str, ...],
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    clean = {key: value for key, value in os.environ.items() if key not in _CALLERS_OWN}
    try:
        return subprocess.run(
            ["git", "-C", str(folder), *arguments],
            input=stdin,
            capture_output=True,
            check=False,
            env={**clean, **_OURS, **(env or {})},
        )
    except FileNotFoundError:
        raise ToolFailed(
            "git is not installed, or not on PATH", "install git (Debian: apt install git)"
        ) from None


def _refusal(arguments: tuple[str, ...], words: str) -> ToolFailed:
    while arguments[0] == "-c":  # settings for this call: nothing a user would type
        arguments = arguments[2:]
    reason = words.strip().removeprefix("fatal: ").removeprefix("error: ")
    hint = f"try `git {' '.join(arguments)}` there yourself"
    if "dubious ownership" in words:
        # git prints the very command that allows it.
        reason, _, rest = reason.partition("\n")
        command = next((line.strip() for line in rest.splitlines() if "safe.directory" in line), "")
        hint = f"if you trust the folder: {command}"
    elif ".lock" in words and "exists" in words:
        hint = "another git command is running there; try again when it has ended"
    return ToolFailed(f"git {arguments[0]}: {reason}", hint)
