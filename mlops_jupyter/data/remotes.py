"""The DVC remotes of a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter import git
from mlops_jupyter.data import tags
from mlops_jupyter.data.prepare import dvc_root
from mlops_jupyter.errors import ToolFailed

if TYPE_CHECKING:
    from dvc.config import Config

    from mlops_jupyter.workspace import Workspace


def remotes(workspace: Workspace) -> list[str]:
    """Return the names of the remotes that DVC's configuration knows, the default one first.

    Raises
    ------
    ToolFailed
        DVC is not set up here, or its configuration cannot be read.

    Examples
    --------
    >>> remotes(ws)
    ['storage']
    """
    config = _config(_root(workspace))
    default = config["core"].get("remote")
    return sorted(config["remote"], key=lambda name: (name != default, name))


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
    root = _root(workspace)
    config = _config(root)
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
    fits = {blob: _names_remote(top, blob, name) for blob in set(blobs)}
    return sum(not fits[blob] for blob in blobs)


def _names_remote(top: Path, blob: str, name: str) -> bool:
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


def _root(workspace: Workspace) -> Path:
    root = dvc_root(workspace.root)
    if root is None:
        raise ToolFailed("DVC is not set up in this workspace", "mlops init")
    return root


def _config(root: Path) -> Config:
    from dvc.config import Config, ConfigError

    try:
        return Config(str(root / ".dvc"))
    except ConfigError as error:
        raise ToolFailed(f"DVC's configuration cannot be read: {error}", "dvc config -l") from error
