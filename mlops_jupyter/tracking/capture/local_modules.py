"""Modules of the user's own that were imported: not the standard library, nothing installed."""

from __future__ import annotations

import functools
import importlib.util
import os
import site
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

_OURSELVES = __name__.partition(".")[0]
_INSTALLED = ("site-packages", "dist-packages")


@dataclass(frozen=True)
class LocalModule:
    """A module and the file it was loaded from; `edited` where that has changed since."""

    name: str
    path: Path
    edited: bool


@dataclass(frozen=True)
class _Loaded:
    """What a module was when we first saw it; `spec` tells one (re)load from the next."""

    spec: object
    path: Path | None
    size: int = 0
    mtime_ns: int = 0
    edited: bool = False


_seen: dict[str, _Loaded] = {}


def imported() -> list[LocalModule]:
    """Return the local modules of this process, by name.

    A module is looked at once; from then on its file is only asked whether it has changed.
    """
    found = []
    for name, module in list(sys.modules.items()):
        # Never by getattr: there are modules that import others when they are asked.
        known = getattr(module, "__dict__", None)
        if not isinstance(known, dict) or not isinstance(file := known.get("__file__"), str):
            continue
        if name == "__mp_main__":  # another name of __main__
            continue
        loaded = _seen.get(name)
        spec = known.get("__spec__")
        if loaded is None or loaded.spec is not spec:
            loaded = _seen[name] = _first_look(module, name, file, spec)
        if loaded.path is not None:
            found.append(LocalModule(name, loaded.path, loaded.edited or _changed(loaded)))
    return sorted(found, key=lambda module: module.name)


def _first_look(module: ModuleType, name: str, file: str, spec: object) -> _Loaded:
    if name.partition(".")[0] == _OURSELVES or not _is_local(file):
        return _Loaded(spec, None)
    path = Path(os.path.abspath(file))
    try:
        info = path.stat()
    except OSError:  # out of an archive, or deleted since
        return _Loaded(spec, None)
    edited = _differs_from_cache(module, info.st_size, info.st_mtime_ns)
    return _Loaded(spec, path, info.st_size, info.st_mtime_ns, edited)


def _changed(loaded: _Loaded) -> bool:
    assert loaded.path is not None  # noqa: S101 - asked for local modules alone
    try:
        info = loaded.path.stat()
    except OSError:
        return True
    return (info.st_size, info.st_mtime_ns) != (loaded.size, loaded.mtime_ns)


def _differs_from_cache(module: ModuleType, size: int, mtime_ns: int) -> bool:
    """Whether the compiled file, written at the import, was made of another source."""
    cached = vars(module).get("__cached__")
    if not isinstance(cached, str):
        return False
    try:
        with Path(cached).open("rb") as compiled:
            head = compiled.read(16)
    except OSError:
        return False
    # See PEP 552: magic number, flags (0: by time and size), time, size.
    if len(head) < 16 or head[:4] != importlib.util.MAGIC_NUMBER or any(head[4:8]):
        return False
    made_of = (int.from_bytes(head[8:12], "little"), int.from_bytes(head[12:16], "little"))
    return made_of != (mtime_ns // 1_000_000_000 & 0xFFFFFFFF, size & 0xFFFFFFFF)


def _is_local(file: str) -> bool:
    if file.startswith("<") or any(f"{os.sep}{name}{os.sep}" in file for name in _INSTALLED):
        return False
    return not os.path.abspath(file).startswith(_not_ours())


@functools.cache
def _not_ours() -> tuple[str, ...]:
    """Folders of what is installed. Not all of the prefix: a project may lie inside of that."""
    folders = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    folders |= {sysconfig.get_path("scripts"), *site.getsitepackages(), site.getusersitepackages()}
    folders |= {os.path.dirname(os.__file__)}  # noqa: PTH120 - as the modules have it
    both = {form for folder in folders if folder for form in (folder, os.path.realpath(folder))}
    return tuple(os.path.join(folder, "") for folder in both)  # noqa: PTH118
