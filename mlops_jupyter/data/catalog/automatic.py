"""Automatic versions: copies of what tracked runs have read, named by path and content.

One is a commit under ``refs/mlops/data/<percent-encoded path>/<hash>``, like a named version's but
without a tag: ``data:data/x.csv@3f2a91c0``. Content that is there already is not copied again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter import git
from mlops_jupyter.data.catalog import tags
from mlops_jupyter.data.records import DataVersion, Trailer
from mlops_jupyter.errors import BadInput, Conflict

if TYPE_CHECKING:
    from mlops_jupyter.data.cache.dvc_store import Store, Stored
    from mlops_jupyter.git.refs import State
    from mlops_jupyter.workspace import Workspace

PREFIX = "refs/mlops/data/"
_FOLDER = "refs/mlops/data"
_SHOWN = 8
_REFERENCE = re.compile(r"(?P<path>.+)@(?P<hash>[0-9a-f]{8,32}(\.dir)?)", re.DOTALL)
_LONGEST_PATH = 200  # as a file name below .git, percent-encoded
_INTERNAL = {".git", ".dvc", ".mlops"}

# How to wait for the copies that a process has under way, by process and workspace: what is forked
# off has no thread that ends them.
_under_way: dict[tuple[int, Path], Callable[[], object]] = {}


@dataclass(frozen=True)
class Sighting:
    """What a run has read, as it was then.

    Attributes
    ----------
    path : Path
        The file or folder.
    hash : str
        Its content.
    size : int or None
        Bytes, where they were counted.
    files : mapping of str to str
        Of a folder whose files were read one by one: their hashes, by their path in it.
    """

    path: Path
    hash: str
    size: int | None = None
    files: Mapping[str, str] = field(default_factory=dict)


def is_reference(text: str) -> bool:
    """Whether a reference names content that a run read.

    Examples
    --------
    >>> is_reference("data:data/x.csv@3f2a91c0"), is_reference("data:flights@v1")
    (True, False)
    """
    return _REFERENCE.fullmatch(text.removeprefix("data:")) is not None


def reference(path: str, hash_: str) -> str:
    """Return the reference of content by its path in the workspace.

    Examples
    --------
    >>> reference("data/x.csv", "3f2a91c0d5e8f7b6a4c3d2e1f0a9b8c7")
    'data:data/x.csv@3f2a91c0'
    """
    return f"data:{path}@{hash_[:_SHOWN]}"


def place_of(workspace: Workspace, path: Path) -> str | None:
    """Return the path in the workspace by which a copy is named; None where there is none.

    What lies outside has no place in its git repository, nor a checkout a place to put it; what
    tools keep for themselves is not the user's data.
    """
    root = workspace.root.resolve()
    place = path.parent.resolve() / path.name
    if not place.resolve().is_relative_to(root) or not place.is_relative_to(root):
        return None
    inside = place.relative_to(root)
    parts = {*inside.parts, *place.resolve().relative_to(root).parts}
    name = inside.as_posix()
    if not inside.parts or _INTERNAL & parts or not name.isprintable():
        return None
    return name if len(tags.encode(name)) <= _LONGEST_PATH else None


def read(workspace: Workspace) -> list[DataVersion]:
    """Return the automatic versions of this workspace's files, newest first.

    Examples
    --------
    >>> read(ws)
    []
    """
    top = git.top_level(workspace.root)
    if top is None:
        return []
    below = os.path.relpath(workspace.root.resolve(), top.resolve())
    found = [
        _as_version(content, commit, below)
        for _, commit, content in tags.read_refs(top, PREFIX)
        if content is not None
    ]
    here = [version for version in found if not version.path.startswith("../")]
    return sorted(here, key=lambda version: version.created.timestamp(), reverse=True)


def find(workspace: Workspace, name: str) -> DataVersion | None:
    """Return the automatic version that ``PATH@HASH`` names; None where there is none.

    A copy that this process is still making is waited for.

    Raises
    ------
    BadInput
        Several begin like that.
    """
    wanted = _REFERENCE.fullmatch(name)
    if wanted is None:
        return None

    def named() -> list[DataVersion]:
        return [
            version
            for version in read(workspace)
            if version.path == wanted["path"] and version.hash.startswith(wanted["hash"])
        ]

    found = named()
    if not found and (wait := _under_way.get((os.getpid(), workspace.root))):
        wait()
        found = named()
    if len({version.hash for version in found}) > 1:
        raise BadInput(f"several versions begin with data:{name}", "give more of the hash")
    return found[0] if found else None


def wait_by(workspace: Workspace, wait: Callable[[], object]) -> None:
    """Say how to wait for the copies that this process makes after the cell that read."""
    _under_way[os.getpid(), workspace.root] = wait


def size_of(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder."""
    if not path.is_dir():
        return path.stat().st_size if path.exists() else 0
    return sum(
        os.stat(os.path.join(folder, name)).st_size  # noqa: PTH116, PTH118 - in a hot loop
        for folder, _, names in os.walk(path)
        for name in names
        if os.path.isfile(os.path.join(folder, name))  # noqa: PTH113, PTH118 - as above
    )


