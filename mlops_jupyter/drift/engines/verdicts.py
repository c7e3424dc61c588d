"""What an engine says of one column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_jupyter.drift.report import Finding

if TYPE_CHECKING:
    from mlops_jupyter.drift.pairs import Pair
    from mlops_jupyter.drift.report import ColumnType

SHARE_THRESHOLD = 0.5  # the default of Evidently's DataDriftPreset


@dataclass(frozen=True)
class Verdict:
    """The verdict on one column; the fields are those of `ColumnDrift`."""

    column: str
    type: ColumnType
    method: str
    score: float | None
    threshold: float
    drifted: bool
    low_is_drift: bool


@dataclass(frozen=True)
class Choice:
    """What the user chose for a column; None for the engine's default.

    Attributes
    ----------
    method : str or None
        A method, by Evidently's short name: ``psi``, ``ks`` …
    threshold : float or None
        Where drift begins.
    """

    method: str | None = None
    threshold: float | None = None


def not_compared(pair: Pair, why: str) -> Finding:
    """Return the finding that a column has no verdict, and why."""
    message = f"{pair.column} was not compared: {why}"
    return Finding(kind="not_compared", column=pair.column, message=message)
