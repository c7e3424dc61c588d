"""The two sides of a comparison: which state of which data, and its files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter import references
from mlops_jupyter.data.catalog import history
from mlops_jupyter.data.catalog.contents import KeptFile, files_of, refuse_forgotten
from mlops_jupyter.data.comparing.records import DataSide
from mlops_jupyter.data.reading import tables
from mlops_jupyter.errors import BadInput, NotFound, UsageError

if TYPE_CHECKING:
    from mlops_jupyter.data.records import DataVersion
    from mlops_jupyter.workspace import Workspace

Name = str | os.PathLike[str]


@dataclass(frozen=True)
class Source:
    """One side, before it is read.

    Attributes
    ----------
    label : str
        What it was named by.
    place : str
        Where it lies, or lay.
    size, count : int
        Bytes, and number of files.
    files : tuple of KeptFile
        Its files, sorted by name; the hash is empty for those of the workspace.
    version : DataVersion or None
        The version that it is.
    path : Path or None
        Where it is now, where it is no version.
    """

    label: str
    place: str
    size: int
    count: int
    files: tuple[KeptFile, ...]
    version: DataVersion | None = None
    path: Path | None = None

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.version.is_folder if self.version else bool(self.path and self.path.is_dir())

    @property
    def tables(self) -> tuple[KeptFile, ...]:
        """Those files that hold the table: all of one format; none where there is no such."""
        found = [file for file in self.files if tables.format_of([file.name])]
        return tuple(found) if tables.format_of([file.name for file in found]) else ()


def both(workspace: Workspace, names: Sequence[Name]) -> tuple[Source, Source]:
    """Return what is compared with what.

    Parameters
    ----------
    workspace : Workspace
        Where.
    names : sequence of str or path
        Old and new. One alone: a version is held against the one before it, an only version
        against the file as it is now, a file against its newest version.

    Raises
    ------
    UsageError
        Too many, or the same twice.
    NotFound
        There is no such version or file, it was forgotten, or nothing to hold a single one against.
    """
    if isinstance(names, str | os.PathLike):
        names = [names]
    if not 1 <= len(names) <= 2:
        raise UsageError(
            f"data is compared two by two, and these are {len(names)}",
            "`mlops compare data:NAME@v1 data:NAME@v2`",
        )
    sources = [_source(workspace, name) for name in names]
    if len(sources) == 1:
        if (now := _file_of_only(workspace, sources[0])) is not None:
            return sources[0], now
        return _before(workspace, sources[0]), sources[0]
    old, new = sources
    if old.label == new.label or (old.path and new.path and old.path.samefile(new.path)):
        raise UsageError(
            f"{names[0]} and {names[1]} are the same",
            f"`mlops compare {names[0]}` compares it with what was before",
        )
    return old, new


def are_identical(workspace: Workspace, old: Source, new: Source) -> bool:
    """Say whether both are the same to the byte; what has the same size is read for it."""
    if old.version and new.version:
        return old.version.hash == new.version.hash
    if (old.size, old.count) != (new.size, new.count):
        return False
    if old.version is None and new.version is None:
        return _same_bytes(old, new)
    version, other = (old.version, new) if old.version else (new.version, old)
    assert version is not None  # noqa: S101 - one of them is a version
    return _hash_now(workspace, other) == version.hash


def side_of(source: Source, *, rows: int | None = None, columns: int | None = None) -> DataSide:
    """Return what is told of one side."""
    version = source.version
    return DataSide(
        label=source.label,
        path=source.place,
        hash=version.hash if version else None,
        size=source.size,
        files=source.count,
        rows=version.rows if version and rows is None else rows,
        columns=columns,
        created=version.created if version else None,
    )


def _source(workspace: Workspace, name: Name) -> Source:
    reference = references.parse(name) if isinstance(name, str) else None
    if reference is None:
        return _at_path(workspace, Path(name))
    if reference.kind == "path":
        return _at_path(workspace, Path(reference.name).expanduser())
    if reference.kind != "data":
        raise UsageError(
            f"{reference} is a {reference.kind}; data is compared here",
            "name a data: version or a path",
        )
    return _of_version(workspace, history.resolve(workspace, reference))


def _of_version(workspace: Workspace, version: DataVersion) -> Source:
    refuse_forgotten(version)
    try:
        files = tuple(files_of(workspace, version))
    except NotFound:
        files = ()  # its profile may be
    return Source(
        label=version.ref,
        place=version.path,
        size=version.size,
        count=version.files,
        files=files,
        version=version,
    )


def _at_path(workspace: Workspace, path: Path) -> Source:
    label = _label(workspace, path)
    if not path.exists():
        raise NotFound(
            f"there is no {label}",
            "a path counts from the current folder; a version is written data:NAME@vN",
        )
    files = [KeptFile(path.name, path, "")]
    if path.is_dir():
        files = [
            KeptFile(file.relative_to(path).as_posix(), file, "")
            for file in sorted(path.rglob("*"))
            if file.is_file() and not any(p[0] == "." for p in file.relative_to(path).parts)
        ]
    elif not path.is_file():
        raise BadInput(f"{label} is neither a file nor a folder", "name one of these")
    if not files:
        raise BadInput(f"{label} is an empty folder", "there is nothing to compare")
    size = sum(file.path.stat().st_size for file in files)
    return Source(label, label, size, len(files), tuple(files), path=path)


def _file_of_only(workspace: Workspace, source: Source) -> Source | None:
    """Return the file as it is now, for the only version of a name."""
    version = source.version
    if version is None or not (workspace.root / version.path).exists():
        return None
    of_name = [other for other in history.read(workspace) if other.name == version.name]
    return _at_path(workspace, workspace.root / version.path) if len(of_name) == 1 else None


def _before(workspace: Workspace, source: Source) -> Source:
    """Return what a single side is held against."""
    version = source.version
    if version is not None:
        older = [
            other
            for other in history.read(workspace)
            if other.name == version.name and other.version < version.version
        ]
        if not older:
            raise NotFound(
                f"there is no version before {version.ref}",
                f"hold it against a file: `mlops compare {version.ref} {version.path}`",
            )
        return _of_version(workspace, max(older, key=lambda other: other.version))
    of_path = [other for other in history.read(workspace) if other.path == source.label]
    if not of_path:
        raise NotFound(
            f"{source.label} has no version to hold it against",
            f"name the older state first: `mlops compare OLD {source.label}`",
        )
    return _of_version(workspace, of_path[0])


def _same_bytes(old: Source, new: Source) -> bool:
    import filecmp

    if old.is_folder and [file.name for file in old.files] != [file.name for file in new.files]:
        return False
    return all(
        filecmp.cmp(before.path, after.path, shallow=False)
        for before, after in zip(old.files, new.files, strict=True)
    )


def _hash_now(workspace: Workspace, source: Source) -> str | None:
    from mlops_jupyter.data.cache import dvc_store

    assert source.path is not None  # noqa: S101 - it is no version
    if not source.path.resolve().is_relative_to(workspace.root.resolve()):
        return None
    with dvc_store.opened(workspace) as store:
        return store.hash_of(source.path)


def with_hashes(source: Source) -> Source:
    """Return the same with the hash of each file."""
    import hashlib

    def hashed(file: KeptFile) -> KeptFile:
        with file.path.open("rb") as content:
            digest = hashlib.file_digest(content, lambda: hashlib.md5(usedforsecurity=False))
        return replace(file, hash=digest.hexdigest())

    return replace(source, files=tuple(f if f.hash else hashed(f) for f in source.files))


def _label(workspace: Workspace, path: Path) -> str:
    """Name a file from the workspace where it is inside, else as it was given."""
    try:
        return path.resolve().relative_to(workspace.root.resolve()).as_posix()
    except ValueError:
        return str(path)
