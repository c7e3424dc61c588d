"""Looking up data versions: all of them, one by its reference, its bytes."""

from __future__ import annotations

import difflib
import os
import shlex
import unicodedata
from collections.abc import Sequence
from os.path import exists
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter import git, references
from mlops_jupyter.data.catalog import automatic, files_now, pins, tags
from mlops_jupyter.data.records import DataVersion, DataVersions
from mlops_jupyter.errors import BadInput, NotFound, UsageError
from mlops_jupyter.references import Reference

if TYPE_CHECKING:
    from mlops_jupyter.workspace import Workspace

# What the tags of a repository say, for each workspace; the tags themselves are known as long as
# they stay.
_known: dict[Path, tuple[Sequence[tags.Tagged], tuple[DataVersion, ...]]] = {}


def versions(
    workspace: Workspace,
    name: str | None = None,
    *,
    limit: int | None = 50,
    all: bool = False,  # noqa: A002 - the option's name
) -> DataVersions:
    """List data versions, newest first.

    Parameters
    ----------
    workspace : Workspace
        Where.
    name : str, optional
        Only this data's versions.
    limit : int, optional
        At most so many; None for no limit.
    all : bool
        Also the automatic ones: what tracked runs have read. Their name is their path.

    Returns
    -------
    DataVersions
        The versions, each with whether the workspace's file is still the same.

    Raises
    ------
    NotFound
        There is no data of that name.
    UsageError
        The limit is below 1.

    Examples
    --------
    >>> import mlops_jupyter as mlops
    >>> ws = mlops.Workspace.find()
    >>> [version.ref for version in mlops.data.versions(ws, "flights").versions]
    ['data:flights@v1']
    """
    if limit is not None and limit < 1:
        raise UsageError(f"limit is {limit}", "give a number from 1 on")
    if name is not None:
        name = references.parse(name, "data").name
    found = read(workspace)
    if all:
        found += automatic.read(workspace)
    if name is not None:
        known = {version.name: version.path for version in found}
        found = [version for version in found if version.name == name]
        if not found:
            raise _unknown_name(workspace, name, known)
    shown = _with_rows(workspace, found[:limit])
    return DataVersions(
        name=name,
        versions=tuple(files_now.with_file_now(workspace, shown, read(workspace))),
        more=len(found) - len(shown),
        unpinned=len(pins.unpinned(workspace, found)),
    )


def resolve(workspace: Workspace, reference: str | Reference) -> DataVersion:
    """Return the data version that a reference names.

    Parameters
    ----------
    workspace : Workspace
        Where.
    reference : str or Reference
        ``data:NAME@vN`` or ``data:NAME@LABEL``, the prefix may be missing; without them the
        newest.

    Raises
    ------
    NotFound
        There is none.
    UsageError
        It is no reference to data.

    Examples
    --------
    >>> resolve(ws, "flights@v1").path
    'data/flights.parquet'
    """
    return _with_rows(workspace, [_resolved(workspace, reference)])[0]


def _resolved(workspace: Workspace, reference: str | Reference) -> DataVersion:
    wanted = references.parse(str(reference), "data")
    all_versions = read(workspace)
    named = [version for version in all_versions if version.name == wanted.name]
    if not named and (kept := automatic.find(workspace, wanted.name)):
        return kept
    if not named:
        return _labelled(workspace, wanted, all_versions)
    if wanted.number is None:
        return max(named, key=lambda version: version.version)
    for version in named:
        if version.version == wanted.number:
            return version
    newest = max(version.version for version in named)
    raise NotFound(
        f"there is no {wanted}", f"the newest is {Reference('data', wanted.name, str(newest))}"
    )


def path_of(workspace: Workspace, reference: str | Reference) -> Path:
    """Return a file with a version's content, straight from the cache. Do not write to it.

    Its name is a hash: the format is told by ``resolve(...).path``.

    Raises
    ------
    NotFound
        There is no such version, or its content is not on this machine, or was forgotten.
    BadInput
        The version is a folder.

    Examples
    --------
    >>> path_of(ws, "data:flights@v1")
    PosixPath('.../.dvc/cache/files/md5/...')
    """
    from mlops_jupyter.data.cache import dvc_store
    from mlops_jupyter.data.catalog.contents import refuse_forgotten

    version = resolve(workspace, reference)
    refuse_forgotten(version)
    if version.is_folder:
        raise BadInput(
            f"{version.ref} is a folder; a file is needed here",
            f"bring it where it can be read: `mlops data checkout {version.ref} --to FOLDER`",
        )
    path = dvc_store.cached_path(workspace, version.hash)
    if not path.is_file():
        raise NotFound(
            f"the content of {version.ref} is not on this machine",
            f"fetch it from the DVC remote: `mlops data pull {version.ref}`",
        )
    return path


