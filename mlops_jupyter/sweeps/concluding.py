"""What a sweep came to: its metric, its best trial, and what one should know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mlops_jupyter.sweeps.figures import is_ahead, only_metric, ranked
from mlops_jupyter.sweeps.plan import listed
from mlops_jupyter.sweeps.records import Direction, Sweep, SweepTrial

if TYPE_CHECKING:
    from mlops_jupyter.sweeps.family import Family
    from mlops_jupyter.sweeps.plan import Plan

Logged = Mapping[int, Mapping[str, float | None]]


def conclude(
    family: Family,
    plan: Plan,
    ended: Mapping[int, SweepTrial],
    logged: Logged,
    *,
    duration_s: float,
) -> Sweep:
    """End a sweep's run, mark the best trial, and return what came of it."""
    metric = plan.metric or only_metric(logged.values())
    direction = _direction(plan, metric)
    valued = [_with_value(trial, logged, metric) for trial in ended.values()]
    best: SweepTrial | None = None
    for trial in valued:
        best = trial if is_ahead(trial, best, direction) else best
    if best is not None and metric is not None:
        family.mark_best(best, metric)
    notes = [
        *_without_metric(valued, logged, metric),
        *_without_direction(metric, direction),
        *_given_up(valued),
    ]
    if kept_here := family.finish("FINISHED"):
        notes.append(f"kept here: {kept_here}; then: mlops sync")
    return Sweep(
        run_id=family.run.run_id,
        uid=family.run.uid,
        name=family.run.name,
        experiment=family.run.experiment,
        notebook=plan.notebook,
        search=plan.search,
        space=plan.shown(),
        metric=metric,
        direction=direction,
        seed=plan.seed,
        trials=ranked(valued, direction),
        total=plan.total,
        best=best.number if best else None,
        duration_s=duration_s,
        notes=notes,
    )


def _direction(plan: Plan, metric: str | None) -> Direction | None:
    from mlops_jupyter.tracking.history.directions import better

    return plan.direction or (better(metric) if metric else None)


def _with_value(trial: SweepTrial, logged: Logged, metric: str | None) -> SweepTrial:
    value = logged.get(trial.number, {}).get(metric) if metric else None
    return trial.model_copy(update={"value": value})


def _without_metric(trials: list[SweepTrial], logged: Logged, metric: str | None) -> list[str]:
    """Say which trials cannot be compared, and why."""
    finished = [trial for trial in trials if trial.status == "FINISHED"]
    if metric is None and finished:
        names = sorted({name for each in logged.values() for name in each if "/" not in name})
        if not names:
            return ["no trial logged a metric: log one with mlops.log({'auc': …})"]
        return [f"trials logged {', '.join(names[:8])}: name one with --metric"]
    without = sorted(trial.number for trial in finished if trial.value is None)
    return [f"{metric} is missing in trials {listed(without)}"] if without else []


def _without_direction(metric: str | None, direction: Direction | None) -> list[str]:
    if metric is None or direction is not None:
        return []
    return [f"the name of '{metric}' does not say which way is better: --maximize or --minimize"]


def _given_up(trials: list[SweepTrial]) -> list[str]:
    numbers = sorted(trial.number for trial in trials if trial.status == "KILLED")
    return [f"given up, since they lost their workers: trials {listed(numbers)}"] if numbers else []
