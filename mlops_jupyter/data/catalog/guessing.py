"""What was meant by a name whose prefix was left out where it is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.data.catalog import history
from mlops_jupyter.errors import MlopsError

if TYPE_CHECKING:
    from mlops_jupyter.workspace import Workspace


def did_you_mean(workspace: Workspace, name: str) -> str | None:
    """Return the question whether data was meant, where there is such a version.

    Examples
    --------
    >>> did_you_mean(ws, "flights@v1")
    'did you mean data:flights@v1?'
    >>> did_you_mean(ws, "forest")
    """
    if ":" in name:
        return None
    try:
        history.resolve(workspace, name)
    except MlopsError:  # no such data, no git, no name that data could have
        return None
    return f"did you mean data:{name}?"
