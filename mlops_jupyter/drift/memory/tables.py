"""Both sides, their columns taken into memory one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from mlops_jupyter.drift.memory.columns import MemoryPair
from mlops_jupyter.drift.pairs import Both, text

if TYPE_CHECKING:
    import pandas as pd


class Columns(Protocol):
    """One side, column by column.

    Attributes
    ----------
    names : list of str
        Its columns, as text; a name may stand there several times.
    rows : int
        Its rows.
    """

    @property
    def names(self) -> list[str]:
        """Its columns, as text."""

    @property
    def rows(self) -> int:
        """Its rows."""

    def series(self, place: int) -> pd.Series[Any]:
        """Return the column at a place."""


@dataclass(frozen=True)
class FrameColumns:
    """The columns of a frame of pandas, which is not written to."""

    frame: pd.DataFrame

    @property
    def names(self) -> list[str]:
        """Its columns, as text."""
        return [text(name) for name in self.frame.columns]

    @property
    def rows(self) -> int:
        """Its rows."""
        return len(self.frame)

    def series(self, place: int) -> pd.Series[Any]:
        """Return the column at a place."""
        return self.frame.iloc[:, place]


@dataclass(frozen=True)
class MemoryTables:
    """Two sides, each given column by column."""

    sides: Both[Columns]
    backend: str = "in memory"

    @property
    def names(self) -> Both[list[str]]:
        """The columns of either side."""
        return self.sides.map(lambda side: side.names)

    @property
    def rows(self) -> Both[int]:
        """Rows of either side."""
        return self.sides.map(lambda side: side.rows)

    def pair(self, name: str) -> MemoryPair:
        """Return the column of a name that either side has exactly once."""
        return MemoryPair(name, *self.sides.map(lambda side: side.series(side.names.index(name))))
