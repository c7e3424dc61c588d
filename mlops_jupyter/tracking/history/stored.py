"""A run as it lies in a store, whichever way it was read, and the questions asked of stores."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from mlops_jupyter.tracking import tags

if TYPE_CHECKING:
    from mlops_jupyter.tracking.history.filters import Condition, Kind

# MLflow's SQL stores keep an infinity as the largest double.
_LARGEST = 1.7976931348623157e308


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run, or the part of it that was asked for.

    Attributes
    ----------
    run_id, experiment_id, name, status : str
        As MLflow has them; `name` may be empty.
    start, end : int or None
        In milliseconds since 1970; others may have written none, or nonsense.
    metrics, params, tags : mapping
        All of them, or those that were asked for (`Needs`).
    """

    run_id: str
    experiment_id: str
    name: str
    status: str
    start: int | None
    end: int | None
    metrics: Mapping[str, float] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def duration_ms(self) -> int | None:
        """How long it took; None while it runs."""
        return self.end - self.start if self.start and self.end else None

    @property
    def parent(self) -> str | None:
        """The run it belongs to."""
        return self.tags.get(tags.PARENT) or None


@dataclass(frozen=True)
class Needs:
    """Which metrics, parameters and tags a question looks at."""

    metrics: frozenset[str] = frozenset()
    params: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()

    def __or__(self, other: Needs) -> Needs:
        return Needs(
            self.metrics | other.metrics, self.params | other.params, self.tags | other.tags
        )


class Point(NamedTuple):
    """One value of a metric; `time` in milliseconds since 1970."""

    step: int
    time: int
    value: float


class Source(Protocol):
    """Where runs are read from.

    Runs are those of the experiments given, not deleted, newest first.
    """

    def experiments(self, *, deleted: bool = False) -> dict[str, str]:
        """Return the names of experiments by id."""

    def page(self, chosen: Sequence[str], offset: int, limit: int, *, top: bool) -> list[StoredRun]:
        """Return whole runs by time; with `top` only those that belong to no other one."""

    def count(self, chosen: Sequence[str], *, top: bool) -> int | None:
        """Return how many there are; None where only reading them all could tell."""

    def scan(
        self, chosen: Sequence[str], needs: Needs, condition: Condition | None
    ) -> Iterator[StoredRun]:
        """Return all runs with what is needed of them.

        Runs that do not meet the condition may be among them.
        """

    def load(self, run_ids: Sequence[str]) -> list[StoredRun]:
        """Return whole runs, in the order of their ids."""

    def has(self, chosen: Sequence[str], kind: Kind, name: str) -> bool:
        """Whether any run has such a metric, parameter or tag."""

    def children(self, chosen: Sequence[str], since: int) -> dict[str, list[str]]:
        """Return ids of child runs by their parent's id, oldest first.

        Children that were started before `since` may be missing.
        """

    def values(self, run_ids: Sequence[str], metric: str) -> dict[str, float]:
        """Return a metric of runs."""

    def points(self, run_id: str, metric: str) -> Iterable[Point]:
        """Return every value of a metric of a run, in any order."""


def of_mlflow(run: Any) -> StoredRun:
    """Return MLflow's run as ours."""
    return StoredRun(
        run_id=run.info.run_id,
        experiment_id=str(run.info.experiment_id),
        name=run.info.run_name or "",
        status=run.info.status or "",
        start=run.info.start_time,
        end=run.info.end_time,
        metrics={key: true_value(value) for key, value in run.data.metrics.items()},
        params=dict(run.data.params),
        tags=dict(run.data.tags),
    )


def true_value(value: float, *, is_nan: bool = False) -> float:
    """Return a metric's value as it was logged.

    Examples
    --------
    >>> true_value(1.7976931348623157e308), true_value(0.7)
    (inf, 0.7)
    """
    if is_nan:
        return math.nan
    return math.copysign(math.inf, value) if abs(value) >= _LARGEST else value
