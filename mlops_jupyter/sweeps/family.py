"""The runs of a sweep in the store: the one above, and those of its trials."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mlops_jupyter.errors import BadInput
from mlops_jupyter.sweeps import plan as _plan
from mlops_jupyter.sweeps.records import SweepTrial, TrialStatus
from mlops_jupyter.tracking import tags

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun

    from mlops_jupyter.sweeps.plan import Plan
    from mlops_jupyter.tracking.writer import Final as Ending
    from mlops_jupyter.tracking.writer import OpenRun
    from mlops_jupyter.workspace import Workspace

_KIND: Final = "sweep"


class Family:
    """A sweep's run, and those below it.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    run : OpenRun
        The sweep's run.
    """

    def __init__(self, workspace: Workspace, run: OpenRun) -> None:
        self.run = run
        self._workspace = workspace
        self._client: MlflowClient = run.client

    @classmethod
    def begin(
        cls, workspace: Workspace, plan: Plan, *, name: str | None, experiment: str | None
    ) -> Family:
        """Open a sweep's run, its plan with it."""
        from mlops_jupyter.tracking import writer
        from mlops_jupyter.tracking.store import waiting

        recorded = waiting.recording_store(workspace)  # here first, as its trials
        stem = Path(plan.notebook).stem
        run = writer.open_run(
            workspace,
            experiment=experiment or stem,
            name=name or f"{stem} sweep",
            run_kind=_KIND,
            extra_tags={
                tags.NOTEBOOK: plan.notebook,
                tags.SOURCE_NAME: plan.notebook,
                tags.SOURCE_TYPE: "NOTEBOOK",
                **waiting.marks(recorded, workspace.store),
            },
            store=recorded,
        )
        family = cls(workspace, run)
        run.log_params(plan.shown())
        family.keep(plan)
        return family

    @classmethod
    def find(cls, workspace: Workspace, reference: str) -> Family:
        """Find an earlier sweep's run; it is not changed.

        Raises
        ------
        NotFound, UsageError
            No such run, or several.
        BadInput
            It is no sweep's.
        """
        from mlops_jupyter.tracking.history import find
        from mlops_jupyter.tracking.store import opening, waiting
        from mlops_jupyter.tracking.writer import OpenRun

        client = opening.client(workspace, waiting.recording_store(workspace))
        found = find.run(client, reference)
        if found.data.tags.get(tags.KIND) != _KIND:
            raise BadInput(
                f"run:{found.info.run_id[:8]} is no sweep", "`mlops runs` shows what each run is"
            )
        experiment = client.get_experiment(found.info.experiment_id).name
        return cls(
            workspace,
            OpenRun(
                client,
                found.info.run_id,
                found.data.tags.get(tags.UID, found.info.run_id),
                found.info.run_name or "",
                experiment,
                found.info.experiment_id,
                entity=found,
            ),
        )

    def reopen(self) -> None:
        """Have the sweep's run go on.

        Raises
        ------
        BadInput
            It is going on already.
        """
        from mlops_jupyter.tracking.store import liveness, waiting

        store = waiting.recording_store(self._workspace)
        now = self._client.get_run(self.run.run_id)
        if now.info.status == "RUNNING":
            raise BadInput(
                f"the sweep run:{self.run.run_id[:8]} is going on",
                "stop it with Ctrl-C where it was started",
            )
        waiting.reopen(self._client, now)
        self.run.set_tags(liveness.sign(self._workspace, store))
        self._client.update_run(self.run.run_id, status="RUNNING")
        liveness.opened(self._workspace, store, self.run.run_id)

    def keep(self, plan: Plan) -> None:
        """Store the plan with the sweep's run."""
        self._client.log_text(self.run.run_id, plan.model_dump_json(indent=1), _plan.FILE)

    def plan(self) -> Plan:
        """Return the plan that was stored."""
        from mlflow.exceptions import MlflowException

        with tempfile.TemporaryDirectory() as folder:
            try:
                file = self._client.download_artifacts(self.run.run_id, _plan.FILE, folder)
            except (MlflowException, OSError) as error:
                raise BadInput(
                    f"run:{self.run.run_id[:8]} has no {_plan.FILE}: {str(error).splitlines()[0]}"
                ) from None
            return _plan.read(Path(file), self.run.run_id)

    def trials(self) -> dict[int, tuple[SweepTrial, Mapping[str, float]]]:
        """Return the trials that have ended for good, and what they logged, by number."""
        found: dict[int, tuple[SweepTrial, Mapping[str, float]]] = {}
        for run in self._children():
            number, status = _number(run), _status(run)
            if number is not None and status is not None:
                found[number] = (_as_trial(run, number, status), run.data.metrics)
        return found

    def going_on(self) -> dict[int, str]:
        """Return the ids of trials' runs that are open, by number."""
        open_runs = self._children("attributes.status = 'RUNNING'")
        return {number: run.info.run_id for run in open_runs if (number := _number(run))}

    def last_of(self, number: int) -> MlflowRun | None:
        """Return the newest run of a trial."""
        runs = self._children(f"tags.`{tags.SWEEP_TRIAL}` = '{number}'")
        return max(runs, key=lambda run: run.info.start_time or 0, default=None)

    def metrics_of(self, run_id: str) -> dict[str, float]:
        """Return what a trial logged, to its run and to those below it, the last values."""
        found: dict[str, float] = {}
        for run in sorted(self._below(run_id), key=lambda run: run.info.start_time or 0):
            found |= run.data.metrics
        found |= self._client.get_run(run_id).data.metrics
        return found

    def points(self, run_id: str, metric: str) -> list[tuple[int, float]]:
        """Return steps and values of a metric of a trial that is going on, in order."""
        history = self._client.get_metric_history(run_id, metric)
        if not history:  # training in a tracked cell has a run of its own
            for run in self._below(run_id):
                history += self._client.get_metric_history(run.info.run_id, metric)
        return sorted({point.step: point.value for point in history}.items())

    def close(
        self, run_id: str, why: str, *, pruned_at: int | None = None, repeated: bool = False
    ) -> None:
        """Mark a trial's run as stopped from outside, and why."""
        from mlflow.entities import RunTag

        from mlops_jupyter.tracking.store import waiting

        waiting.reopen(self._client, self._client.get_run(run_id))
        marks = {tags.ERROR: why}
        if pruned_at is not None:
            marks[tags.SWEEP_PRUNED] = str(pruned_at)
        if repeated:
            marks[tags.SWEEP_REPEATED] = "true"
        self._client.log_batch(run_id, tags=[RunTag(*mark) for mark in marks.items()])
        self._client.set_terminated(run_id, "KILLED")

    def mark_best(self, trial: SweepTrial, metric: str) -> None:
        """Mark the best trial's run, and no other; name it with the sweep's."""
        for run in self._children(f"tags.`{tags.SWEEP_BEST}` = 'true'"):
            if run.info.run_id != trial.run_id:
                self._client.delete_tag(run.info.run_id, tags.SWEEP_BEST)
        if trial.run_id:
            self._client.set_tag(trial.run_id, tags.SWEEP_BEST, "true")
        self.run.set_tags({tags.SWEEP_BEST: str(trial.number), tags.MAIN_METRIC: metric})

    def finish(self, status: Ending, error: str | None = None) -> str | None:
        """End the sweep's run; return why it is not on the server, where it should be."""
        from mlops_jupyter.tracking.transfer.syncing import delivered

        self.run.finish(status, error)
        if not self._workspace.store.remote:
            return None
        return delivered(self._workspace, self.run.run_id)

    def _children(self, condition: str = "") -> Iterator[MlflowRun]:
        return self._below(self.run.run_id, condition)

    def _below(self, run_id: str, condition: str = "") -> Iterator[MlflowRun]:
        from mlops_jupyter.tracking.history.client_source import experiments

        below = f"tags.`{tags.PARENT}` = '{run_id}'"
        # What a notebook tracks may have an experiment of its own; trials have the sweep's.
        own = run_id == self.run.run_id
        where = [self.run.experiment_id] if own else list(experiments(self._client))
        token = None
        while True:
            page = self._client.search_runs(
                where,
                f"{below} and {condition}" if condition else below,
                max_results=1000,
                page_token=token,
            )
            yield from page
            token = page.token
            if not token:
                return


def _number(run: MlflowRun) -> int | None:
    number = run.data.tags.get(tags.SWEEP_TRIAL, "")
    return int(number) if number.isdecimal() and len(number) < 10 else None


def _status(run: MlflowRun) -> TrialStatus | None:
    """Return how a trial ended; None where it is to be tried again."""
    if run.info.status == "KILLED":
        return "PRUNED" if tags.SWEEP_PRUNED in run.data.tags else None
    return run.info.status if run.info.status in ("FINISHED", "FAILED") else None


def _as_trial(run: MlflowRun, number: int, status: TrialStatus) -> SweepTrial:
    known = run.data.tags
    try:
        values: Any = json.loads(known.get(tags.SWEEP_VALUES, ""))
    except ValueError:  # longer than a tag may be
        values = None
    ended, begun = run.info.end_time, run.info.start_time
    return SweepTrial(
        number=number,
        status=status,
        run_id=run.info.run_id,
        values=values if isinstance(values, dict) else dict(run.data.params),
        duration_s=(ended - begun) / 1000 if ended and begun else None,
        error=known.get(tags.ERROR),
    )
