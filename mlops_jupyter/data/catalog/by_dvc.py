"""The commands of stock git and DVC that bring a version back."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from mlops_jupyter import git
from mlops_jupyter.addresses import without_credentials
from mlops_jupyter.data.cache.remotes import configured, remotes, root_of
from mlops_jupyter.data.catalog import tags
from mlops_jupyter.data.catalog.passed_over import names_remote
from mlops_jupyter.data.catalog.pointers import VISIBLE_POINTER, is_ignored

if TYPE_CHECKING:
    from pathlib import Path

    from mlops_jupyter.data.records import DataVersion
    from mlops_jupyter.workspace import Workspace


def here(workspace: Workspace, version: DataVersion) -> list[str]:
    """Return the commands for this workspace, whose cache has the content.

    Examples
    --------
    >>> here(ws, mlops.data.resolve(ws, "flights@v1"))[1]
    'dvc checkout data/flights.parquet.dvc'
    """
    pointer = _pointer(workspace, version)
    if pointer is None:
        return []
    place, hidden = pointer
    alone = "" if hidden else f" -- {place}"
    return [f"git checkout {_tag(version)}{alone}", f"dvc checkout {place}"]


def in_clone(workspace: Workspace, version: DataVersion) -> list[str]:
    """Return the commands for a clone that has the tag; the content comes from the remote.

    DVC reads its settings from what is checked out. So a version older than the remote is pulled
    on a branch that knows it, or else the clone has to be told.

    Examples
    --------
    >>> in_clone(ws, mlops.data.resolve(ws, "flights@v1"))[-1]
    'dvc pull data/flights.parquet.dvc'
    """
    pointer, known = _pointer(workspace, version), remotes(workspace)
    if pointer is None or not known:
        return []
    place, hidden = pointer
    root, name = root_of(workspace), known[0]
    top = git.top_level(root) or root
    pull = f"dvc pull {place}"
    if _knows(top, version.commit, root, name):
        return [f"git checkout {_tag(version)}", pull]
    if not hidden and _knows(top, "HEAD", root, name):
        return [f"git checkout {_tag(version)} -- {place}", pull]
    url = without_credentials(str(configured(root)["remote"][name]["url"]))
    add = f"dvc remote add --local -d {shlex.quote(name)} {shlex.quote(url)}"
    return [f"git checkout {_tag(version)}", add, pull]


def _tag(version: DataVersion) -> str:
    return shlex.quote(tags.tag_of(version.name, version.version).removeprefix("refs/tags/"))


def _pointer(workspace: Workspace, version: DataVersion) -> tuple[str, bool] | None:
    """Return where a version's commit has its pointer, as one calls it in the workspace.

    And whether git has come to ignore it since, so that DVC sees it at the tag alone. None where
    DVC never sees it.
    """
    if version.automatic:
        return None
    root = workspace.root.resolve()
    top = git.top_level(root) or root
    visible = root_of(workspace) / VISIBLE_POINTER
    if is_ignored(top, visible):
        return None
    for file in (visible, root / f"{version.path}.dvc"):
        place = os.path.relpath(file, top)
        if git.succeeds(top, "rev-parse", "--verify", "--quiet", f"{version.commit}:{place}"):
            return shlex.quote(os.path.relpath(file, root)), is_ignored(top, file)
    return None


def _knows(top: Path, commit: str, root: Path, name: str) -> bool:
    """Return whether DVC's settings in a commit name the remote as the default."""
    config = os.path.relpath(root / ".dvc" / "config", top.resolve())
    blob = git.run(top, "rev-parse", "--verify", "--quiet", f"{commit}:{config}", ok=(0, 1))
    return bool(blob) and names_remote(top, blob, name)
