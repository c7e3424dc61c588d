"""Which metric a sweep is about, and which trial is the best by it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from mlops_jupyter.sweeps.records import Direction, SweepTrial

# What is logged of the machine, not of the model.
_ASIDE = ("system/", "drift/")


def only_metric(logged: Iterable[Mapping[str, float | None]]) -> str | None:
    """Return the metric that trials logged, where it is the only one.

    Examples
    --------
    >>> only_metric([{"auc": 0.7, "system/wall_seconds": 3.0}, {"auc": 0.8}])
    'auc'
    """
    names = {name for each in logged for name in each if not name.startswith(_ASIDE)}
    return names.pop() if len(names) == 1 else None


def is_ahead(trial: SweepTrial, of: SweepTrial | None, direction: Direction | None) -> bool:
    """Whether a trial came to its end with a better value than another one."""
    if trial.status != "FINISHED" or direction is None or not _is_number(trial.value):
        return False
    if of is None or of.value is None:
        return True
    value = trial.value or 0.0
    return value > of.value if direction == "higher" else value < of.value


def ranked(trials: Iterable[SweepTrial], direction: Direction | None) -> list[SweepTrial]:
    """Return trials, the best first; those that did not finish, or have no value, by number.

    Examples
    --------
    >>> trials = [SweepTrial(number=n, status="FINISHED", value=n / 4) for n in (1, 3, 2)]
    >>> [trial.number for trial in ranked(trials, "higher")]
    [3, 2, 1]
    """
    sign = -1 if direction == "higher" else 1

    def place(trial: SweepTrial) -> tuple[bool, bool, float, int]:
        finished = trial.status == "FINISHED"
        valued = finished and _is_number(trial.value) and direction is not None
        value = sign * (trial.value or 0.0) if valued else 0.0
        return not finished, not valued, value, trial.number

    return sorted(trials, key=place)


def _is_number(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
