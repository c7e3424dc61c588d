"""Pins: a version's pointer in the user's work tree, where ``dvc gc -w`` and git see it."""

from __future__ import annotations

import errno
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter import git
from mlops_jupyter.data.cache.outputs import outputs
from mlops_jupyter.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlops_jupyter.data.cache.dvc_store import Store, Stored
    from mlops_jupyter.data.records import DataVersion
    from mlops_jupyter.workspace import Workspace

_LARGEST = 100_000  # bytes; no pointer is near it
_HASH = re.compile(r"^(?:- | {2})md5: ['\"]?([0-9a-f]{32}(?:\.dir)?)['\"]?\s*$", re.MULTILINE)


def unpinned(workspace: Workspace, versions: Iterable[DataVersion]) -> list[DataVersion]:
    """Return the versions that no pointer beside their file keeps from ``dvc gc --workspace``."""
    pointers: dict[str, set[str]] = {}
    found = []
    for version in versions:
        if version.path not in pointers:
            pointers[version.path] = _hashes_in(workspace.root / f"{version.path}.dvc")
        if (
            not (version.forgotten or version.automatic)
            and version.hash not in pointers[version.path]
        ):
            found.append(version)
    return found


def _hashes_in(pointer: Path) -> set[str]:
    try:
        if pointer.stat().st_size > _LARGEST:
            return set()
        return set(_HASH.findall(pointer.read_text("utf-8", errors="replace")))
    except OSError:
        return set()


def refuse_unfit(store: Store, top: Path, file: Path) -> None:
    """Refuse a pin where git or somebody's pointer has the file already.

    Raises
    ------
    BadInput
        git tracks the data itself, does not see a pointer there, or DVC tracks this path by
        another file.
    ToolFailed
        DVC cannot read the pointers in the work tree.
    """
    shown = file.relative_to(top).as_posix()
    pointer = _pointer_of(file)
    if git.run(top, "ls-files", "--", f":(top,literal){shown}"):
        raise BadInput(
            f"git tracks {shown} itself: DVC does not take what git has",
            f"`git rm -r --cached -- '{shown}'` first; or leave --pin out: the version stays",
        )
    tracked = outputs(store)
    for output in tracked:
        path, by = output.path, output.stage
        if path == file and by == pointer and output.plain:
            continue
        if path == file or path in file.parents or file in path.parents or by == pointer:
            raise BadInput(
                f"DVC has {os.path.relpath(path, top)} by {os.path.relpath(by, top)}",
                "`dvc gc -w` keeps what that file names; leave --pin out",
            )
    if pointer.exists() and not any(output.stage == pointer for output in tracked):
        raise BadInput(
            f"{shown}.dvc is there, and no pointer of DVC's", "move it away, or leave --pin out"
        )
    # --no-index: DVC looks at the patterns alone, also for files that git tracks.
    if git.succeeds(top, "check-ignore", "--quiet", "--no-index", str(pointer)):
        raise BadInput(
            f"git ignores {shown}.dvc, so DVC would not see it",
            f"let it through in .gitignore: `{file.parent.name or '.'}/*` and `!*.dvc`",
        )


def pin(store: Store, top: Path, file: Path, stored: Stored) -> str:
    """Write the pointer beside a file, and DVC's line into ``.gitignore``; say what was written.

    A pointer that DVC made stays as it is but for the content that it names.
    """
    from dvc.utils.serialize import loads_yaml

    pointer = _pointer_of(file)
    content = store.pointer(file.name, stored)
    written = []
    if not git.succeeds(top, "check-ignore", "--quiet", str(file)):
        written.append(store.ignore_in_git(file))
    if pointer.is_file():
        wanted = loads_yaml(content.decode())["outs"][0]
        content = _with_output(pointer, wanted)
    if not pointer.is_file() or pointer.read_bytes() != content:
        _replace(pointer, content, store.root / ".dvc" / "tmp")
        written.append(pointer)
    if not written:
        return ""
    names = " and ".join(os.path.relpath(path, top) for path in reversed(written))
    return f"wrote {names}: commit them"


def _pointer_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.dvc")


def _with_output(pointer: Path, wanted: dict[str, object]) -> bytes:
    """Return a pointer with another output, and all that the user wrote into it besides."""
    from dvc.utils.serialize import dumps_yaml, parse_yaml_for_update

    text = pointer.read_text("utf-8")
    data = parse_yaml_for_update(text, str(pointer))
    output = data["outs"][0]
    before = dict(output)
    for key in {"nfiles", "isexec"} - wanted.keys():
        output.pop(key, None)
    output.update(wanted)
    # The hash of the file itself, which old versions of DVC wrote, no longer holds.
    if output == before:
        return text.encode()
    data.pop("md5", None)
    return str(dumps_yaml(data)).encode()


def _replace(place: Path, content: bytes, folder: Path) -> None:
    """Write a file whole, or not at all, by way of a folder where a half one troubles nobody."""
    folder.mkdir(exist_ok=True)
    half = folder / f"mlops-{place.name}"
    half.write_bytes(content)
    if place.exists():
        shutil.copymode(place, half)
    try:
        half.replace(place)
    except OSError as error:
        half.unlink()
        if error.errno != errno.EXDEV:
            raise
        place.write_bytes(content)  # on another disk
