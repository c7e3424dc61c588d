"""``mlops reproduce``: a past run, made again in a folder of its own."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mlops_jupyter.errors import BadInput, GateFailed, MlopsError, UsageError
from mlops_jupyter.reproducing import building, comparing, copies, recorded, replay, surroundings
from mlops_jupyter.reproducing.chance import Tolerance
from mlops_jupyter.reproducing.code import Code
from mlops_jupyter.reproducing.comparing import Outcome
from mlops_jupyter.reproducing.inputs import Inputs
from mlops_jupyter.reproducing.records import Reproduction
from mlops_jupyter.results import Event, Events, ignore_events
from mlops_jupyter.tracking.capture.masking import of_this_process as masker
from mlops_jupyter.tracking.capture.secret import PREFIX
from mlops_jupyter.tracking.history import find, run_data
from mlops_jupyter.tracking.history.sides import Reader
from mlops_jupyter.tracking.store.opening import client as open_client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mlflow import MlflowClient

    from mlops_jupyter.reproducing.copies import Copy
    from mlops_jupyter.reproducing.recorded import Recorded
    from mlops_jupyter.reproducing.records import Difference
    from mlops_jupyter.reproducing.replay import Replay
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
    >>> done = reproduce(ws, "forest")
    Traceback (most recent call last):
    mlops_jupyter.errors.GateFailed: forest cannot be reproduced: ...
    """
    allowed = _checked(repeats, tolerance, timeout)
    started = time.monotonic()
    opened = open_client(workspace)
    found = find.run(opened, run)
    side = Reader(opened, {}).side(found)
    known = recorded.read(opened, side)
    allowed.check(found.data.metrics)
    job = _Job(workspace, opened, known, timeout, keep, events, secrets or {}, ask)
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
        reproductions=[each.run.info.run_id for each in job.replays if each.run is not None],
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


@dataclass
class _Job:
    """All of the reproductions of one run."""

    workspace: Workspace
    opened: MlflowClient
    known: Recorded
    timeout: float | None
    keep: bool
    events: Events
    secrets: Mapping[str, str]
    ask: Callable[[str], str] | None
    built: building.Built | None = None
    replays: list[Replay] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    folder: str | None = None

    def build(self, folder: Path) -> None:
        """Build the recorded environment.

        Raises
        ------
        BadInput
            None is recorded.
        """
        freeze = self.known.side.requirements
        python = self.known.side.environment.get("python")
        if not freeze or not python:
            raise BadInput(
                "the run's environment is not recorded as a whole, so it cannot be built",
                "leave out --environment build: what is known of it is compared",
            )
        self.built = building.build(freeze, python, folder, events=self.events)
        self.notes += self.built.notes

    def run(self, repeats: int, tolerance: Tolerance) -> Outcome:
        """Make the run again, and compare."""
        reasons = list(self.known.reasons)
        commit = self.known.commit
        if commit is not None and not reasons and not copies.has_commit(self.workspace, commit):
            reasons.append(
                f"its commit {commit[:12]} is not in this repository: `git fetch` may bring it"
            )
        if reasons:
            return Outcome("cannot", reasons)
        if self.built is None:
            self.differences += surroundings.differences(self.known.side)
        for number in range(repeats):
            if repeats > 1:
                self.events(Event(f"repeat {number + 1} of {repeats}", number, repeats))
            reasons = self._once(keep=self.keep and number == 0, first=number == 0)
            if reasons:
                return Outcome("cannot", reasons)
        return comparing.judge(self.known, self.replays, tolerance)

    def _once(self, *, keep: bool, first: bool) -> list[str]:
        """Make it again once; return why that is not possible."""
        self.events(Event("bringing back code and data"))
        with copies.made(self.workspace, self.known.commit, keep=keep) as copy:
            if keep:
                self.folder = str(copy.root)
            code = Code(self.opened, self.known, copy)
            code.restore()
            inputs = Inputs(self.workspace, copy, self._written())
            inputs.restore(self.known.inputs)
            if first:
                self.differences += code.differences
            variables, lacking = self._variables(copy, [*self.known.secrets, *code.secrets])
            reasons = [*code.reasons, *inputs.missing, *lacking]
            if not reasons:
                reasons = self._replay(copy, variables)
            copy.notes += [
                f"the notebook wrote into {path}, which is DVC's: `mlops data verify --fix`"
                for path in inputs.damaged()
            ]
            if first:
                self.notes += copy.notes
        return reasons

    def _replay(self, copy: Copy, variables: Mapping[str, str]) -> list[str]:
        experiment = self.opened.get_experiment(self.known.run.info.experiment_id).name
        try:
            self.replays.append(
                replay.once(
                    self.workspace,
                    self.known,
                    copy,
                    experiment=experiment,
                    variables=variables,
                    kernel=building.KERNEL if self.built is not None else None,
                    timeout=self.timeout,
                    events=self.events,
                )
            )
        except (BadInput, UsageError) as error:  # the notebook as it was is not to be run
            return [error.message]
        return []

    def _written(self) -> frozenset[str]:
        """Return what the run wrote: such a file is never a link to DVC's content."""
        outputs = run_data.outputs(self.known.run.data.tags)
        return frozenset(output.path for output in outputs)

    def _variables(self, copy: Copy, secrets: Sequence[str]) -> tuple[dict[str, str], list[str]]:
        """Return what the kernel's environment has to have, and what is not to be had."""
        found = surroundings.variables(self.known.side)
        path = os.environ.get("PYTHONPATH", "")
        if any(copy.modules.iterdir()):
            found["PYTHONPATH"] = f"{copy.modules}{os.pathsep}{path}" if path else str(copy.modules)
        if self.built is not None:
            jupyter = os.environ.get("JUPYTER_PATH", "")
            ours = str(self.built.kernels)
            found["JUPYTER_PATH"] = f"{ours}{os.pathsep}{jupyter}" if jupyter else ours
        lacking = []
        for name in dict.fromkeys(secrets):
            value = self._secret(name)
            if value is None:
                lacking.append(name)
            else:
                found[name] = value
        if not lacking:
            return found, []
        named = ", ".join(lacking)
        reason = (
            f"it needs credentials that were masked: {named}; put them into the environment "
            f"({lacking[0]} or {PREFIX}{lacking[0]})"
        )
        return found, [reason]

    def _secret(self, name: str) -> str | None:
        """Return a credential, and see to it that nothing that is kept shows it."""
        value = self.secrets.get(name)
        for variable in (name, PREFIX + name):
            value = value if value is not None else os.environ.get(variable)
        if value is None and self.ask is not None:
            try:
                value = self.ask(name)
            except (EOFError, MlopsError):
                value = None
            if value is not None:  # once for all repeats
                self.secrets = {**self.secrets, name: value}
        if value is not None:
            masker().name_for(value, name)
        return value
