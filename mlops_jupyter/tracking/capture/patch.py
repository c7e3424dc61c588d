"""What the tracked files differ by from their commit, as a patch that ``git apply`` takes."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter import git
from mlops_jupyter.errors import ToolFailed
from mlops_jupyter.tracking.capture import masking, source_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SECTION = b"diff --git "
# Whatever the user has set for their own eyes, this is for `git apply`.
_PLAIN = (
    "--binary", "--unified=3", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames",
    "--src-prefix=a/", "--dst-prefix=b/", "--ignore-submodules=all", "--no-relative",
)  # fmt: skip
_LITERALLY = {"GIT_LITERAL_PATHSPECS": "1"}
_MANY = 1000

# The latest patch of each repository: the same files differ from one run to the next.
_latest: dict[tuple[Path, bool], tuple[object, tuple[bytes, int]]] = {}


def is_private(path: str) -> bool:
    """Whether a file holds data or outputs, by its name: they do not leave with the code."""
    return source_files.is_data(path) or path.endswith(".ipynb")


def patch(
    top: Path,
    changes: Sequence[git.Change],
    *,
    without: Iterable[str],
    private: bool,
    timeout: float,
) -> tuple[bytes, int]:
    """Return the patch from HEAD to the work tree, and how many files are missing for a secret.

    A line that looks like a credential cannot be masked in a patch, or it would no longer fit the
    commit: the whole file is left out of the patch.

    Parameters
    ----------
    top : Path
        The repository's top folder.
    changes : sequence of Change
        What git's status says of tracked files.
    without : iterable of str
        Paths to leave out.
    private : bool
        Return the patch of data and notebooks, instead of that of all other files.
    timeout : float
        Seconds after which git is ended.

    Raises
    ------
    ToolFailed
        git refused or took too long, or there is too much.
    """
    left_out = set(without)
    wanted = [
        change
        for change in changes
        if change.path not in left_out
        and is_private(change.path) is private
        and not source_files.is_secret(change.path)
    ]
    if not wanted:
        return b"", 0
    if len(wanted) > _MANY:
        raise ToolFailed(f"more than {_MANY} changed files")
    seen = [(change.words, _stat(top / change.path)) for change in wanted]
    key = (seen, masking.of_this_process().generation)
    known = _latest.get((top, private))
    if known is None or known[0] != key or _is_young(seen):
        known = key, _ask(top, [change.path for change in wanted], timeout)
        _latest[top, private] = known
    return known[1]


def _ask(top: Path, paths: list[str], timeout: float) -> tuple[bytes, int]:
    # By name: what has changed since git was asked for its status was not judged.
    words = ("diff", *_PLAIN, "HEAD", "--", *paths)
    shown = git.output(top, *words, env=_LITERALLY, timeout=timeout)
    if len(shown) > source_files.TOTAL_LIMIT:
        limit = source_files.TOTAL_LIMIT // 1_000_000
        raise ToolFailed(f"the patch is larger than {limit} MB")
    sections = _sections(shown)
    kept = [section for section in sections if not _has_secret(section)]
    return b"".join(kept), len(sections) - len(kept)


def _stat(path: Path) -> tuple[int, int, int]:
    try:
        info = path.lstat()
    except OSError:
        return (0, 0, 0)
    return info.st_size, info.st_mtime_ns, info.st_ctime_ns


def _is_young(seen: Iterable[tuple[str, tuple[int, int, int]]]) -> bool:
    """Whether a file may have changed again within the resolution of its clock."""
    newest = max((stat[1] for _, stat in seen), default=0)
    return time.time_ns() - newest < source_files.COARSE_NS


def _sections(shown: bytes) -> list[bytes]:
    """Cut a diff into files; a line of content never begins as a section does."""
    _, *cut = (b"\n" + shown).split(b"\n" + _SECTION)
    # The line break that was cut away is part of a binary patch.
    return [_SECTION + section + b"\n" for section in cut[:-1]] + [_SECTION + s for s in cut[-1:]]


def _has_secret(section: bytes) -> bool:
    """Look into a section's lines, old and new; not into its head, which has digests."""
    _, found, hunks = section.partition(b"\n@@")
    if not found:
        return False
    lines = hunks.decode("utf-8", "surrogateescape").split("\n")
    text = "\n".join(line[1:] for line in lines if line[:1] in ("+", "-", " "))
    return bool(masking.of_this_process().spans(text))
