"""What surrounds a run: the notebook, the code's state, the environment."""

from __future__ import annotations

import functools
import importlib.metadata
import json
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter import git
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.capture import notebook_file

if TYPE_CHECKING:
    from mlops_jupyter.workspace import Workspace

# Packages whose version a reader of a run asks for first.
_OF_NOTE = (
    "mlops-jupyter",
    "mlflow",
    "scikit-learn",
    "numpy",
    "pandas",
    "polars",
    "xgboost",
    "lightgbm",
    "torch",
)


def tags_of_here(
    workspace: Workspace, namespace: dict[str, object] | None = None
) -> dict[str, str]:
    """Return the tags that tie a run to its notebook, code and environment."""
    found = {tags.ENVIRONMENT: environment_json()}
    code = git.code_state(workspace.root)
    if code.commit:
        found[tags.GIT_COMMIT] = code.commit
    if code.branch:
        found[tags.GIT_BRANCH] = code.branch
    found[tags.CODE] = json.dumps(
        {"commit": code.commit, "branch": code.branch, "changed": list(code.changed)[:50]}
    )
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


@functools.cache
def environment_json() -> str:
    """Return Python, platform and the versions of note, from metadata, once per process."""
    versions = {}
    for name in _OF_NOTE:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return json.dumps(
        {
            "python": platform.python_version(),
            "platform": f"{platform.system()} {platform.machine()}",
            **versions,
        }
    )
