"""The other worktrees of a repository: each has a cache and a state of its own on this machine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlops_jupyter.data.cache import dvc_store, sharing
from mlops_jupyter.data.cache.prepare import dvc_root
from mlops_jupyter.data.upkeep import places, pointers
from mlops_jupyter.data.upkeep.records import Place
from mlops_jupyter.errors import MlopsError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from mlops_jupyter.workspace import Workspace


def remove_there(
    workspace: Workspace, top: Path, hashes: Collection[str], versions: Collection[str]
) -> Iterator[Place]:
    """Remove contents and profiles from all worktrees but this one.

    Parameters
    ----------
    workspace : Workspace
        Where.
    top : Path
        The top of this worktree.
    hashes : collection of str
        The contents.
    versions : collection of str
        The hashes of whole versions.
    """
    below = workspace.root.resolve().relative_to(top.resolve())
    for tree in pointers.worktrees(top):
        there = replace(workspace, root=tree / below)
        if tree.samefile(top) or not there.root.is_dir() or dvc_root(there.root) is None:
            continue
        try:
            with dvc_store.opened(there) as store, sharing.clearing(store.root):
                yield places.remove_here(there, store, hashes, versions)
        except MlopsError as error:
            yield Place(name=places.HERE, problem=f"{tree}: {error.message}")
