"""The DVC remotes of a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter.data.cache.prepare import dvc_root
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
    config = configured(root_of(workspace))
    default = config["core"].get("remote")
    return sorted(config["remote"], key=lambda name: (name != default, name))


def root_of(workspace: Workspace) -> Path:
    """Return the folder with ``.dvc``; ToolFailed where there is none."""
    root = dvc_root(workspace.root)
    if root is None:
        raise ToolFailed("DVC is not set up in this workspace", "mlops init")
    return root


def configured(root: Path) -> Config:
    """Return DVC's configuration; ToolFailed where it cannot be read."""
    from dvc.config import Config, ConfigError

    try:
        return Config(str(root / ".dvc"))
    except ConfigError as error:
        raise ToolFailed(f"DVC's configuration cannot be read: {error}", "dvc config -l") from error
