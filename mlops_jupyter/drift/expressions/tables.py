"""Both sides as tables of one database."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from mlops_jupyter.drift.expressions.asking import Database, database_of
from mlops_jupyter.drift.expressions.columns import ExpressionPair
from mlops_jupyter.drift.expressions.overviews import Overview, overviews
from mlops_jupyter.drift.pairs import Both, text

if TYPE_CHECKING:
    import ibis

_BLOCK = 50  # columns of one query
_MOST_PARTS = 32  # of each side


@dataclass(frozen=True)
class ExpressionTables:
    """Two sides, held by one database.

    Parameters
    ----------
    sides : Both of ibis.Table
        Tables of one connection; a frame may be one as ``ibis.memtable``.
    rows_a_part : int
        About so many rows of a side are walked through in one go; more are shared out.

    Raises
    ------
    BadInput
        The sides are in two databases.

    Examples
    --------
    >>> import ibis
    >>> june, july = ibis.memtable({"x": [1, 2, 3]}), ibis.memtable({"x": [2, 3]})
    >>> tables = ExpressionTables(Both(june, july))
    >>> tables.backend, tables.rows, tables.pair("x").distinct_together()
    ('DuckDB', Both(reference=3, current=2), 3)
    """

    sides: Both[ibis.Table]
    rows_a_part: int = 100_000

    @cached_property
    def names(self) -> Both[list[str]]:
        """The columns of either side."""
        return self.sides.map(lambda side: [text(name) for name in side.columns])

    @cached_property
    def rows(self) -> Both[int]:
        """Rows of either side."""
        return self.sides.map(
            lambda side: int(self._database.rows_of(side.aggregate(rows=side.count()))[0]["rows"])
        )

    @property
    def backend(self) -> str:
        """What holds them."""
        return self._database.name

    def pair(self, name: str) -> ExpressionPair:
        """Return the column of a name that either side has exactly once."""
        places = self.names.map(lambda side: side.index(name))
        return ExpressionPair(
            name,
            self._database,
            Both(
                self.sides.reference[places.reference],
                self.sides.current[places.current],
            ),
            self.rows,
            Both(
                self._overview("reference", places.reference),
                self._overview("current", places.current),
            ),
        )

    def __post_init__(self) -> None:
        """Refuse two databases before anything is asked."""
        self._database  # noqa: B018 - looked up for its error

    @cached_property
    def _database(self) -> Database:
        return database_of(self.sides)

    @cached_property
    def _seen(self) -> dict[tuple[str, int], Overview]:
        return {}

    def _overview(self, side: str, place: int) -> Overview:
        if (side, place) not in self._seen:
            table: ibis.Table = getattr(self.sides, side)
            first = place - place % _BLOCK
            block = range(first, min(first + _BLOCK, len(table.columns)))
            parts = min(_MOST_PARTS, max(self.rows) // self.rows_a_part)
            found = overviews(self._database, table, block, parts)
            self._seen.update({(side, at): one for at, one in found.items()})
        return self._seen[side, place]
