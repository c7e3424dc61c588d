"""``mlops runs push`` and ``pull``: runs through the DVC remote.

Each state of a run is a bundle of its own, named by the moment it was described and its content:
``mlops-runs/e-EXPERIMENT/UID/MOMENT-DIGEST.zip``. The newest one counts. In place of earlier ones
an empty file with the same name but ``.seen`` stays, so that a clone that still has that state
does not push it as news.
"""

from __future__ import annotations

import re
import tempfile
import urllib.parse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter.data.cache import remote_files
from mlops_jupyter.results import Event, Events, ignore_events
from mlops_jupyter.tracking.store.opening import client as open_client
from mlops_jupyter.tracking.transfer import bundles
from mlops_jupyter.tracking.transfer.chosen import choose
from mlops_jupyter.tracking.transfer.merging import Target, merge
from mlops_jupyter.tracking.transfer.moving import Tally
from mlops_jupyter.tracking.transfer.privacy import Leaves
from mlops_jupyter.tracking.transfer.reading import described

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlops_jupyter.data.cache.remote_files import RemoteFiles
    from mlops_jupyter.tracking.transfer.description import RunDescription
    from mlops_jupyter.tracking.transfer.reading import Described
    from mlops_jupyter.tracking.transfer.records import Moved
    from mlops_jupyter.workspace import Workspace

_PREFIX = "mlops-runs"
_NAME = re.compile(
    r"(?P<experiment>e-[^/]+)/(?P<uid>[0-9a-f-]{36})/(?P<at>\d{15})-(?P<digest>[0-9a-f]{64})"
    r"\.(?P<kind>zip|seen)"
)


@dataclass(frozen=True)
class _State:
    """A state of a run in the remote; `whole` where its bundle is there."""

    name: str
    experiment: str
    uid: str
    at: int
    digest: str
    whole: bool


def push_runs(
    workspace: Workspace,
    *,
    experiment: str | None = None,
    remote: str | None = None,
    events: Events = ignore_events,
) -> Moved:
    """Put the runs that are not in the DVC remote yet, or have changed since, into it.

    What ``[privacy]`` keeps on this machine is left out.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    experiment : str, optional
        Only runs of this experiment.
    remote : str, optional
        Which DVC remote; the default one otherwise.
    events : callable, optional
        Takes a step for each run.

    Raises
    ------
    BadInput
        DVC knows no remote, or none of that name.
    ToolFailed
        The remote refuses.
    NotFound
        No such experiment.
    StoreUnavailable
        The tracking store does not answer.

    Examples
    --------
    >>> print(push_runs(ws, remote="storage"))
    pushed ... to storage: ... new, ... updated, ... unchanged...
    """
    client = open_client(workspace)
    leaves = Leaves.by_settings(workspace)
    runs = choose(client, (), experiment)
    with remote_files.opened(workspace, _PREFIX, remote) as files:
        tally = Tally("push", files.name, workspace.store.shown)
        there = _by_uid(files.names())
        for index, run in enumerate(runs):
            name = run.info.run_name or run.info.run_id
            events(Event(f"pushing {name}", index, len(runs)))
            with tally.one(name), described(client, run.info.run_id, leaves) as whole:
                states = there.get(whole.description.uid, [])
                tally.add(name, _push(files, whole, states))
        return tally.result()


def pull_runs(
    workspace: Workspace,
    *,
    experiment: str | None = None,
    remote: str | None = None,
    events: Events = ignore_events,
) -> Moved:
    """Bring the runs of the DVC remote into the workspace's store, each exactly once.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    experiment : str, optional
        Only runs of this experiment.
    remote : str, optional
        Which DVC remote; the default one otherwise.
    events : callable, optional
        Takes a step for each run.

    Raises
    ------
    BadInput
        DVC knows no remote, or none of that name.
    ToolFailed
        The remote refuses.
    StoreUnavailable
        The tracking store does not answer.

    Examples
    --------
    >>> pushed = push_runs(ws, remote="storage")
    >>> print(pull_runs(ws, remote="storage"))
    pulled 0 runs from storage: 0 new, 0 updated, 1 unchanged
    """
    target = Target(workspace, workspace.store)
    with remote_files.opened(workspace, _PREFIX, remote) as files:
        tally = Tally("pull", files.name, workspace.store.shown)
        for uid, states in _by_uid(files.names()).items():
            newest = max((s for s in states if s.whole), key=lambda s: s.at, default=None)
            if newest is None or experiment not in {None, _experiment(newest)}:
                continue
            events(Event(f"pulling {uid}"))
            with tally.one(uid):
                if target.has(uid, newest.digest):
                    tally.add(uid, "unchanged")
                else:
                    name, outcome = _pull(files, newest, target)
                    tally.add(name, outcome)
        return tally.result()


def _push(files: RemoteFiles, run: Described, states: list[_State]) -> str:
    description = run.description
    newest = max((state.at for state in states), default=None)
    if any(state.digest == description.digest for state in states):
        return "unchanged"
    if newest is not None and newest > description.described_at:
        return "unchanged"  # what is there is newer
    with tempfile.TemporaryDirectory(prefix="mlops-push-") as folder:
        bundle = Path(folder, "bundle.zip")
        bundles.write(run, bundle)
        files.put(bundle, _name(description))
        nothing = Path(folder, "nothing")
        nothing.touch()
        for state in states:
            if state.whole:
                files.put(nothing, state.name.removesuffix(".zip") + ".seen")
                files.remove(state.name)
    return "new" if newest is None else "updated"


def _pull(files: RemoteFiles, state: _State, target: Target) -> tuple[str, str]:
    with tempfile.TemporaryDirectory(prefix="mlops-pull-") as folder:
        path = Path(folder, "bundle.zip")
        files.get(state.name, path)
        unpacked = Path(folder, "unpacked")
        unpacked.mkdir()
        with path.open("rb") as source, bundles.opened(source, state.name) as bundle:
            merged = merge(target, bundle.unpack(unpacked))
            return bundle.description.name, merged.outcome


def _name(description: RunDescription) -> str:
    experiment = urllib.parse.quote(description.experiment, safe="")
    moment = f"{description.described_at:015d}-{description.digest}"
    return f"e-{experiment}/{description.uid}/{moment}.zip"


def _by_uid(names: Iterable[str]) -> dict[str, list[_State]]:
    """Sort names by the run they belong to; what others have put there is passed over."""
    found: dict[str, list[_State]] = {}
    for name in names:
        if match := _NAME.fullmatch(name):
            state = _State(
                name,
                match["experiment"],
                match["uid"],
                int(match["at"]),
                match["digest"],
                match["kind"] == "zip",
            )
            found.setdefault(state.uid, []).append(state)
    return found


def _experiment(state: _State) -> str:
    return urllib.parse.unquote(state.experiment.removeprefix("e-"))
