"""The tags of data versions between git repositories: these, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlops_jupyter import git
from mlops_jupyter.data.catalog import tags
from mlops_jupyter.data.travel.telling import masked
from mlops_jupyter.errors import Conflict, NotFound, ToolFailed

if TYPE_CHECKING:
    from pathlib import Path

    from mlops_jupyter.data.records import DataVersion

_AT_ONCE = 500
# No hooks of the user's, and nothing beside what is named: this is no push of theirs.
_ALONE = (
    "-c", f"core.hooksPath={os.devnull}", "-c", "push.followTags=false",
    "-c", "push.recurseSubmodules=no", "-c", "push.gpgSign=false", "-c", "gc.auto=0",
)  # fmt: skip


def remote_named(top: Path, name: str) -> str:
    """Return a git remote by its name; where none is named, the branch's own, or ``origin``.

    Raises
    ------
    NotFound
        git knows none, or none of that name.
    """
    known = git.run(top, "remote").split()
    if name:
        if name not in known:
            hint = f"git knows: {', '.join(known)}" if known else "git remote add origin URL"
            raise NotFound(f"git knows no remote {name!r}", f"{hint}; references come before --git")
        return name
    if not known:
        raise NotFound("git knows no remote", "git remote add origin URL")
    branch = git.run(top, "symbolic-ref", "--quiet", "--short", "HEAD", ok=(0, 1))
    own = git.run(top, "config", f"branch.{branch}.remote", ok=(0, 1)) if branch else ""
    return next((remote for remote in (own, "origin") if remote in known), known[0])


def tags_at(top: Path, versions: Sequence[DataVersion]) -> list[str]:
    """Return the tags of versions, labels included."""
    commits = {version.commit for version in versions}
    listed = git.run(top, "for-each-ref", "--format=%(objectname) %(refname)", tags.PREFIX)
    pairs = [line.split(" ", 1) for line in listed.splitlines()]
    return [ref for commit, ref in pairs if commit in commits]


def push(top: Path, remote: str, refs: Sequence[str]) -> int:
    """Push tags; return how many of them were not there yet.

    Raises
    ------
    Conflict
        Somebody else has given one of these names to another version.
    ToolFailed
        git cannot reach the remote, or it refuses.
    """
    new = 0
    for at in range(0, len(refs), _AT_ONCE):
        part = [f"{ref}:{ref}" for ref in refs[at : at + _AT_ONCE]]
        words = ("push", "--porcelain", "--no-verify", "--no-follow-tags", remote, *part)
        new += _counted(_asked(top, remote, *words), "*")
    return new


def fetch(top: Path, remote: str) -> int:
    """Fetch the tags of all data versions; return how many are new here.

    Raises
    ------
    Conflict
        One of them names another version here.
    ToolFailed
        git cannot reach the remote.
    """
    before = _count(top)
    everything = f"{tags.PREFIX}*:{tags.PREFIX}*"
    words = ("fetch", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")
    _asked(top, remote, *words, remote, everything)
    return _count(top) - before


def _asked(top: Path, remote: str, *words: str) -> str:
    try:
        return git.run(top, *_ALONE, *words)
    except ToolFailed as error:
        said = masked(error.message, ())
        if "would clobber" in said or "already exists" in said or "[rejected]" in said:
            raise Conflict(
                f"at {remote}, some of these names are other versions than here",
                "`git ls-remote` and `git show-ref` tell which; take your content again under "
                "another --name, and remove your tag: git tag -d mlops/data/NAME/vN",
            ) from None
        raise ToolFailed(said.splitlines()[0], f"can `git ls-remote {remote}` reach it?") from None


def _count(top: Path) -> int:
    return len(git.run(top, "for-each-ref", "--format=%(refname)", tags.PREFIX).splitlines())


def _counted(printed: str, flag: str) -> int:
    return sum(line.startswith(f"{flag}\t") for line in printed.splitlines())
