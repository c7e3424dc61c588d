"""Versions whose commit does not tell stock DVC where the remote is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter import git
from mlops_jupyter.data.cache.remotes import configured, root_of
from mlops_jupyter.data.catalog import tags

if TYPE_CHECKING:
    from dvc.config import Config

    from mlops_jupyter.workspace import Workspace


def passed_over(workspace: Workspace) -> int:
    """Return of how many versions the commit does not tell stock DVC where the remote is.

    DVC takes its configuration from the commit that it looks at, where ``dvc push --all-tags``
    looks at many. So it passes over versions made before the remote was added, and takes a path
    relative to the repository for one below ``/``. What is configured for this machine alone
    (``--local`` or ``--global``) holds at every commit.

    Examples
    --------
    >>> passed_over(ws)
    0
    """
    root = root_of(workspace)
    config = configured(root)
    name, top = config["core"].get("remote"), git.top_level(root)
    if name is None or top is None or name in _known_beside_git(config):
        return 0
    shown = (root / ".dvc" / "config").relative_to(top).as_posix()
    found = tags.read_all(top)
    asked = "".join(f"{version.commit}:{shown}\n" for version in found)
    # One line for each: the same blob is read once.
    blobs = git.run(
        top, "cat-file", "--batch-check=%(objectname)", stdin=asked.encode()
    ).splitlines()
    fits = {blob: names_remote(top, blob, name) for blob in set(blobs)}
    return sum(not fits[blob] for blob in blobs)


def names_remote(top: Path, blob: str, name: str) -> bool:
    """Return whether a configuration's default remote is this one, by a whole address."""
    from configobj import ConfigObj, ConfigObjError

    if " " in blob:
        return False  # git's words for: there is none
    try:
        read = ConfigObj(git.run(top, "cat-file", "blob", blob).split("\n"))
        url = str(read[f"'remote \"{name}\"'".strip("'")]["url"])
        return bool(read["core"]["remote"] == name) and ("://" in url or Path(url).is_absolute())
    except (ConfigObjError, KeyError, TypeError):
        return False


def _known_beside_git(config: Config) -> set[str]:
    found: set[str] = set()
    for level in ("system", "global", "local"):
        known = config.load_one(level)
        if known["core"].get("remote"):
            found |= known["remote"].keys()
    return found
