"""The data of a run in a copy: the very content that was read, out of DVC's cache."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_jupyter.data.cache import dvc_store
from mlops_jupyter.errors import BadInput, MlopsError
from mlops_jupyter.reproducing.code import is_plain
from mlops_jupyter.tracking import tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlops_jupyter.data.cache.dvc_store import Store
    from mlops_jupyter.reproducing.copies import Copy
    from mlops_jupyter.tracking.run_parts import DataInput
    from mlops_jupyter.workspace import Workspace

# What is larger is linked where the file system can: a copy of it would take its time and room.
LINK_FROM = 50_000_000
_INTERNAL = {".git", ".dvc", ".mlops"}
_NOTHING_TO_BRING = ("frame", "builtin", "sql", "url")


@dataclass
class Inputs:
    """Brings what a run read into a copy.

    Attributes
    ----------
    missing : list of str
        What cannot be brought back, and why.
    linked : dict
        Files of the cache that the copy has links to, and how they looked before.
    """

    workspace: Workspace
    copy: Copy
    written: frozenset[str] = frozenset()
    missing: list[str] = field(default_factory=list)
    linked: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def restore(self, inputs: Iterable[DataInput]) -> None:
        """Bring all of them; what a run was not built on may be missing, which is said."""
        wanted = list(inputs)
        try:
            with dvc_store.opened(self.workspace) as store:
                _share_cache(store, self.workspace, self.copy)
                for entry in wanted:
                    self._restore(store, entry)
                if not any(entry.kind in ("file", "folder") for entry in wanted):
                    self._of_pointers(store)
        except BadInput:  # no DVC: there are no versions
            for entry in wanted:
                self._restore(None, entry)

    def damaged(self) -> list[str]:
        """Return the files of the cache that the notebook has written to through a link."""
        return [str(path) for path, look in self.linked.items() if _look(path) != look]

    def _restore(self, store: Store | None, entry: DataInput) -> None:
        if entry.kind == "sql":
            self._database(entry)
        if entry.kind in _NOTHING_TO_BRING or not entry.source:
            return
        if entry.kind is None and not entry.digest:
            return
        if Path(entry.source).is_absolute():
            self._where_it_is(entry)
            return
        target = self._target(entry.source)
        if target is None:
            self._lacks(entry, "its path leads out of the workspace")
            return
        if store is not None and self._from_cache(store, entry.digest, target, entry.source):
            return
        if self._is_there(target, entry.digest):
            return
        reason = self._as_it_is_now(store, entry, target)
        if reason:
            self._lacks(entry, reason)

    def _target(self, source: str) -> Path | None:
        if not is_plain(source) or {part.casefold() for part in Path(source).parts} & _INTERNAL:
            return None
        return self.copy.inside(source, self.copy.root)

    def _from_cache(self, store: Store, digest: str, target: Path, source: str) -> bool:
        """Take content by its hash: what a version's name says now does not matter."""
        if not _is_md5(digest) or not store.has(digest):
            return False
        if not digest.endswith(".dir"):
            self._put(store.cached(digest), target, self._is_written(source))
            return True
        files = store.listing(digest)
        if not all(is_plain(name) and store.has(md5) for name, md5 in files.items()):
            return False
        for name, md5 in files.items():
            self._put(store.cached(md5), target / name, self._is_written(f"{source}/{name}"))
        return True

    def _as_it_is_now(self, store: Store | None, entry: DataInput, target: Path) -> str:
        """Take the workspace's own file where it is still the same; else return why not."""
        now = self.workspace.root / entry.source
        named = f"no version of it is kept ({entry.version})" if entry.version else (
            "no version of it is kept"
        )  # fmt: skip
        if not os.path.lexists(now):
            return f"{named}, and it is gone"
        try:
            same = (store.hash_of(now) if store else _md5(now)) == entry.digest
        except (MlopsError, OSError) as error:
            return f"{named}, and it cannot be read: {error}"
        if not same:
            return f"{named}, and it has changed since"
        if now.is_dir():
            for file in sorted(now.rglob("*")):
                if file.is_file():
                    self._put(file, target / file.relative_to(now), writable=True)
        else:
            self._put(now, target, writable=True)
        return ""

    def _where_it_is(self, entry: DataInput) -> None:
        """Hold what lies outside the workspace against what was read: it is read there again."""
        path = Path(entry.source)
        try:
            same = path.is_file() and _md5(path) == entry.digest
        except OSError:
            same = False
        if not same and path.is_file():
            self._lacks(entry, "it lies outside the workspace, and has changed since")
        elif not same and not path.is_dir():
            self._lacks(entry, "it lay outside the workspace, and is gone")

    def _database(self, entry: DataInput) -> None:
        """Bring the file of a database as it is now: only its answers are recorded."""
        name = entry.source.partition("://")[2].lstrip("/") or entry.source.rpartition(":")[2]
        target = self._target(name)
        now = self.workspace.root / name
        if target is None or target.exists() or not now.is_file():
            return
        self._put(now, target, writable=True)
        self.copy.notes.append(
            f"the database {name} is as it is now: what it answers is compared, not brought back"
        )

    def _of_pointers(self, store: Store) -> None:
        """Bring what DVC's own files of the commit point to, where no reads are recorded."""
        for pointer in (*self.copy.root.rglob("*.dvc"), *self.copy.root.rglob("dvc.lock")):
            if ".git" in pointer.parts or not pointer.is_file():
                continue
            for path, md5 in _pointed_to(pointer):
                source = os.path.relpath(pointer.parent / path, self.copy.root)
                target = self._target(Path(source).as_posix())
                if target is not None and not target.exists():
                    self._from_cache(store, md5, target, source)

    def _is_written(self, source: str) -> bool:
        return Path(source).as_posix() in self.written

    def _is_there(self, target: Path, digest: str) -> bool:
        return target.is_file() and _md5(target) == digest

    def _put(self, content: Path, target: Path, writable: bool = False) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_symlink() or target.exists():
            target.unlink()
        if content.stat().st_size >= LINK_FROM:
            how = _link(content, target, writable)
            if how in ("hardlink", "symlink"):
                self.linked[content] = _look(content)
            if how:
                return
        shutil.copyfile(content, target)
        target.chmod(0o644)

    def _lacks(self, entry: DataInput, why: str) -> None:
        said = f"{entry.source}: {why}"
        if entry.context == tags.EARLIER:
            self.copy.notes.append(f"{said}; a cell that the run does not build on read it")
        else:
            self.missing.append(said)


