"""Where trials come from: a source is asked for the next, and told what became of each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from mlops_jupyter.sweeps.trial import Trial

if TYPE_CHECKING:
    from mlops_jupyter.sweeps.records import TrialStatus


class Trials(Protocol):
    """A way of searching."""

    def ask(self) -> Trial | None:
        """Return the next trial; None where there is no further one."""

    def tell(self, number: int, status: TrialStatus, value: float | None) -> None:
        """Take what became of a trial, and its metric where it has one."""

    def report(self, number: int, step: int, value: float) -> bool:
        """Take a metric of a trial that is going on; whether it is to be stopped."""


class Listed:
    """Points that are known beforehand: a grid, or drawn at random.

    Parameters
    ----------
    points : iterable of mapping
        All of them, in order.
    done : collection of int
        Numbers of those that were tried before.
    """

    def __init__(self, points: Iterable[Mapping[str, Any]], done: Collection[int] = ()) -> None:
        trials = (Trial(number, values) for number, values in enumerate(points, 1))
        self._left = (trial for trial in trials if trial.number not in done)

    def ask(self) -> Trial | None:
        """Return the next point."""
        return next(self._left, None)

    def tell(self, number: int, status: TrialStatus, value: float | None) -> None:
        """Learn nothing."""

    def report(self, number: int, step: int, value: float) -> bool:  # noqa: ARG002
        """Stop nothing."""
        return False
