"""Both sides as tables of databases."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from mlops_jupyter.drift.expressions.asking import Database, database_of
from mlops_jupyter.drift.expressions.columns import ExpressionPair, Side
from mlops_jupyter.drift.expressions.overviews import Overview, overviews
from mlops_jupyter.drift.expressions.resolving import Limits
from mlops_jupyter.drift.pairs import Both, text

if TYPE_CHECKING:
    import ibis

_BLOCK = 50  # columns of one query


@dataclass(frozen=True)
class ExpressionTables:
    """Two sides, each held by a database: the same one or two.

    Parameters
    ----------
    sides : Both of ibis.Table
        The tables. Each side is asked on its own: nothing goes from one database to the other.
    limits : Limits
        What leaves a database at most.

    Examples
    --------
    >>> import ibis
    >>> june, july = ibis.memtable({"x": [1, 2, 3]}), ibis.memtable({"x": [2, 3]})
    >>> tables = ExpressionTables(Both(june, july))
    >>> tables.backend, tables.rows, tables.pair("x").distinct_together()
    ('DuckDB', Both(reference=3, current=2), 3)
    """

    sides: Both[ibis.Table]
    limits: Limits = field(default_factory=Limits)

    @cached_property
    def names(self) -> Both[list[str]]:
        """The columns of either side."""
        return self.sides.map(lambda side: [text(name) for name in side.columns])

    @cached_property
    def rows(self) -> Both[int]:
        """Rows of either side."""
        both = zip(self._databases, self.sides, strict=True)
        return Both(*(int(db.row(side.aggregate(n=side.count()))["n"]) for db, side in both))

    @property
    def backend(self) -> str:
        """What holds them."""
        return " and ".join(dict.fromkeys(database.name for database in self._databases))

    def pair(self, name: str) -> ExpressionPair:
        """Return the column of a name that either side has exactly once."""
        return ExpressionPair(name, Both(self._side(0, name), self._side(1, name)), self.limits)

    def __post_init__(self) -> None:
        """Refuse what no database answers for before anything is asked."""
        self._databases  # noqa: B018 - looked up for its error

    @cached_property
    def _databases(self) -> Both[Database]:
        return self.sides.map(database_of)

    @cached_property
    def _seen(self) -> dict[tuple[int, int], Overview]:
        return {}

    def _side(self, side: int, name: str) -> Side:
        database, table = [*self._databases][side], [*self.sides][side]
        place = [*self.names][side].index(name)
        if (side, place) not in self._seen:
            first = place - place % _BLOCK
            block = range(first, min(first + _BLOCK, len(table.columns)))
            found = overviews(database, table, block)
            self._seen.update({(side, at): one for at, one in found.items()})
        return Side(database, table[place], [*self.rows][side], self._seen[side, place])
