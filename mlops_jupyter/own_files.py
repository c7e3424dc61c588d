"""Files that this package writes: whole or not at all, and over nothing but its own."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from mlops_jupyter.errors import BadInput, Conflict


@contextlib.contextmanager
def being_written(file: Path) -> Iterator[Path]:
    """Give a place beside a file; it takes the file's name once it is whole.

    Whoever opens the file meanwhile sees the one before; what a killed process leaves has another
    name.
    """
    unfinished = file.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        yield unfinished
        unfinished.replace(file)
    finally:
        with contextlib.suppress(OSError):  # what went wrong before is the one to tell
            unfinished.unlink(missing_ok=True)


def write(path: Path, content: bytes) -> None:
    """Write a file where a user wants it; a link's target is written, not the link.

    Raises
    ------
    BadInput
        It cannot be written there.
    """
    try:
        with being_written(path.resolve()) as unfinished:
            unfinished.write_bytes(content)
    except OSError as error:
        raise BadInput(
            f"{path} cannot be written: {error.strerror}", "choose another place"
        ) from None


def refuse_others(path: Path, is_ours: Callable[[BinaryIO], bool], what: str) -> None:
    """Refuse to write over a file that somebody else made.

    Parameters
    ----------
    path : Path
        The file.
    is_ours : callable
        Whether this package made the opened file.
    what : str
        What it is not, in words: ``"is no page that ... wrote"``.

    Raises
    ------
    BadInput
        There is no such folder.
    Conflict
        Something else is there.
    """
    if not path.parent.is_dir():
        raise BadInput(f"there is no folder {path.parent}", "make it first")
    if not os.path.lexists(path):
        return
    try:
        with path.open("rb") as file:
            ours = is_ours(file)
    except OSError:  # a folder, a broken link
        ours = False
    if not ours:
        raise Conflict(f"{path} is there, and {what}", "choose another name, or remove it")
