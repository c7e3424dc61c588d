"""git, run as a command: in a clean environment, without prompts, in English.

Queries never write: they take no optional locks, so the index is not even refreshed.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
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
    timeout: float | None = None,
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
    timeout : float, optional
        Seconds after which it is ended.

    Raises
    ------
    ToolFailed
        git is missing, refused or took too long; carries git's own words.

    Examples
    --------
    >>> run(Path("/"), "version").startswith("git version")
    True
    """
    printed = output(folder, *arguments, stdin=stdin, env=env, ok=ok, timeout=timeout)
    return os.fsdecode(printed).removesuffix("\n")


def output(
    folder: Path,
    *arguments: str,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    ok: tuple[int, ...] = (0,),
    timeout: float | None = None,
) -> bytes:
    """Run one git command and return the bytes it prints; see `run`."""
    done = _call(folder, arguments, stdin, env, timeout)
    if done.returncode not in ok:
        raise _refusal(arguments, os.fsdecode(done.stderr))
    return done.stdout


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


def find_top(folder: Path) -> Path | None:
    """Return the folder with ``.git`` here or above, without asking git; see `top_level`."""
    for candidate in (folder, *folder.parents):
        entry = candidate / ".git"
        # A worktree and a submodule have a file there.
        if entry.is_file() or (entry / "HEAD").exists():
            return candidate
    return None


def _call(
    folder: Path,
    arguments: tuple[str, ...],
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> subprocess.CompletedProcess[bytes]:
    clean = {key: value for key, value in os.environ.items() if key not in _CALLERS_OWN}
    try:
        return subprocess.run(
            ["git", "-C", str(folder), *arguments],
            input=stdin,
            capture_output=True,
            check=False,
            env={**clean, **_OURS, **(env or {})},
            timeout=timeout,
        )
    except subprocess.TimeoutExpired:
        raise ToolFailed(
            f"git {_typed(arguments)[0]}: took longer than {timeout:g} s",
            f"try `git {' '.join(_typed(arguments))}` there yourself",
            took_too_long=True,
        ) from None
    except FileNotFoundError:
        raise ToolFailed(
            "git is not installed, or not on PATH", "install git (Debian: apt install git)"
        ) from None


def _refusal(arguments: tuple[str, ...], words: str) -> ToolFailed:
    arguments = _typed(arguments)
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


def _typed(arguments: tuple[str, ...]) -> tuple[str, ...]:
    """Return what a user would type: without settings for this call."""
    while arguments[0] == "-c":
        arguments = arguments[2:]
    return arguments
