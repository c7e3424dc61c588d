"""Which content DVC's users refer to: by pointers in any commit, stash, index or work tree.

Read wider than DVC reads them: a hash that stands anywhere in such a file counts, and so does
every worktree of the repository. What is found here is kept.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from mlops_jupyter import git

_HASH = re.compile(rb"(?<![0-9a-f])[0-9a-f]{32}(?:\.dir)?(?![0-9a-f])")
_NAMES = ("*.dvc", "*dvc.lock")
_PASSED_OVER = {".git", "node_modules"}
# A user's settings would change what is printed.
_PLAIN = ("-c", "log.showRoot=true", "-c", "log.showSignature=false", "-c", "log.follow=false")


def hashes(top: Path, cache: Path) -> set[str]:
    """Return the hashes that pointers name, ours of automatic versions left out.

    Parameters
    ----------
    top : Path
        The top of the git repository.
    cache : Path
        DVC's cache: the results that it keeps of stages' runs count as well.
    """
    trees = worktrees(top)
    blobs = _in_commits(top) | {blob for tree in trees for blob in _in_index(tree)}
    found = {hash_.decode() for hash_ in _HASH.findall(_contents(top, blobs))}
    for tree in trees:
        found |= _in_files(_pointer_files(tree))
    return found | _in_files(path for path in (cache / "runs").rglob("*") if path.is_file())


def worktrees(top: Path) -> list[Path]:
    """Return the tops of all worktrees of a repository that are there."""
    listed = git.run(top, "worktree", "list", "--porcelain").split("\n")
    named = [Path(line.removeprefix("worktree ")) for line in listed if line.startswith("worktree")]
    return [tree for tree in dict.fromkeys([top, *named]) if (tree / ".git").exists()]


def _in_commits(top: Path) -> set[str]:
    """Return the blobs that any commit has under such a name."""
    words = (
        "log", "--exclude=refs/mlops/*", "--all", "--reflog", "--ignore-missing", "--raw", "-m",
        "--root", "--full-history", "--no-abbrev", "--no-renames", "--no-ext-diff", "--format=",
        "-z", "--", *_NAMES,
    )  # fmt: skip
    printed = git.run(top, *_PLAIN, *words)
    lines = [field for field in re.split(r"[\0\n]", printed) if field.startswith(":")]
    return {sha for line in lines for sha in line.lstrip(":").split(" ")[2:4]}


def _in_index(tree: Path) -> set[str]:
    printed = git.run(tree, "ls-files", "-s", "-z", "--", *_NAMES)
    return {entry.split(" ")[1] for entry in printed.split("\0") if entry}


def _contents(top: Path, blobs: Iterable[str]) -> bytes:
    """Return the contents of blobs, one after the other; what is no blob here is passed over."""
    wanted = "".join(f"{blob}\n" for blob in blobs if blob.strip("0"))
    return git.output(top, "cat-file", "--batch", stdin=wanted.encode()) if wanted else b""


def _pointer_files(tree: Path) -> Iterator[Path]:
    cache = tree / ".dvc" / "cache"
    for folder, folders, names in os.walk(tree):
        here = Path(folder)
        folders[:] = [f for f in folders if f not in _PASSED_OVER and here / f != cache]
        for name in names:
            if name.endswith((".dvc", "dvc.lock")) and (here / name).is_file():
                yield here / name


def _in_files(files: Iterable[Path]) -> set[str]:
    """Return the hashes in files; one that cannot be read must not cost what it names."""
    return {hash_.decode() for file in files for hash_ in _HASH.findall(file.read_bytes())}
