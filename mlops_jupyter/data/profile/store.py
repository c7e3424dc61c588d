"""Where profiles lie, and what waits to be made: files under ``.mlops/profiles/``.

```
<hash>.json          a profile
waiting/<hash>.json  a version whose profile is to be made, and how often that was tried
work/                what the job has not in memory; emptied by the next
lock                 held by the job while it works
log                  what the last job had to say: nothing, if all went well
```
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from mlops_jupyter import own_files
from mlops_jupyter.data.profile.records import Profile
from mlops_jupyter.data.records import DataVersion
from mlops_jupyter.results import Record

if TYPE_CHECKING:
    from filelock import BaseFileLock

    from mlops_jupyter.workspace import Workspace

_HASH = re.compile(r"[0-9a-f]{32}(\.dir)?")
_HEAD = re.compile(rb'\{"hash":"[0-9a-f]{32}(?:\.dir)?","rows":(?P<rows>[0-9]+|null),')
_HEAD_BYTES = 100
_LONGEST = 64 * 2**20  # bytes; a table of 1,000 columns takes half a megabyte


class Waiting(Record):
    """A version whose profile is to be made."""

    version: DataVersion
    tried: int = 0


def folder(workspace: Workspace) -> Path:
    """Return the folder of all profiles."""
    return workspace.state_dir / "profiles"


def work_folder(workspace: Workspace) -> Path:
    """Return the folder for what does not fit into memory."""
    return folder(workspace) / "work"


def read(workspace: Workspace, hash_: str) -> Profile | None:
    """Return the profile of content; None where there is none that can be read."""
    file = _file(workspace, hash_)
    try:
        if file is None or file.stat().st_size > _LONGEST:
            return None
        found = Profile.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return None  # it can be made again
    return found if found.hash == hash_ else None


def write(workspace: Workspace, profile: Profile) -> None:
    """Keep a profile, and take its version off the list of what waits."""
    file = _file(workspace, profile.hash)
    assert file is not None  # noqa: S101 - checked where it was asked for
    _write(file, profile.model_dump_json())
    drop(workspace, profile.hash)


def rows(workspace: Workspace, hash_: str) -> int | None:
    """Return the rows of a table by its profile's first bytes: lists ask this of many."""
    file = _file(workspace, hash_)
    try:
        if file is None:
            return None
        with file.open("rb") as opened:
            head = _HEAD.match(opened.read(_HEAD_BYTES))
    except OSError:
        return None
    return int(head["rows"]) if head and head["rows"] != b"null" else None


def has(workspace: Workspace, hash_: str) -> bool:
    """Return whether there is a profile, without reading it."""
    file = _file(workspace, hash_)
    return file is not None and file.is_file()


def enqueue(workspace: Workspace, waiting: Waiting) -> None:
    """Put a version on the list of what waits, or write down that it was tried once more."""
    if _HASH.fullmatch(waiting.version.hash):
        _write(_waiting(workspace, waiting.version.hash), waiting.model_dump_json())


def drop(workspace: Workspace, hash_: str) -> None:
    """Take a version off the list of what waits."""
    _waiting(workspace, hash_).unlink(missing_ok=True)


def waits(workspace: Workspace, hash_: str) -> bool:
    """Return whether a version is on the list."""
    return bool(_HASH.fullmatch(hash_)) and _waiting(workspace, hash_).is_file()


def waiting(workspace: Workspace) -> list[Waiting]:
    """Return what waits, those tried least first, then the smallest: most are served soonest."""
    found = []
    for file in (folder(workspace) / "waiting").glob("*.json"):
        try:
            found.append(Waiting.model_validate_json(file.read_bytes()))
        except FileNotFoundError:
            continue
        except ValidationError:
            file.unlink(missing_ok=True)  # of another version of this package: asked for anew
    return sorted(found, key=lambda each: (each.tried, each.version.size))


def lock(workspace: Workspace) -> BaseFileLock:
    """Return the lock that is held while profiles are made."""
    from filelock import FileLock

    folder(workspace).mkdir(parents=True, exist_ok=True)
    return FileLock(folder(workspace) / "lock")


def is_at_work(workspace: Workspace) -> bool:
    """Return whether a process makes profiles now."""
    from filelock import Timeout

    try:
        with lock(workspace).acquire(blocking=False):
            return False
    except Timeout:
        return True
    except OSError:
        return False  # it cannot be locked here, so none holds it


def _write(file: Path, content: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with own_files.being_written(file) as unfinished:
        unfinished.write_text(content, encoding="utf-8")


def _file(workspace: Workspace, hash_: str) -> Path | None:
    return folder(workspace) / f"{hash_}.json" if _HASH.fullmatch(hash_) else None


def _waiting(workspace: Workspace, hash_: str) -> Path:
    return folder(workspace) / "waiting" / f"{hash_}.json"
