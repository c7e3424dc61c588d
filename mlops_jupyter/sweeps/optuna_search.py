"""Searching with Optuna: it is asked for points, and told what came of them."""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_jupyter.errors import MissingExtra, NotFound
from mlops_jupyter.sweeps.space import Choices, Space
from mlops_jupyter.sweeps.trial import Trial

if TYPE_CHECKING:
    import optuna

    from mlops_jupyter.sweeps.records import Direction, TrialStatus
    from mlops_jupyter.sweeps.space import Axis

_NUMBER = "number"  # ours, which a trial keeps when it is tried again; Optuna counts anew
_SCALARS = (str, int, float, bool, type(None))


class Optuna:
    """A study of Optuna's (TPE), kept in a file so that it can go on.

    Points that are being tried count as poor ones (constant liar), so that workers do not all try
    the same.

    Parameters
    ----------
    space : Space
        What is searched.
    file : Path
        Optuna's journal.
    total : int
        How many trials, with those of earlier times.
    direction : {"higher", "lower"}
        Which way the metric is better.
    seed : int
        Of what is drawn.
    prune : bool
        Whether trials that are worse than the median of others at the same step are stopped.
    resumed : bool
        Whether the file has to be there.

    Raises
    ------
    MissingExtra
        Optuna is not installed.
    NotFound
        The file of an earlier time is not there.
    """

    def __init__(
        self,
        space: Space,
        file: Path,
        *,
        total: int,
        direction: Direction,
        seed: int,
        prune: bool = False,
        resumed: bool = False,
    ) -> None:
        if resumed and not file.exists():
            raise NotFound(
                f"what Optuna learned is not here: {file} is missing",
                "a sweep with Optuna goes on in the workspace where it was begun",
            )
        self._axes = space.axes
        self._total = total
        self._open: dict[int, optuna.Trial] = {}
        file.parent.mkdir(parents=True, exist_ok=True)
        with _quiet():
            self._study = _study(file, direction=direction, seed=seed, prune=prune)
        self._distributions = {
            name: distribution(axis) for name, axis in self._axes.items() if axis.count != 1
        }
        self._asked = self._take_up()

    def _take_up(self) -> int:
        """Return how many trials there were; those that were going on are asked for again."""
        from optuna.trial import TrialState

        numbers = [0]
        for trial in self._study.get_trials(deepcopy=False):
            numbers.append(int(trial.user_attrs.get(_NUMBER, 0)))
            if trial.state == TrialState.RUNNING:
                self._study.tell(trial.number, state=TrialState.FAIL)
                self._study.enqueue_trial(trial.params, user_attrs={_NUMBER: numbers[-1]})
        return max(numbers)

    def ask(self) -> Trial | None:
        """Return the next point."""
        from optuna.trial import TrialState

        waits = self._study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
        if not waits and self._asked >= self._total:
            return None
        with _quiet():
            asked = self._study.ask(self._distributions)
        number = asked.user_attrs.get(_NUMBER)
        if number is None:
            self._asked += 1
            number = self._asked
            asked.set_user_attr(_NUMBER, number)
        self._open[number] = asked
        return Trial(number, {n: _value(a, asked.params.get(n)) for n, a in self._axes.items()})

    def tell(self, number: int, status: TrialStatus, value: float | None) -> None:
        """Take what became of a trial; one without a value has failed, to Optuna."""
        from optuna.trial import TrialState

        trial = self._open.pop(number)
        with _quiet():
            if status == "FINISHED" and value is not None and math.isfinite(value):
                self._study.tell(trial, value)
            else:
                pruned = status == "PRUNED"
                self._study.tell(trial, state=TrialState.PRUNED if pruned else TrialState.FAIL)

    def report(self, number: int, step: int, value: float) -> bool:
        """Take a metric of a trial that is going on; whether it is to be stopped."""
        trial = self._open[number]
        with _quiet():
            trial.report(value, step)
            return bool(trial.should_prune())


def distribution(axis: Axis) -> Any:
    """Return an axis as Optuna has it.

    Examples
    --------
    >>> from mlops_jupyter.sweeps.space import Range
    >>> distribution(Range(1e-4, 1e-1, log=True))
    FloatDistribution(high=0.1, log=True, low=0.0001, step=None)
    """
    from optuna import distributions

    if isinstance(axis, Choices):
        scalars = all(isinstance(value, _SCALARS) for value in axis.values)
        choices = axis.values if scalars else range(len(axis.values))
        return distributions.CategoricalDistribution(tuple(choices))
    if axis.whole:
        step = int(axis.step or 1)
        return distributions.IntDistribution(int(axis.low), int(axis.high), axis.log, step)
    high = axis.high
    if axis.count is not None:  # the last step, which may lie below the end
        *_, high = axis.values
    return distributions.FloatDistribution(axis.low, high, axis.log, axis.step)


def _value(axis: Axis, drawn: Any) -> Any:
    """Return what Optuna drew as the notebook takes it."""
    if not isinstance(axis, Choices):
        return drawn
    if len(axis.values) == 1:
        return axis.values[0]
    scalars = all(isinstance(value, _SCALARS) for value in axis.values)
    return drawn if scalars else axis.values[drawn]


def _study(file: Path, *, direction: Direction, seed: int, prune: bool) -> optuna.Study:
    try:
        import optuna
    except ImportError:
        raise MissingExtra("optuna", "sweep", "--search optuna") from None
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    storage = JournalStorage(JournalFileBackend(str(file)))
    study = optuna.create_study(
        storage=storage,
        study_name="sweep",
        load_if_exists=True,
        direction="maximize" if direction == "higher" else "minimize",
        pruner=optuna.pruners.MedianPruner() if prune else optuna.pruners.NopPruner(),
    )
    # Another beginning each time: the same one would draw the same points again.
    drawn = len(study.get_trials(deepcopy=False))
    study.sampler = optuna.samplers.TPESampler(seed=seed + drawn, constant_liar=True)
    return study


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep Optuna's own words to itself: what it does is told by events."""
    try:
        import optuna
    except ImportError:
        yield
        return
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what it calls experimental
            yield
    finally:
        optuna.logging.set_verbosity(before)