def matching(workspace: Workspace, hash_: str) -> list[str]:
    """Return the references of all versions with this content, newest first.

    Examples
    --------
    >>> matching(ws, resolve(ws, "flights@v1").hash)
    ['data:flights@v1']
    """
    return [version.ref for version in read(workspace) if version.hash == hash_]


def read(workspace: Workspace) -> list[DataVersion]:
    """Return all versions, newest first, without a look at the workspace's files."""
    top = git.find_top(workspace.root.resolve()) or git.top_level(workspace.root)
    if top is None:
        return []
    tagged = tags.read_all(top)
    known = _known.get(workspace.root)
    if known is None or known[0] is not tagged:
        known = tagged, tuple(as_versions(workspace, top, tagged))
        _known[workspace.root] = known
    return list(known[1])


def as_versions(
    workspace: Workspace, top: Path, tagged: Sequence[tags.Tagged]
) -> list[DataVersion]:
    """Return what tags say as versions, newest first; `tagged` is oldest first."""
    below = os.path.relpath(workspace.root.resolve(), top.resolve())
    paths: dict[str, str] = {}
    found = []
    for tag in reversed(tagged):
        content = tag.content
        if content is None:
            continue
        if content.path not in paths:
            paths[content.path] = Path(os.path.relpath(content.path, below)).as_posix()
        found.append(
            DataVersion(
                **content.model_dump(exclude={"schema_version", "name", "version", "path"}),
                name=tag.name,
                version=tag.version,
                ref=str(Reference("data", tag.name, str(tag.version))),
                path=paths[content.path],
                commit=tag.commit,
                labels=tag.labels,
            )
        )
    return _with_same_as(found)


def _with_same_as(newest_first: list[DataVersion]) -> list[DataVersion]:
    """Say of each version which older one of its name has the same content."""
    seen: dict[tuple[str, str], int] = {}
    marked = []
    for version in reversed(newest_first):
        key = (version.name, version.hash)
        same = seen.setdefault(key, version.version)
        marked.append(
            version if same == version.version else version.model_copy(update={"same_as": same})
        )
    return marked[::-1]


def _with_rows(workspace: Workspace, found: list[DataVersion]) -> list[DataVersion]:
    from mlops_jupyter.data.profile import asking

    return asking.with_rows(workspace, found)


def _labelled(workspace: Workspace, wanted: Reference, known: list[DataVersion]) -> DataVersion:
    """Return the version that has a label, where the name alone is nothing that is known."""
    name, at, label = wanted.name.rpartition("@")
    named = [version for version in known if version.name == name]
    if wanted.version is not None or not at or not named:
        raise _unknown_name(workspace, wanted.name, {v.name: v.path for v in known})
    label = unicodedata.normalize("NFC", label)
    for version in named:
        if label in version.labels:
            return version
    there = sorted(label for version in named for label in version.labels)
    raise NotFound(
        f"no version of {name!r} is tagged {label!r}",
        f"there are: {', '.join(there)}"
        if there
        else f"tag its newest by `mlops data snapshot {shlex.quote(named[0].path)} --tag LABEL`",
    )


def _unknown_name(workspace: Workspace, name: str, known: dict[str, str]) -> NotFound:
    missing = f"there is no data {name!r}"
    by_path = [other for other, path in known.items() if name in (path, Path(path).name)]
    places = [base / name for base in (Path.cwd(), workspace.root)]
    place = next(filter(exists, places), None)
    if place is not None:
        shown = os.path.relpath(place.resolve(), workspace.root.resolve())
        by_path = [other for other, path in known.items() if path == shown]
        if not by_path:
            keep = f"mlops data snapshot {shlex.quote(os.path.relpath(place))}"
            hint = f"that is a path without a version: read it itself, or keep it first: `{keep}`"
            return NotFound(missing, hint)
    if not known:
        return NotFound(missing, "make a version with `mlops data snapshot PATH`")
    close = by_path or difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(sorted(known))}"
    return NotFound(missing, hint)