def _share_cache(store: Store, workspace: Workspace, copy: Copy) -> None:
    """Give the copy the user's cache, beside DVC's settings of its commit."""
    above = os.path.relpath(store.root.resolve(), workspace.root.resolve())
    folder = Path(os.path.normpath(copy.root / above)) / ".dvc"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config").touch()
    cache = store.cache_folder.parent.parent
    (folder / "config.local").write_text(f"[cache]\n    dir = {cache}\n", encoding="utf-8")


def _link(content: Path, target: Path, writable: bool) -> str:
    """Link content, as DVC does; return how, empty where it has to be copied."""
    from dvc_objects.fs import system

    ways: Mapping[str, Any] = {
        "reflink": system.reflink,
        **({} if writable else {"hardlink": system.hardlink, "symlink": system.symlink}),
    }
    for name, way in ways.items():
        with contextlib.suppress(OSError, NotImplementedError):
            way(str(content), str(target))
            return name
    return ""


def _pointed_to(pointer: Path) -> list[tuple[str, str]]:
    """Return paths and hashes of outputs that a file of DVC's names."""
    import yaml

    try:
        content = yaml.safe_load(pointer.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError, RecursionError):
        return []
    if not isinstance(content, dict):
        return []
    stages = content.get("stages")
    holders = [content, *(stages.values() if isinstance(stages, dict) else ())]
    outs = [out for holder in holders if isinstance(holder, dict) for out in _outs(holder)]
    return [
        (out["path"], out["md5"])
        for out in outs
        if isinstance(out.get("path"), str) and isinstance(out.get("md5"), str)
    ]


def _outs(holder: dict[str, Any]) -> list[dict[str, Any]]:
    found = holder.get("outs")
    return [out for out in found if isinstance(out, dict)] if isinstance(found, list) else []


def _is_md5(digest: str) -> bool:
    plain = digest.removesuffix(".dir")
    return len(plain) == 32 and set(plain) <= set("0123456789abcdef")


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _look(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_size, found.st_mtime_ns
