"""Which versions are meant, and which contents they need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlops_jupyter.data.catalog import automatic, history
from mlops_jupyter.errors import NotFound, UsageError

if TYPE_CHECKING:
    from mlops_jupyter.data.cache.dvc_store import Store
    from mlops_jupyter.data.records import DataVersion
    from mlops_jupyter.references import Reference
    from mlops_jupyter.workspace import Workspace


def versions_of(
    workspace: Workspace,
    references: Sequence[str | Reference],
    *,
    everything: bool,
    newest: bool = False,
) -> list[DataVersion]:
    """Return the versions that are meant, each once.

    Parameters
    ----------
    workspace : Workspace
        Where.
    references : sequence of str or Reference
        Those asked for; all explicit ones where there are none.
    everything : bool
        Also what was kept automatically.
    newest : bool
        Without references, only the newest version of each name.

    Raises
    ------
    NotFound
        One of them is not there, or was forgotten.
    UsageError
        Both some and all are asked for.
    """
    if references and everything:
        raise UsageError("these versions, or all?", "leave out the references, or --all")
    if references:
        found = [history.resolve(workspace, reference) for reference in references]
        for version in found:
            if version.forgotten is not None:
                raise NotFound(f"{version.ref} was forgotten", "its content is gone for good")
        return list({version.ref: version for version in found}.values())
    known = [version for version in history.read(workspace) if version.forgotten is None]
    if everything:
        return [*known, *automatic.read(workspace)]
    if newest:
        return list({version.name: version for version in sorted(known, key=_number)}.values())
    return known


def _number(version: DataVersion) -> int:
    return version.version


def needed(store: Store, version: DataVersion) -> set[str]:
    """Return the hashes of a version's contents, as far as the cache knows them.

    Of a folder whose list is not here, that is the list alone.
    """
    if version.is_folder and store.has(version.hash):
        return {version.hash, *store.listing(version.hash).values()}
    return {version.hash}


def listed(store: Store, hash_: str) -> set[str]:
    """Return the hashes of the files that a list of a folder names."""
    return set(store.listing(hash_).values())
