"""Where an executed notebook is put; only another executed one is overwritten."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter.errors import BadInput, Conflict

if TYPE_CHECKING:
    from mlops_jupyter.notebooks.source import Source
    from mlops_jupyter.workspace import Workspace


def own_folder(workspace: Workspace, run_id: str) -> Path:
    """Make and return the folder of a run, for its log and its executed notebook."""
    folder = workspace.state_dir / "executed" / run_id
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def wanted_output(source: Source, folder: Path) -> Path:
    """Return the output in the user's folder; only an executed notebook is overwritten."""
    output = Path(os.path.abspath(folder)) / source.output_name
    if source.is_text and folder.exists() and folder.samefile(source.path.parent):
        raise Conflict(
            f"{output} would be taken for the pair of {source.path.name}",
            "choose another --output-dir, or leave it out",
        )
    if output.exists():
        if output.samefile(source.path):
            raise Conflict(
                f"{output} is the notebook itself; running it there would overwrite it",
                "choose another --output-dir, or leave it out",
            )
        if not _is_executed(output):
            raise Conflict(
                f"{output} is there already, and is not an executed notebook",
                "choose another --output-dir, or move it away",
            )
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{folder} cannot be made: {error.strerror}", "choose another") from None
    return output


def _is_executed(path: Path) -> bool:
    """Whether Papermill wrote it."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return bool(content["metadata"]["papermill"]["start_time"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
