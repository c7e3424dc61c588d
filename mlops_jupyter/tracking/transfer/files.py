"""The files of runs: hashing them, and what has to change in a model's MLmodel on its way."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

MLMODEL = "MLmodel"
# What MLmodel says of the store it is in; it says something else in the next.
_OF_THE_STORE = ("artifact_path", "model_id", "run_id")
_EXAMPLE = "saved_input_example_info"
_MAX_MLMODEL = 16_000_000


def inside(folder: Path) -> Iterator[tuple[str, Path]]:
    """Give the files below a folder by their relative path; links out of it are left out."""
    root = folder.resolve()
    for here, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(here, name)
            if path.is_file() and path.resolve().is_relative_to(root):
                yield path.relative_to(folder).as_posix(), path


def sha256(path: Path) -> str:
    """Return a file's hash, from memory where it was not written since."""
    stat = path.stat()
    return _sha256(path, stat.st_size, stat.st_mtime_ns)


@functools.lru_cache(maxsize=4096)
def _sha256(path: Path, _size: int, _mtime_ns: int) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def place(source: Path, target: Path) -> None:
    """Copy a file; under its name it is whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{uuid.uuid4().hex}.unfinished")
    try:
        shutil.copyfile(source, unfinished)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def portable(mlmodel: Path, *, examples: bool) -> tuple[bytes | None, set[str]]:
    """Return MLmodel without what it says of its store, and which files stay behind.

    Parameters
    ----------
    mlmodel : Path
        The file.
    examples : bool
        Whether rows of the user's data may leave this machine.

    Returns
    -------
    bytes or None
        The content; None where the file is to travel as it is.
    set of str
        Files beside it that hold rows of the user's data, and may not leave.
    """
    content = _read(mlmodel)
    if content is None:
        return None, set()
    for key in _OF_THE_STORE:
        content.pop(key, None)
    withheld: set[str] = set()
    if not examples and (example := content.pop(_EXAMPLE, None)):
        named = example.get("artifact_path") if isinstance(example, dict) else None
        withheld = {"input_example.json", "serving_input_example.json"}
        if isinstance(named, str):
            withheld |= {named, f"serving_{named}"}
    return _written(content), withheld


def settled(mlmodel: Path, **of_the_store: str) -> bytes | None:
    """Return MLmodel with what it says of the store it comes into; None where it is unreadable."""
    content = _read(mlmodel)
    return None if content is None else _written({**content, **of_the_store})


def _read(mlmodel: Path) -> dict[str, Any] | None:
    import yaml

    if mlmodel.stat().st_size > _MAX_MLMODEL:
        return None
    with contextlib.suppress(yaml.YAMLError, UnicodeDecodeError, RecursionError):
        content = yaml.safe_load(mlmodel.read_text(encoding="utf-8"))
        if isinstance(content, dict):
            return content
    return None


def _written(content: dict[str, Any]) -> bytes:
    import yaml

    text: str = yaml.safe_dump(content, default_flow_style=False, allow_unicode=True)
    return text.encode()
