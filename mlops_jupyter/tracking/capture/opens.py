"""Noticing files that are opened by Python: ``open``, ``pathlib``, and what is built on them.

An audit hook can never be taken back, so there is one for the process, and it is asleep while
nobody watches. NumPy, joblib, pickle, PIL and many more open files this way; what reads natively
(Parquet above all) does not, and is wrapped: see `readers`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_jupyter.tracking.capture import wrapping
from mlops_jupyter.tracking.capture.libraries import PLACES, is_the_users
from mlops_jupyter.tracking.capture.sources import Signature

if TYPE_CHECKING:
    from mlops_jupyter.tracking.capture.watching import Feed

_feed: Feed | None = None
_installed = False

# Code, settings and what tools write beside it: not data, wherever it lies.
_NOT_DATA = (
    ".py", ".pyc", ".pyi", ".pyx", ".so", ".pth", ".ipynb", ".toml", ".cfg", ".ini", ".lock",
    ".dvc", ".log", ".tmp", ".pid", ".sock", "-journal", "-wal", "-shm", ".mplstyle", ".ttf",
    ".afm", ".egg-link", "/METADATA", "/RECORD", "/entry_points.txt", "/direct_url.json",
    "/dvc.yaml", "/params.yaml", "requirements.txt", "/.env", "matplotlibrc",
)  # fmt: skip
# Of DVC, which lies in a hidden folder: `mlops.data.path_of` gives files in it.
_CACHE = "/files/md5/"
_OUTSIDE = (*PLACES, "/proc/", "/sys/", "/dev/", "/etc/", "/usr/share/", "/run/")


def start(feed: Feed) -> None:
    """Tell `feed` of files from now on."""
    global _feed, _installed  # noqa: PLW0603 - the hook is the process's, for good
    _feed = feed
    if not _installed:
        _installed = True
        sys.addaudithook(_hook)


def stop() -> None:
    """Let the hook sleep."""
    global _feed  # noqa: PLW0603
    _feed = None


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if event != "open" or _feed is None:
        return
    path, mode, flags = args
    if not isinstance(path, str) or path.endswith(_NOT_DATA) or wrapping.is_inside():
        return
    try:
        _tell(_feed, path, mode, flags)
    except Exception as error:  # noqa: BLE001 - raising here would refuse the user's file
        _feed.problem(f"opened files: {type(error).__name__}: {error}")


def _tell(feed: Feed, name: str, mode: str | None, flags: int) -> None:
    here = os.getcwd()
    path = _absolute(name, here)
    if path.startswith(_OUTSIDE) or "/site-packages/" in path:
        return
    if _is_hidden(path, here) and _CACHE not in path:
        return
    if not is_the_users(sys._getframe(2)):  # noqa: SLF001 - see wrapping
        return
    if _writes(mode, flags):
        feed.written(Path(path))
        if mode is None or "+" not in mode:
            return
    seen = Signature.of(path)
    if seen is not None:
        feed.opened(path, seen)


def _absolute(name: str, here: str) -> str:
    # Most names need no more than this; a loop may open thousands.
    simple = "./" not in name and "//" not in name
    if simple:
        return name if name[:1] == os.sep else f"{here}{os.sep}{name}"
    return os.path.abspath(name)


def _is_hidden(path: str, here: str) -> bool:
    """Whether it lies in .git, .mlops, .cache and the like, as seen from the current folder."""
    if "/." not in path:
        return False
    return "/." in (path[len(here) :] if path.startswith(here + os.sep) else path)


def _writes(mode: str | None, flags: int) -> bool:
    if mode is None:
        return bool(flags & (os.O_WRONLY | os.O_RDWR))
    return any(sign in mode for sign in "wax+")
