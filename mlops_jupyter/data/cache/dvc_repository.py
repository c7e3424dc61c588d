"""DVC's repository of a workspace, opened in process: the way to its cache and its pipelines."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mlops_jupyter.data.cache.prepare import dvc_root
from mlops_jupyter.errors import BadInput, ToolFailed

if TYPE_CHECKING:
    from pathlib import Path

    from mlops_jupyter.workspace import Workspace


def root_of(workspace: Workspace) -> Path:
    """Return the folder of the DVC repository that a workspace is in.

    Raises
    ------
    BadInput
        There is none.
    """
    root = dvc_root(workspace.root)
    if root is None:
        raise BadInput(
            f"{workspace.root} has no git repository with DVC", "run `mlops init`: it sets both up"
        )
    return root


@contextlib.contextmanager
def opened(root: Path) -> Iterator[Any]:
    """Open a DVC repository, which touches git's index under no circumstances.

    Raises
    ------
    ToolFailed
        DVC cannot use it, such as for an error in ``.dvc/config``.
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        # A user's global core.autostage would stage files.
        repo = Repo(str(root), config={"core": {"autostage": False}})
    except DvcException as error:
        raise ToolFailed(f"DVC: {error}", f"see {root / '.dvc' / 'config'}") from None
    try:
        yield repo
    finally:
        repo.close()
