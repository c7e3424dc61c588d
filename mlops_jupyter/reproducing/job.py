"""All reproductions of one run: what each needs is brought, and executed."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlops_jupyter.errors import BadInput, MlopsError, UsageError
from mlops_jupyter.reproducing import building, comparing, copies, replay, surroundings
from mlops_jupyter.reproducing.code import Code
from mlops_jupyter.reproducing.comparing import Outcome
from mlops_jupyter.reproducing.inputs import Inputs
from mlops_jupyter.results import Event
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.capture.masking import of_this_process as masker
from mlops_jupyter.tracking.capture.secret import PREFIX
from mlops_jupyter.tracking.history import run_data

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from mlflow import MlflowClient

    from mlops_jupyter.reproducing.chance import Tolerance
    from mlops_jupyter.reproducing.copies import Copy
    from mlops_jupyter.reproducing.recorded import Recorded
    from mlops_jupyter.reproducing.records import Difference
    from mlops_jupyter.reproducing.replay import Replay
    from mlops_jupyter.results import Events
    from mlops_jupyter.workspace import Workspace


@dataclass
class Job:
    """All reproductions of one run.

    Attributes
    ----------
    built : Built or None
        The environment, where it was built.
    replays : list of Replay
        What was made.
    differences : list of Difference
        What was not as it had been.
    notes : list of str
        What else is to be known.
    folder : str or None
        The copy that was kept.
    """

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

    @property
    def made(self) -> list[str]:
        """The runs that were made; on a server they have other ids, and the same uid."""
        runs = [each.run for each in self.replays if each.run is not None]
        if not self.workspace.store.remote:
            return [run.info.run_id for run in runs]
        return [run.data.tags.get(tags.UID, run.info.run_id) for run in runs]

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
            variables, lacking = self._variables(copy, self.known.secrets, code.secrets)
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

    def _variables(
        self, copy: Copy, secrets: Sequence[str], of_files: Sequence[str]
    ) -> tuple[dict[str, str], list[str]]:
        """Return what the kernel's environment has to have, and what is not to be had.

        Cells that ran have used their credentials; of files nobody knows: who asks for one that
        is not here says so.
        """
        found = surroundings.variables(self.known.side)
        path = os.environ.get("PYTHONPATH", "")
        if any(copy.modules.iterdir()):
            found["PYTHONPATH"] = f"{copy.modules}{os.pathsep}{path}" if path else str(copy.modules)
        if self.built is not None:
            jupyter = os.environ.get("JUPYTER_PATH", "")
            ours = str(self.built.kernels)
            found["JUPYTER_PATH"] = f"{ours}{os.pathsep}{jupyter}" if jupyter else ours
        lacking = []
        for name in dict.fromkeys([*secrets, *of_files]):
            value = self._secret(name, ask=name in secrets)
            if value is not None:
                found[name] = value
            elif name in secrets:
                lacking.append(name)
        if not lacking:
            return found, []
        named = ", ".join(lacking)
        reason = (
            f"it needs credentials that were masked: {named}; put them into the environment "
            f"({lacking[0]} or {PREFIX}{lacking[0]})"
        )
        return found, [reason]

    def _secret(self, name: str, *, ask: bool) -> str | None:
        """Return a credential, and see to it that nothing that is kept shows it."""
        value = self.secrets.get(name)
        for variable in (name, PREFIX + name):
            value = value if value is not None else os.environ.get(variable)
        if value is None and ask and self.ask is not None:
            try:
                value = self.ask(name)
            except (EOFError, MlopsError):
                value = None
            if value is not None:  # once for all repeats
                self.secrets = {**self.secrets, name: value}
        if value is not None:
            masker().name_for(value, name)
        return value
