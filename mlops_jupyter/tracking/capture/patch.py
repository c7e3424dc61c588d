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
_MANY = 200


_latest: dict[Path, tuple[object, tuple[bytes, int]]] = {}


def patch(
    top: Path,
    changes: Sequence[git.Change],
    *,
    without: Iterable[str],
    remote: bool,
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
    remote : bool
        Whether it goes to a server: data and outputs of notebooks stay here.
    timeout : float
        Seconds after which git is ended.

    Raises
    ------
    ToolFailed
        git refused or took too long, or there is too much.
    """
    hidden = {change.path for change in changes if _is_hidden(change.path, remote=remote)}
    left_out = sorted({*without, *hidden})
    if len(left_out) > _MANY:
        raise ToolFailed(f"more than {_MANY} changed files are not for a patch")
    seen = [(change.words, _stat(top / change.path)) for change in changes]
    key = (seen, left_out, masking.of_this_process().generation)
    if top not in _latest or _latest[top][0] != key or _is_young(seen):
        _latest[top] = key, _ask(top, left_out, timeout)
    return _latest[top][1]


def _ask(top: Path, left_out: list[str], timeout: float) -> tuple[bytes, int]:
    excluded = [f":(top,exclude,literal){path}" for path in left_out]
    shown = git.output(top, "diff", *_PLAIN, "HEAD", "--", ".", *excluded, timeout=timeout)
    if len(shown) > source_files.TOTAL_LIMIT:
        limit = source_files.TOTAL_LIMIT // 1_000_000
        raise ToolFailed(f"the patch is larger than {limit} MB")
    sections = _sections(shown)
    kept = [section for section in sections if not _has_secret(section)]
    return b"".join(kept), len(sections) - len(kept)


def _is_hidden(path: str, *, remote: bool) -> bool:
    private = source_files.is_data(path) or path.endswith(".ipynb")
    return source_files.is_secret(path) or (remote and private)


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
