"""The process that makes profiles: ``python -m mlops_jupyter.data.profile.job ROOT``."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

_LEAST_URGENT = 10


def main(root: Path) -> None:
    """Make all that waits in a workspace."""
    from mlops_jupyter.data.profile import making
    from mlops_jupyter.workspace import Workspace

    with contextlib.suppress(AttributeError, OSError):
        os.nice(_LEAST_URGENT)
    making.make_all(Workspace.find(root))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
