"""Looking at some of the rows: where that is asked for, and where all would take minutes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_jupyter.drift.memory.columns import MemoryPair
from mlops_jupyter.errors import BadInput

if TYPE_CHECKING:
    from mlops_jupyter.drift.engines.choosing import Engine
    from mlops_jupyter.drift.pairs import Pair
    from mlops_jupyter.drift.report import ColumnType

# Beyond these sizes a side is sampled without being asked.
MOST_TEXTS = 20_000  # Evidently trains a classifier on all of them
MOST_VALUES = 1_000_000  # Evidently's other methods


@dataclass(frozen=True)
class Sampling:
    """How many rows to look at.

    Attributes
    ----------
    rows : int or None
        So many of either side; None where it is a share.
    share : float or None
        This share of either side.
    seed : int
        What draws the same rows again.

    Examples
    --------
    >>> Sampling.parse("0.1").of(5000), Sampling.parse("100000").of(5000)
    (500, 5000)
    """

    rows: int | None = None
    share: float | None = None
    seed: int = 0

    @classmethod
    def parse(cls, text: str, seed: int = 0) -> Sampling:
        """Read a number of rows, or a share below 1.

        Raises
        ------
        BadInput
            It is neither.
        """
        cleaned = text.replace(",", "").replace("_", "")
        try:
            number = float(cleaned)
        except ValueError:
            number = 0.0
        if 0 < number < 1:
            return cls(share=number, seed=seed)
        if not (number >= 1 and number.is_integer()):
            raise BadInput(
                f"sample {text!r} is neither a number of rows nor a share of them",
                "write one such as 100000 or 0.1",
            )
        return cls(rows=int(number), seed=seed)

    def of(self, count: int) -> int:
        """Return how many of so many rows are looked at; at least one."""
        wanted = self.rows if self.share is None else round(count * self.share)
        return min(count, max(wanted or 1, 1))


def sampled(pair: Pair, sampling: Sampling) -> Pair:
    """Return a pair with some of the values of either side, drawn without replacement.

    Parameters
    ----------
    pair : Pair
        All values. Missing ones are counted there, and are not drawn from.
    sampling : Sampling
        How many. A side that has no more is left whole.

    Examples
    --------
    >>> import pandas as pd
    >>> pair = MemoryPair("late", pd.Series(range(100)), pd.Series(range(10)))
    >>> sampled(pair, Sampling(rows=20, seed=1)).count
    Both(reference=20, current=10)
    """
    sizes = pair.count.map(sampling.of)
    if sizes == pair.count:
        return pair
    return MemoryPair(pair.column, *pair.drawn(sizes, sampling.seed))


def needed(
    pair: Pair, type_: ColumnType | None, engine: Engine, seed: int = 0, texts: int = MOST_TEXTS
) -> Sampling | None:
    """Return what has to be drawn so that a verdict does not take minutes; None where all may do.

    Parameters
    ----------
    pair : Pair
        The column on both sides.
    type_ : str or None
        What the engine takes it for.
    engine : str
        The engine that will compare it: columnar takes whatever there is.
    seed : int
        What draws the same rows again.
    texts : int, optional
        How many texts of a side do not take minutes.
    """
    if engine == "columnar" or type_ is None:
        return None
    most = texts if type_ == "text" else MOST_VALUES
    return Sampling(rows=most, seed=seed) if max(pair.count) > most else None
