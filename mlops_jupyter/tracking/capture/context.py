"""What surrounds a run: the notebook, the code's state, the environment."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.capture import code, environment, notebook_file

if TYPE_CHECKING:
    from mlops_jupyter.tracking.capture.code import CodeState
    from mlops_jupyter.workspace import Workspace


def tags_of_here(
    workspace: Workspace,
    namespace: dict[str, object] | None = None,
    state: CodeState | None = None,
) -> dict[str, str]:
    """Return the tags that tie a run to its notebook, code and environment.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    namespace : dict, optional
        The kernel's variables.
    state : CodeState, optional
        The code, where it was looked at already.
    """
    found = {tags.ENVIRONMENT: environment.tag(), **code.tags_of(state or code.look(workspace))}
    notebook = notebook_file.find(namespace)
    if notebook.name is not None:
        shown = relative(workspace, notebook.path) if notebook.path else notebook.name
        found[tags.NOTEBOOK] = shown
        found[tags.SOURCE_NAME] = shown
        found[tags.SOURCE_TYPE] = "NOTEBOOK"
    elif "ipykernel" not in sys.modules and sys.argv and sys.argv[0]:
        found[tags.SOURCE_NAME] = relative(workspace, Path(sys.argv[0]))
        found[tags.SOURCE_TYPE] = "LOCAL"
    else:
        # MLflow would name ipykernel_launcher.py, which tells nobody anything.
        found[tags.SOURCE_NAME] = "unknown notebook"
    return found


def relative(workspace: Workspace, path: Path) -> str:
    """Return a path as seen from the workspace where it is inside."""
    try:
        return path.resolve().relative_to(workspace.root.resolve()).as_posix()
    except ValueError:
        return path.as_posix()
