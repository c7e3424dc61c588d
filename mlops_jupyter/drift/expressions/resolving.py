"""From a few thousand pieces of a column to as much as its area, gap and quantiles need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_jupyter.drift.expressions.grids import Grid
from mlops_jupyter.drift.expressions.pieces import Pieces
from mlops_jupyter.drift.pairs import Both

if TYPE_CHECKING:
    from mlops_jupyter.drift.expressions.held import Counted, Held
    from mlops_jupyter.drift.expressions.overviews import Overview
    from mlops_jupyter.drift.pairs import Counts


@dataclass(frozen=True)
class Limits:
    """What leaves a database at most.

    Attributes
    ----------
    different : int
        A column with about so many different values is taken out as values and their counts.
    rows : int
        One with so many values on a side is taken out as it is; so are in the end, of a longer
        column, pieces that are still open.
    first, cells : int
        Cells of the first grid; of a finer one, about.
    rounds : int
        Grids. What is open after the last is taken out: values that are the same on both sides,
        or that lie hundreds of decades apart.
    """

    different: int = 100_000
    rows: int = 4_000_000
    first: int = 4096
    cells: int = 65_536
    rounds: int = 6


def resolved(sides: Both[Held], seen: Both[Overview], limits: Limits) -> Pieces:
    """Return numbers in pieces, none of them open.

    Parameters
    ----------
    sides : Both of Held
        The numbers of either side.
    seen : Both of Overview
        The first look at them.
    limits : Limits
        When values are taken out.
    """
    if is_few(seen, limits):
        return values_of(sides.map(lambda side: side.counted()))
    if max(side.count for side in seen) <= limits.rows:
        return Pieces.of_values(sides.map(lambda side: side.taken()))
    low = min(side.least for side in seen if side.least is not None)
    high = max(side.most for side in seen if side.most is not None)
    grid = Grid.first(low, high, limits.first)
    pieces = _cut(sides, grid)
    for _ in range(1, limits.rounds):
        rest = pieces.taken(pieces.open)
        if rest.rows.sum() <= limits.rows:
            break
        grid = grid.finer(rest.cells, rest.low, rest.high, _sizes(rest, limits.cells))
        pieces = pieces.taken(~pieces.open).joined(_cut(sides, grid))
    if not pieces.open.any():
        return pieces
    cells = pieces.cells[pieces.open]
    values = Pieces.of_values(sides.map(lambda side: side.taken(grid, cells)))
    return pieces.taken(~pieces.open).joined(values)


def is_few(seen: Both[Overview], limits: Limits) -> bool:
    """Whether values are so few that each leaves the database once."""
    return all((side.different or limits.different + 1) <= limits.different for side in seen)


def values_of(both: Both[Counted]) -> Pieces:
    """Return numbers with their rows as pieces."""
    import numpy as np

    values = both.map(lambda side: side.each.to_numpy())
    orders = values.map(np.argsort)
    ordered = Both(*(v[o] for v, o in zip(values, orders, strict=True)))
    rows = Both(*(side.rows[o] for side, o in zip(both, orders, strict=True)))
    return Pieces.of_values(ordered, rows)


def _cut(sides: Both[Held], grid: Grid) -> Pieces:
    return Pieces.of_cuts(grid, sides.map(lambda side: side.cut(grid)))


def _sizes(pieces: Pieces, cells: int) -> Counts:
    """Return how many cells each piece is cut into: by its rows."""
    import numpy as np

    rows = pieces.rows.sum(axis=0)
    sizes: Counts = np.clip(np.ceil(rows * (cells / rows.sum())), 2, cells).astype("int64")
    return sizes
