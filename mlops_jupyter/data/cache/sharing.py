"""Who takes content in, and who clears the cache: never both at once.

What takes in may find that the cache has the content already, and only then makes the version
that needs it; a clearing in between would take it away. The system frees both locks with their
process.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING

from mlops_jupyter.errors import Conflict, ToolFailed

try:
    import fcntl
except ImportError:  # Windows: there, clearing is for quiet moments
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PATIENCE_S = 10.0


@contextlib.contextmanager
def taking(root: Path) -> Iterator[None]:
    """Take content into the cache, side by side with others who do.

    Parameters
    ----------
    root : Path
        The folder with ``.dvc``.
    """
    with _opened(root) as descriptor:
        if fcntl is not None and descriptor is not None:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield


@contextlib.contextmanager
def clearing(root: Path) -> Iterator[None]:
    """Remove content from the cache, alone.

    Raises
    ------
    Conflict
        Somebody is taking content in, for longer than a few seconds.
    ToolFailed
        Nothing may be written in ``.dvc``.
    """
    with _opened(root) as descriptor:
        if descriptor is None:
            raise ToolFailed(f"{root / '.dvc'} may not be written", "see its permissions (ls -l)")
        # flock waits for ever or not at all; locks of filelock are shared by nobody.
        until = time.monotonic() + _PATIENCE_S
        while fcntl is not None:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > until:
                    raise Conflict(
                        "data is being taken in at this moment", "do it again when that has ended"
                    ) from None
                time.sleep(0.05)
            else:
                break
        yield


@contextlib.contextmanager
def _opened(root: Path) -> Iterator[int | None]:
    """Open the lock's file; None where nothing may be written: what follows will say so."""
    folder = root / ".dvc" / "tmp"  # git ignores it
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / "mlops-data.lock", os.O_RDWR | os.O_CREAT, 0o666)
    except OSError:
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)
