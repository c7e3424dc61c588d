"""A second name for content in the main worktree's cache: a linked worktree takes its own along.

``git worktree remove`` deletes what git ignores without a word, DVC's cache too, while the tags of
the versions made there stay.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlops_jupyter.data.cache.dvc_store import Store, Stored


def keep_beyond(store: Store, top: Path, stored: Stored) -> str:
    """Link stored content into the main worktree's cache; say so where there is none to link to.

    Elsewhere than in a linked worktree with a cache of its own, nothing is done.

    Parameters
    ----------
    store : Store
        The open DVC repository.
    top : Path
        The top of the worktree.
    stored : Stored
        The content, in the cache.
    """
    cache = store.cache_folder
    main = _main_of(top)
    if main is None or not cache.resolve().is_relative_to(top.resolve()):
        return ""
    other = _cache_of(main / store.root.relative_to(top))
    if other is None:
        return (
            "its content goes with this worktree: `git worktree remove` deletes DVC's cache; "
            "move it by `dvc cache dir --local PATH`"
        )
    hashes = [stored.hash]
    if stored.hash.endswith(".dir"):
        hashes += store.listing(stored.hash).values()
    _link((path, other / path.relative_to(cache)) for path in map(store.cached, hashes))
    return ""


def _main_of(top: Path) -> Path | None:
    """Return the top of the main worktree, from a linked one; else None.

    Of a bare repository it is where that lies: there is no DVC.
    """
    entry = top / ".git"
    if not entry.is_file():
        return None
    own = top / entry.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
    shared = own / "commondir"
    if not shared.is_file():
        return None  # a submodule: it has a repository of its own
    common = Path(os.path.normpath(own / shared.read_text(encoding="utf-8").strip()))
    return common.parent


def _cache_of(root: Path) -> Path | None:
    """Return where the DVC repository of a folder has its cache; None where there is none."""
    from dvc.config import Config, ConfigError

    if not (root / ".dvc").is_dir():
        return None
    try:
        folder = Config(str(root / ".dvc"))["cache"].get("dir")
    except ConfigError:
        return None
    return Path(folder or root / ".dvc" / "cache") / "files" / "md5"


def _link(pairs: Iterable[tuple[Path, Path]]) -> None:
    for here, there in pairs:
        if there.exists():
            continue
        there.parent.mkdir(parents=True, exist_ok=True)
        try:
            with contextlib.suppress(FileExistsError):
                there.hardlink_to(here)
        except OSError:  # on another disk
            half = there.with_name(f".{uuid.uuid4().hex}.tmp")
            shutil.copy2(here, half)
            half.replace(there)
