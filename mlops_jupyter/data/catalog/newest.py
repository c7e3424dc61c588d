"""Whether data has a newer version: asked for many runs at once, so git is read once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.data.catalog import history

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops_jupyter.data.records import DataVersion
    from mlops_jupyter.workspace import Workspace


class Newest:
    """The versions that somebody has named, and which of them are the newest.

    Parameters
    ----------
    versions : sequence of DataVersion
        Of any data, in any order. Automatic ones and those that were forgotten count for nothing:
        nobody can train on them anew.

    Attributes
    ----------
    versions : tuple of DataVersion
        Those with a name, the highest number first.
    """

    def __init__(self, versions: Sequence[DataVersion]) -> None:
        named = sorted(
            (each for each in versions if not each.automatic), key=lambda each: each.version
        )
        self._by_ref = {each.ref: each for each in named}
        self._newest = {each.name: each for each in named if each.forgotten is None}
        self._by_content = {(each.path, each.hash): each for each in named}
        self.versions = tuple(reversed(named))

    def version(self, ref: str) -> DataVersion | None:
        """Return the version of a reference as lists write it; None where there is none here."""
        return self._by_ref.get(ref)

    def with_content(self, path: str, hash_: str) -> DataVersion | None:
        """Return the newest version that kept this content of a path."""
        return self._by_content.get((path, hash_))

    def newer(self, version: DataVersion) -> DataVersion | None:
        """Return the newest version, where it came later and has another content."""
        newest = self._newest.get(version.name)
        if newest is None or newest.version <= version.version or newest.hash == version.hash:
            return None
        return newest


def named(workspace: Workspace) -> tuple[DataVersion, ...]:
    """Return the versions that somebody has named, the highest number first."""
    return newest(workspace).versions


def newest(workspace: Workspace) -> Newest:
    """Return what git knows of all versions; it is not asked again where no tag has changed.

    Raises
    ------
    ToolFailed
        git is missing or refuses.

    Examples
    --------
    >>> known = newest(ws)
    >>> known.newer(known.version("data:flights@v1")) is None
    True
    """
    return Newest(history.read(workspace))
