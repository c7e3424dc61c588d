"""The trees of our commits: HEAD's with changes, made without the user's index."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mlops_jupyter import git

# Index features that would leave files of theirs in .git, and the user's hooks: this is no commit
# of theirs.
PLAIN = tuple(
    word
    for setting in (
        "core.splitIndex=false",
        "core.fsmonitor=false",
        "core.untrackedCache=false",
        "index.sparse=false",
        "i18n.commitEncoding=UTF-8",
        f"core.hooksPath={os.devnull}",
    )
    for word in ("-c", setting)
)
_TEMPORARY = "mlops-index-"
_FORGOTTEN_S = 3600


@dataclass(frozen=True)
class Tree:
    """How a version's tree differs from HEAD's; paths are relative to the repository's top.

    Attributes
    ----------
    files : mapping
        Files to put in, by path.
    without : tuple of str
        Paths to take out, with all below them.
    """

    files: Mapping[str, bytes]
    without: tuple[str, ...]


def write(top: Path, tree: Tree, parent: str) -> str:
    """Write a commit's tree with the changes, through an index in a folder of its own.

    Parameters
    ----------
    top : Path
        The top of the git repository.
    tree : Tree
        The changes.
    parent : str
        The commit; empty for an empty tree.
    """
    _sweep()
    with tempfile.TemporaryDirectory(prefix=_TEMPORARY) as folder:
        return _written(top, tree, parent, Path(folder))


def is_abandoned(place: Path, seconds: float) -> bool:
    """Return whether something is there that was not written to for so long."""
    try:
        return time.time() - place.stat().st_mtime > seconds
    except OSError:
        return False


def _sweep() -> None:
    """Remove what killed processes have left of the folders that trees are made in."""
    for left in Path(tempfile.gettempdir()).glob(f"{_TEMPORARY}*"):
        if is_abandoned(left, _FORGOTTEN_S):
            shutil.rmtree(left, ignore_errors=True)


def _written(top: Path, tree: Tree, parent: str, folder: Path) -> str:
    env = {"GIT_INDEX_FILE": str(folder / "index")}
    files = []
    for number, data in enumerate(tree.files.values()):
        file = folder / f"file-{number}"
        file.write_bytes(data)
        files.append(str(file))
    blobs = git.run(
        top, "hash-object", "-w", "--no-filters", "--stdin-paths", stdin="\n".join(files).encode()
    ).split("\n")
    git.run(top, *PLAIN, "read-tree", parent or "--empty", env=env)
    gone = []
    if parent:
        patterns = [f":(top,literal){path}" for path in tree.without]
        gone = git.run(top, *PLAIN, "ls-files", "-z", "--", *patterns, env=env).split("\0")
    nothing = "0" * len(blobs[0])
    lines = [f"0 {nothing}\t{path}" for path in gone if path] + [
        f"100644 {blob}\t{path}" for path, blob in zip(tree.files, blobs, strict=True)
    ]
    index_info = "".join(f"{line}\0" for line in lines)
    git.run(
        top, *PLAIN, "update-index", "-z", "--index-info", stdin=os.fsencode(index_info), env=env
    )
    return git.run(top, *PLAIN, "write-tree", env=env)
