"""Where the content of a version is: on this machine, in the DVC remote, or nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mlops_jupyter.data.cache import dvc_store
from mlops_jupyter.data.cache.remotes import remotes
from mlops_jupyter.data.catalog import contents
from mlops_jupyter.errors import MlopsError, NotFound

if TYPE_CHECKING:
    from mlops_jupyter.data.records import DataVersion
    from mlops_jupyter.workspace import Workspace

Place = Literal["cache", "remote", "nowhere", "unknown", "forgotten"]


@dataclass(frozen=True)
class Whereabouts:
    """Where content is, and which remote was asked.

    Attributes
    ----------
    place : {"cache", "remote", "nowhere", "unknown", "forgotten"}
        Unknown: not here, and the remote does not answer.
    remote : str or None
        The remote that was asked; None where none was, or there is none.
    """

    place: Place
    remote: str | None = None


def whereabouts(workspace: Workspace, version: DataVersion) -> Whereabouts:
    """Return where the content of a version is; a remote is asked only where it is not here.

    Examples
    --------
    >>> whereabouts(ws, mlops.data.resolve(ws, "flights@v1")).place
    'cache'
    """
    if version.forgotten is not None:
        return Whereabouts("forgotten")
    try:
        contents.files_of(workspace, version)
    except NotFound:
        return _elsewhere(workspace, version)
    except MlopsError:
        return Whereabouts("unknown")  # its list is damaged, or DVC is
    return Whereabouts("cache")


def _elsewhere(workspace: Workspace, version: DataVersion) -> Whereabouts:
    known = remotes(workspace)
    if not known:
        return Whereabouts("nowhere")
    try:
        with dvc_store.opened(workspace) as store:
            odb = store.repo.cloud.get_remote_odb(name=known[0], command="mlops data show")
            there = bool(odb.fs.exists(odb.oid_to_path(version.hash)))
    except Exception:  # noqa: BLE001 - each file system has errors of its own, without a class in common
        return Whereabouts("unknown", known[0])
    return Whereabouts("remote" if there else "nowhere", known[0])
