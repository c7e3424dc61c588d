"""What of upkeep is still to do, without asking any remote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter import git
from mlops_jupyter.data.cache import dvc_store
from mlops_jupyter.data.cache.prepare import dvc_root
from mlops_jupyter.data.catalog import automatic, tags
from mlops_jupyter.data.upkeep.places import HERE

if TYPE_CHECKING:
    from mlops_jupyter.workspace import Workspace


def forgotten_left(workspace: Workspace) -> dict[str, list[str]]:
    """Return versions that were forgotten, and where their content may still be.

    A clone has its own cache: a version that was forgotten elsewhere may have content here.

    Examples
    --------
    >>> forgotten_left(ws)
    {}
    """
    top = git.top_level(workspace.root)
    if top is None or dvc_root(workspace.root) is None:
        return {}
    said = [t.content for t in tags.read_all(top)]
    said += [content for _, _, content in tags.read_refs(top, automatic.PREFIX)]
    needed = {c.hash for c in said if c is not None and c.forgotten is None}
    left: dict[str, list[str]] = {}
    with dvc_store.opened(workspace) as store:
        for content in said:
            if content is None or content.forgotten is None or content.hash in needed:
                continue
            places = set(content.still_in) | ({HERE} if store.has(content.hash) else set())
            if places:
                left[_reference(content.name, content.version, content.hash)] = sorted(places)
    return left


def copied(workspace: Workspace) -> int:
    """Return the bytes of all copies of what runs have read."""
    return automatic.kept_size(automatic.read(workspace))


def _reference(name: str, version: int, hash_: str) -> str:
    return f"data:{name}@v{version}" if version else automatic.reference(name, hash_)
