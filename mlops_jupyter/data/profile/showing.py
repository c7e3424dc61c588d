"""Looking at one data version."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from mlops_jupyter.data.catalog import by_dvc, files_now, history
from mlops_jupyter.data.catalog.contents import files_of
from mlops_jupyter.data.catalog.whereabouts import Place, whereabouts
from mlops_jupyter.data.profile import asking
from mlops_jupyter.data.profile.details import FILES, DataDetails
from mlops_jupyter.errors import NotFound
from mlops_jupyter.results import Event, Events, ignore_events

if TYPE_CHECKING:
    from mlops_jupyter.data.records import DataVersion
    from mlops_jupyter.references import Reference
    from mlops_jupyter.workspace import Workspace

_PATIENCE_S = 3.0
_KEPT = ("cache", "remote", "unknown")
_RESTORED_BY = {"cache": "checkout", "remote": "pull", "unknown": "pull"}


def show(
    workspace: Workspace,
    reference: str | Reference,
    *,
    wait: bool = False,
    all: bool = False,  # noqa: A002 - the option's name
    events: Events = ignore_events,
) -> DataDetails:
    """Show a data version: where it is, what brings it back, and what is in it.

    What is in it (rows, columns, missing and distinct values, ranges, quantiles, frequent
    values) is counted once, in the background, and kept: it is shown also when the content is
    gone from this machine.

    Parameters
    ----------
    workspace : Workspace
        Where.
    reference : str or Reference
        ``data:NAME@vN``; without ``@vN`` the newest.
    wait : bool
        Wait until it is counted, however long; else three seconds. What failed is tried again.
    all : bool
        Show all columns of a wide table, not the first 50 alone.
    events : callable
        Takes what is being done.

    Returns
    -------
    DataDetails
        The version and its profile.

    Raises
    ------
    NotFound
        There is no such version.

    Examples
    --------
    >>> import mlops_jupyter as mlops
    >>> ws = mlops.Workspace.find()
    >>> details = mlops.data.show(ws, "flights@v1", wait=True)
    >>> [(column.name, column.distinct) for column in details.profile.columns]
    [('carrier', 3), ..., ('late', 2)]
    """
    found = [history.resolve(workspace, reference)]
    (version,) = files_now.with_file_now(workspace, found, history.read(workspace))
    where = whereabouts(workspace, version)
    if where.place == "cache" and asking.state(workspace, version) != "ready":
        events(Event(f"Counting what is in {version.ref}"))
    profile = asking.profile_of(workspace, version, wait=None if wait else _PATIENCE_S, anew=wait)
    (version,) = asking.with_rows(workspace, [version])
    state = asking.state(workspace, version)
    if profile is None and state == "none" and where.place == "cache":
        state = "pending"  # its process is only about to start
    return DataDetails(
        version=version,
        place=where.place,
        remote=where.remote,
        restore=_restored_by(version.ref, where.place),
        by_dvc=by_dvc.here(workspace, version) if where.place == "cache" else [],
        by_dvc_in_clone=by_dvc.in_clone(workspace, version) if where.place in _KEPT else [],
        profile_state=state,
        profile=profile,
        files=_first_files(workspace, version) if where.place == "cache" else (),
        all=all,
    )


def _first_files(workspace: Workspace, version: DataVersion) -> tuple[str, ...]:
    if not version.is_folder:
        return ()
    try:
        return tuple(file.name for file in files_of(workspace, version)[:FILES])
    except NotFound:
        return ()  # removed meanwhile


def _restored_by(ref: str, place: Place) -> str:
    verb = _RESTORED_BY.get(place)
    return f"mlops data {verb} {shlex.quote(ref)}" if verb else ""
