"""The verb: many trials of one notebook."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mlops_jupyter.errors import UsageError
from mlops_jupyter.results import Event, ignore_events
from mlops_jupyter.sweeps import planning
from mlops_jupyter.sweeps import workers as _workers
from mlops_jupyter.sweeps.records import Search
from mlops_jupyter.sweeps.searching import Listed, Trials
from mlops_jupyter.sweeps.trial import Job, Trial

if TYPE_CHECKING:
    import os

    from mlops_jupyter.results import Events
    from mlops_jupyter.sweeps.family import Family
    from mlops_jupyter.sweeps.planning import Setting
    from mlops_jupyter.sweeps.records import Sweep
    from mlops_jupyter.sweeps.sweeping import Sweeping
    from mlops_jupyter.workspace import Workspace


def sweep(
    workspace: Workspace,
    notebook: str | os.PathLike[str] | None = None,
    *,
    space: Sequence[str] | Mapping[str, object] | None = None,
    search: Search | None = None,
    trials: int | None = None,
    metric: str | None = None,
    maximize: bool | None = None,
    prune: bool = False,
    seed: int | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    timeout: float | None = None,
    kernel: str | None = None,
    name: str | None = None,
    experiment: str | None = None,
    resume: str | None = None,
    events: Events = ignore_events,
) -> Sweep:
    """Run a notebook many times with other parameters, side by side, and say which are best.

    Each trial is a run of its own, below one run for the sweep. Dask's workers run them; a trial
    whose worker is lost is run again, a notebook that fails is a failed trial, and the others go
    on. In a script, call it below ``if __name__ == "__main__":``, since workers are processes.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    notebook : path
        The notebook; may be left out with `resume`.
    space : sequence of str or mapping
        Values of its parameters: lists (``lr=0.01,0.1``), whole numbers (``depth=3..9``), steps
        (``rate=0..1..0.25``), all between (``rate=0.0..1.0``), evenly by size
        (``lr=1e-4..1e-1:log``), or one value for all. By name also as Python's lists and ranges.
    search : {"grid", "random", "optuna"}
        All combinations (the default), drawn at random, or chosen by Optuna from what came before.
    trials : int, optional
        How many, for random and optuna; 20 by default.
    metric : str, optional
        What is compared; the only one that is logged by default. Optuna has to know it.
    maximize : bool, optional
        Whether more of it is better; as its name says by default.
    prune : bool
        Stop trials that are worse than half of the others at the same step (optuna).
    seed : int, optional
        Of what is drawn; one is drawn, and told, by default.
    workers : int, optional
        How many processes to start on this machine; one for each processor by default.
    cluster : str, optional
        Address of a Dask scheduler, whose workers see the workspace's folder, to use instead.
    timeout : float, optional
        Seconds for each trial.
    kernel : str, optional
        Another kernel than the notebook names.
    name : str, optional
        Name of the sweep's run.
    experiment : str, optional
        Experiment of the runs; named as the notebook by default.
    resume : str, optional
        A sweep that was stopped, to go on with: the trials that have not ended are run.
    events : callable, optional
        Takes progress: how many trials have ended, and the best so far.

    Returns
    -------
    Sweep
        The trials, the best first.

    Raises
    ------
    NotFound, BadInput, UsageError
        The notebook, the space, the cluster or the sweep to resume cannot be used. Nothing was run.
    MissingExtra
        Dask, or Optuna, is not installed.
    ToolFailed
        No worker is left. What has ended stays, and `resume` goes on.

    Examples
    --------
    >>> import mlops_jupyter as mlops
    >>> ws = mlops.Workspace.find()
    >>> done = mlops.sweep(ws, "notebooks/train.ipynb", space={"n_trees": [5, 10]}, workers=1)
    >>> [(trial.status, trial.values) for trial in done.trials]
    [('FINISHED', {'n_trees': 5}), ('FINISHED', {'n_trees': 10})]
    """
    begun = time.monotonic()
    planning.check_numbers(trials=trials, workers=workers, timeout=timeout)
    if workers and cluster:
        raise UsageError("a cluster brings its own workers", "give --workers or --cluster")
    asked = planning.Asked(
        space=space,
        search=search,
        trials=trials,
        metric=metric,
        maximize=maximize,
        prune=prune,
        seed=seed,
        timeout=timeout,
        kernel=kernel,
        name=name,
        experiment=experiment,
    )
    if resume is None:
        setting = planning.begun(workspace, notebook, asked)
    else:
        setting = planning.resumed(workspace, notebook, resume, asked)
    return _Run(workspace, setting, events, begun).run(workers, cluster)


class _Run:
    """One go of a sweep."""

    def __init__(
        self, workspace: Workspace, setting: Setting, events: Events, begun: float
    ) -> None:
        self._workspace = workspace
        self._setting = setting
        self._plan = setting.plan
        self._events = events
        self._begun = begun

    def run(self, count: int | None, cluster: str | None) -> Sweep:
        from mlops_jupyter.sweeps.family import Family
        from mlops_jupyter.sweeps.sweeping import Sweeping

        setting, plan = self._setting, self._plan
        count = min(count or _workers.processors(), plan.total) if cluster is None else None
        self._events(Event("starting workers"))
        with _workers.opened(
            self._workspace, count=count, address=cluster, events=self._events
        ) as workers:
            family = setting.earlier
            if family is None:
                family = Family.begin(
                    self._workspace, plan, name=setting.name, experiment=setting.experiment
                )
            else:
                family.reopen()
                family.keep(plan)
            try:
                earlier = family.trials() if setting.earlier else {}
                sweeping = Sweeping(
                    plan, family, self._source(family, earlier), self._job(family), self._events
                )
                sweeping.earlier(earlier)
                sweeping.run(workers)
            except BaseException as error:
                self._stopped(family, error)
                raise
        return self._conclude(family, sweeping)

    def _source(self, family: Family, done: Collection[int]) -> Trials:
        plan, space = self._plan, self._plan.as_space()
        if plan.search == "grid":
            return Listed(space.grid(), done)
        assert plan.seed is not None  # noqa: S101 - chosen with the search
        if plan.search == "random":
            return Listed(space.sample(plan.total, plan.seed), done)
        from mlops_jupyter.sweeps.optuna_search import Optuna

        assert plan.direction is not None  # noqa: S101 - refused without
        return Optuna(
            space,
            self._workspace.state_dir / "sweeps" / f"{family.run.uid}.optuna",
            total=plan.total,
            direction=plan.direction,
            seed=plan.seed,
            prune=plan.prune,
            resumed=self._setting.earlier is not None,
        )

    def _job(self, family: Family) -> Callable[[Trial], Job]:
        # The store is named: a worker of another machine has other environment variables.
        store = self._workspace.store
        named = replace(self._workspace, store_flag="local" if store.embedded else store.uri)
        stem, plan = self._setting.source.path.stem, self._plan

        def make(trial: Trial) -> Job:
            return Job(
                trial=trial,
                workspace=named,
                notebook=str(self._setting.source.path),
                parent_run_id=family.run.run_id,
                name=f"{stem} {trial.number}",
                experiment=family.run.experiment,
                timeout=plan.timeout,
                kernel=plan.kernel,
                metric=plan.metric,
            )

        return make

    def _stopped(self, family: Family, error: BaseException) -> None:
        """Close what is open, and say how it goes on; kernels have been ended before."""
        from mlops_jupyter.sweeps.sweeping import STOPPED

        going_on = family.going_on()
        for run_id in going_on.values():
            family.close(run_id, STOPPED)
        by_user = isinstance(error, KeyboardInterrupt)
        why = "stopped by the user" if by_user else f"{type(error).__name__}: {error}"
        family.finish("KILLED" if by_user else "FAILED", why)
        line = f"go on with: mlops sweep --continue {family.run.run_id[:8]}"
        self._events(Event(line, stays=True))

    def _conclude(self, family: Family, sweeping: Sweeping) -> Sweep:
        from mlops_jupyter.sweeps import concluding

        return concluding.conclude(
            family,
            self._plan,
            sweeping.ended,
            sweeping.logged,
            duration_s=round(time.monotonic() - self._begun, 3),
        )
