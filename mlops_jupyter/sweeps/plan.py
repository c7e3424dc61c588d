"""What a sweep is to do: kept with its run, so that it can go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pydantic import ValidationError

from mlops_jupyter.errors import BadInput
from mlops_jupyter.results import Record
from mlops_jupyter.sweeps.records import Direction, Search
from mlops_jupyter.sweeps.space import Choices, Range, Space

if TYPE_CHECKING:
    from mlops_jupyter.sweeps.space import Axis

FILE = "sweep.json"


class AxisRecord(Record):
    """A parameter's values: listed, or from one number to another."""

    choices: list[Any] | None = None
    low: int | float = 0
    high: int | float = 0
    step: int | float | None = None
    log: bool = False

    @classmethod
    def of(cls, axis: Axis) -> Self:
        """Return what is kept of an axis."""
        if isinstance(axis, Choices):
            return cls(choices=list(axis.values))
        return cls(low=axis.low, high=axis.high, step=axis.step, log=axis.log)

    def axis(self) -> Axis:
        """Return the axis."""
        if self.choices is not None:
            return Choices(tuple(self.choices))
        return Range(self.low, self.high, self.step, self.log)


class Plan(Record):
    """A sweep as it was asked for.

    Attributes
    ----------
    notebook : str
        Seen from the workspace.
    space : mapping
        By name of the parameter.
    total : int
        How many trials.
    prune : bool
        Whether trials are stopped when others are better.
    """

    notebook: str
    search: Search
    space: dict[str, AxisRecord]
    total: int
    metric: str | None = None
    direction: Direction | None = None
    seed: int | None = None
    prune: bool = False
    timeout: float | None = None
    kernel: str | None = None

    def as_space(self) -> Space:
        """Return the space."""
        return Space({name: kept.axis() for name, kept in self.space.items()})

    def shown(self) -> dict[str, str]:
        """Return the space as words."""
        return {name: str(axis) for name, axis in self.as_space().axes.items()}


def kept(space: Space) -> Mapping[str, AxisRecord]:
    """Return what a plan keeps of a space."""
    return {name: AxisRecord.of(axis) for name, axis in space.axes.items()}


def read(file: Path, run_id: str) -> Plan:
    """Read the plan that was kept with a run.

    Raises
    ------
    BadInput
        It is none.
    """
    try:
        return Plan.model_validate_json(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, ValidationError) as error:
        said = str(error).splitlines()[0]
        raise BadInput(f"{FILE} of run:{run_id[:8]} cannot be read: {said}") from None


def listed(numbers: Sequence[int], most: int = 8) -> str:
    """Return numbers of trials as words.

    Examples
    --------
    >>> listed([1, 2, 3], most=2)
    '1, 2 and 1 more'
    """
    shown = ", ".join(str(number) for number in numbers[:most])
    return shown + (f" and {len(numbers) - most} more" if len(numbers) > most else "")
