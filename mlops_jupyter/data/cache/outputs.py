"""What DVC tracks in the work tree, whoever told it to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mlops_jupyter.errors import ToolFailed

if TYPE_CHECKING:
    from mlops_jupyter.data.cache.dvc_store import Store


class Output(NamedTuple):
    """Something that DVC tracks in the work tree.

    Attributes
    ----------
    path, stage : Path
        The file or folder; the ``.dvc`` or ``dvc.yaml`` that names it.
    plain : bool
        Whether it was merely added: not imported, and made by no command.
    """

    path: Path
    stage: Path
    plain: bool


def outputs(store: Store) -> list[Output]:
    """Return what DVC tracks, and by which files.

    Raises
    ------
    ToolFailed
        One of these files cannot be read.
    """
    from dvc.exceptions import DvcException

    try:
        return [
            Output(
                Path(out.fs_path),
                Path(out.stage.path),
                plain=out.stage.is_data_source and not out.stage.deps,
            )
            for out in store.repo.index.outs
            if out.protocol == "local"
        ]
    except DvcException as error:
        raise ToolFailed(f"DVC: {error}", "`dvc status` says the same") from None
