"""Telling installed packages from the user's own code, by where they lie."""

from __future__ import annotations

import functools
import os
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType, ModuleType

# Packages that read for themselves, or for a run. What runs below them is not the user's.
_NOT_THE_USER = frozenset({
    "mlops_jupyter", "mlflow", "dvc", "dvc_data", "dvc_objects", "git", "papermill", "evidently",
    "IPython", "ipykernel", "jupyter_client", "jupyter_server", "debugpy", "pip", "importlib",
    "linecache", "tokenize", "traceback",
})  # fmt: skip
# What cells know as `open`: IPython's own, around Python's.
_OPEN_OF_CELLS = "_modified_open"
_TEMPORARY = os.path.realpath(tempfile.gettempdir()) + os.sep
# Where Python and its packages lie.
PLACES = tuple(
    sorted(
        {
            os.path.abspath(place) + os.sep
            for place in (sys.prefix, sys.base_prefix, *sysconfig.get_paths().values())
        }
    )
)


@functools.lru_cache(maxsize=4096)
def is_library_file(path: str) -> bool:
    """Whether a file belongs to Python or an installed package; code without a file does, too."""
    return path.startswith((*PLACES, "<frozen", "<string>")) or "/site-packages/" in path


def is_library(module: ModuleType | None) -> bool:
    """Whether a module belongs to Python or an installed package, ours too where it is edited."""
    if module is None:
        return False
    path = getattr(module, "__file__", None)
    package = module.__name__.partition(".")[0]
    return package in _NOT_THE_USER or path is None or is_library_file(path)


def is_temporary(path: Path) -> bool:
    """Whether a file lies where libraries put what they throw away."""
    return str(path).startswith(_TEMPORARY)


def is_the_users(frame: FrameType | None) -> bool:
    """Whether the user's own code is nearer than a package that reads for itself."""
    while frame is not None:
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if package in _NOT_THE_USER and frame.f_code.co_name != _OPEN_OF_CELLS:
            return False
        if package == "__main__" or not is_library_file(frame.f_code.co_filename):
            return True
        frame = frame.f_back
    return True  # a thread of a library's pool