def kept_size(versions: Iterable[DataVersion]) -> int:
    """Return the bytes of automatic versions, each content once."""
    sizes = {v.hash: v.size for v in versions if v.forgotten is None}
    return sum(sizes.values())


def refs_state(workspace: Workspace) -> State | None:
    """Return what changes when an automatic version does; None where that cannot be told."""
    top = git.find_top(workspace.root.resolve())
    return git.refs_state(top, _FOLDER) if top is not None else None


def in_git(workspace: Workspace, paths: Sequence[Path]) -> set[Path]:
    """Return those files that git keeps anyway: tracked, and as they are at HEAD."""
    top = git.find_top(workspace.root.resolve())
    if top is None or not paths:
        return set()
    named = {
        Path(os.path.relpath(path.parent.resolve() / path.name, top)).as_posix(): path
        for path in paths
    }
    tracked = named.keys() & set(git.run(top, "ls-files", "-z", "--", *_literal(named)).split("\0"))
    if not tracked or not git.succeeds(top, "rev-parse", "--verify", "--quiet", "HEAD^{commit}"):
        return set()
    words = ("diff", "--name-only", "-z", "--no-ext-diff", "--no-renames", "HEAD", "--")
    changed = git.run(top, *words, *_literal(tracked)).split("\0")
    return {named[name] for name in tracked - set(changed)}


def _literal(names: Iterable[str]) -> list[str]:
    return [f":(top,literal){name}" for name in names]


def keep(workspace: Workspace, sighting: Sighting) -> DataVersion:
    """Copy what a run has read, and give it its ref.

    Raises
    ------
    Conflict
        It is another content now.
    BadInput
        It lies where no version can be, or ``.dvcignore`` says to ignore it.
    ToolFailed
        git refuses, or no space is left.
    """
    from mlops_jupyter.data.cache import dvc_store, sharing, spare
    from mlops_jupyter.data.catalog import pointers

    place = place_of(workspace, sighting.path)
    if place is None:
        raise BadInput(f"{sighting.path} is outside the workspace", "copy it into the workspace")
    root = workspace.root.resolve()
    with dvc_store.opened(workspace) as store, sharing.taking(store.root):
        stored = _put(store, root / place, sighting)
        top = git.top_level(root) or root
        path = (root / place).relative_to(top.resolve()).as_posix()
        content = Trailer(
            name=path,
            version=0,
            path=path,
            hash=stored.hash,
            size=stored.size,
            files=stored.files,
            executable=stored.executable,
            created=datetime.now(UTC),
        )
        tree, _ = pointers.tree_of(store, top, root / place, stored)
        spare.keep_beyond(store, top, stored)
        ref = f"{PREFIX}{tags.encode(path)}/{stored.hash}"
        try:
            commit = tags.commit(top, tree, content, ref)
        except Conflict:  # another process has just kept the same
            commit = git.run(top, "for-each-ref", "--format=%(objectname)", ref)
    return _as_version(content, commit, os.path.relpath(root, top.resolve()))


def _put(store: Store, file: Path, sighting: Sighting) -> Stored:
    """Put the very content into the cache that the run has read."""
    from mlops_jupyter.data.cache.dvc_store import Stored

    if file.is_dir() and not sighting.files:
        stored = store.put(file)
    elif file.is_dir():
        size = sum(_copy(store, file / name, md5) for name, md5 in sighting.files.items())
        stored = store.put_folder(sighting.files, size)
    else:
        size = _copy(store, file, sighting.hash)
        stored = Stored(sighting.hash, size, 1, os.access(file, os.X_OK))
    if stored.hash != sighting.hash:
        raise changed(file)
    return stored


def _copy(store: Store, file: Path, md5: str) -> int:
    """Have a file's content in the cache; return its size."""
    if not store.has(md5) and store.incoming.copy(file, lambda _count: None, wanted=md5).md5 != md5:
        raise changed(file)
    return store.cached(md5).stat().st_size


def changed(file: Path) -> Conflict:
    """Return what to say of a file that is no longer what a run has read."""
    return Conflict(f"{file} has changed since it was read", "run the cell that reads it again")


def _as_version(content: Trailer, commit: str, below: str) -> DataVersion:
    path = Path(os.path.relpath(content.path, below)).as_posix()
    return DataVersion(
        **content.model_dump(exclude={"schema_version", "name", "path", "etag", "still_in"}),
        name=path,
        ref=reference(path, content.hash),
        path=path,
        commit=commit,
        automatic=True,
    )
