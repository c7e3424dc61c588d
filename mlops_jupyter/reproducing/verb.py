"""``mlops reproduce``: a past run, made again in a folder of its own."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mlops_jupyter.errors import GateFailed, UsageError
from mlops_jupyter.reproducing import recorded
from mlops_jupyter.reproducing.chance import Tolerance
from mlops_jupyter.reproducing.job import Job
from mlops_jupyter.reproducing.records import Reproduction
from mlops_jupyter.results import Events, ignore_events
from mlops_jupyter.tracking.history import find
from mlops_jupyter.tracking.history.sides import Reader
from mlops_jupyter.tracking.store.opening import client as open_client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mlops_jupyter.workspace import Workspace

_MOST_REPEATS = 1000


def reproduce(
    workspace: Workspace,
    run: str = "last",
    *,
    repeats: int = 1,
    tolerance: float | str | Sequence[float | str] = (),
    environment: Literal["compare", "build"] = "compare",
    keep: bool = False,
    timeout: float | None = None,
    secrets: Mapping[str, str] | None = None,
    ask: Callable[[str], str] | None = None,
    events: Events = ignore_events,
) -> Reproduction:
    """Make a past run again, and say whether it came out the same.

    Its code and data are laid out in a folder of their own, and its notebook or its cells are
    executed there, as a tracked run of this workspace's store. The user's files, git's index and
    branches are only read.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    run : str
        The run's reference; see `mlops_jupyter.show`.
    repeats : int
        How often. From two on, what counts as chance is learnt from them.
    tolerance : number or str, or several
        How far metrics may be off instead: ``1e-6`` for all, ``"auc=0.01"`` for one.
    environment : {"compare", "build"}
        Execute it among the packages of now and list what differs, or build the recorded ones.
    keep : bool
        Leave the folder where it is; of several repeats the first one's.
    timeout : float, optional
        Seconds for the cells of each repeat.
    secrets : mapping, optional
        Credentials that kept code was masked of, by name; else the environment has them.
    ask : callable, optional
        Asks a person for a credential by its name.
    events : callable
        Takes the progress.

    Returns
    -------
    Reproduction
        ``identical`` or ``within chance``.

    Raises
    ------
    GateFailed
        It came out otherwise, or cannot be made again; `result` has all of it.
    NotFound, UsageError, BadInput
        There is no such run, several match, or an option is off.
    MissingExtra, ToolFailed
        The recorded environment cannot be built.

    Examples
    --------
    >>> import mlops_jupyter.errors
    >>> try:
    ...     verdict = reproduce(ws, "forest").verdict
    ... except mlops_jupyter.errors.GateFailed as error:
    ...     verdict = error.result.verdict
    >>> verdict
    'different'
    """
    allowed = _checked(repeats, tolerance, timeout)
    started = time.monotonic()
    opened = open_client(workspace)
    found = find.run(opened, run)
    side = Reader(opened, {}).side(found)
    known = recorded.read(opened, side)
    allowed.check(found.data.metrics)
    job = Job(workspace, opened, known, timeout, keep, events, secrets or {}, ask)
    with ExitStack() as stack:
        if environment == "build" and not known.reasons:
            job.build(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mlops-env-"))))
        outcome = job.run(repeats, allowed)
    experiment = opened.get_experiment(found.info.experiment_id).name
    result = Reproduction(
        verdict=outcome.verdict,
        run_id=found.info.run_id,
        name=found.info.run_name or found.info.run_id,
        experiment=experiment,
        way=known.way,
        reasons=outcome.reasons,
        rule=outcome.rule,
        reproductions=job.made,
        metrics=outcome.metrics,
        files=outcome.files,
        differences=[*job.differences, *outcome.differences],
        notes=list(dict.fromkeys([*job.notes, *outcome.notes])),
        environment="built" if job.built is not None else "present",
        folder=job.folder,
        duration_s=round(time.monotonic() - started, 3),
    )
    return _gate(result)


def _checked(
    repeats: int, tolerance: float | str | Sequence[float | str], timeout: float | None
) -> Tolerance:
    if not 1 <= repeats <= _MOST_REPEATS:
        raise UsageError(f"repeats is {repeats}", f"give a number from 1 to {_MOST_REPEATS}")
    if timeout is not None and not timeout > 0:
        raise UsageError(f"timeout is {timeout:g} s", "give a number of seconds above 0")
    several: Iterable[float | str] = (
        [tolerance] if isinstance(tolerance, (int, float, str)) else tolerance
    )
    return Tolerance.read(several)


def _gate(result: Reproduction) -> Reproduction:
    if result.verdict in ("identical", "within chance"):
        return result
    why = "; ".join(result.reasons[:3])
    if result.verdict == "cannot":
        raise GateFailed(f"{result.name} cannot be reproduced: {why}", result=result)
    hint = ""
    if len(result.reproductions) == 1 and any(m.agreement == "different" for m in result.metrics):
        hint = "`--repeats 5` tells whether that is chance"
    raise GateFailed(f"{result.name} came out otherwise: {why}", hint, result=result)
