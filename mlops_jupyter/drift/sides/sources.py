"""A side, read as far as its columns are known."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeGuard, cast

from mlops_jupyter.drift.pairs import text
from mlops_jupyter.errors import BadInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import ibis
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from mlops_jupyter.drift.memory.tables import Columns
    from mlops_jupyter.drift.report import Finding


@dataclass(frozen=True)
class Source:
    """A side of the comparison.

    Attributes
    ----------
    side : str
        ``"reference"`` or ``"current"``, for messages.
    label : str
        What it is called on the card.
    table : Columns or ibis.Table
        Its columns: taken into memory one by one, or asked of a database. Never written to.
    reference : str or None
        What names it for another command: a path, ``data:NAME@vN``, ``run:ID`` …; None for what
        is only in memory, and for SQL.
    notes : tuple of Finding
        What reading it has shown.
    stored : callable or None
        Gives its files as a table of DuckDB; None where it is not in files, or they are small.
    """

    side: str
    label: str
    table: Columns | ibis.Table
    reference: str | None = None
    notes: tuple[Finding, ...] = ()
    stored: Callable[[], ibis.Table] | None = None

    @cached_property
    def rows(self) -> int:
        """Its rows."""
        if is_expression(self.table):
            from mlops_jupyter.drift.sides.fetching import counted

            return counted(self.table)
        return self._columns.rows

    @property
    def names(self) -> list[str]:
        """Its columns, as text; a name may stand there several times."""
        if is_expression(self.table):
            return [text(name) for name in self.table.columns]
        return self._columns.names

    def frame(
        self, columns: Sequence[str], limit: int | None = None, seed: int = 0
    ) -> pd.DataFrame:
        """Return columns as a frame, each row with its values of all of them.

        Parameters
        ----------
        columns : sequence of str
            Their names.
        limit : int, optional
            At most so many rows, drawn at random and in their order.
        seed : int
            What draws the same rows again.

        Raises
        ------
        NotFound
            There is no such column.
        BadInput
            Several have that name.

        Examples
        --------
        >>> june = drift.sides.read(ws, "data/june.parquet", "reference")
        >>> june.frame(["temp", "carrier"], limit=5).shape
        (5, 2)
        """
        import pandas as pd

        places = [self._place(name) for name in columns]
        kept = None if limit is None or limit >= self.rows else drawn(self.rows, limit, seed)
        if is_expression(self.table):
            from mlops_jupyter.drift.sides.fetching import fetched

            return fetched(self.table, places, kept, list(columns))
        taken: dict[str, Any] = {}
        for name, place in zip(columns, places, strict=True):
            series = self._columns.series(place)
            taken[name] = (series if kept is None else series.iloc[kept]).array
        return pd.DataFrame(taken)

    @property
    def _columns(self) -> Columns:
        return cast("Columns", self.table)

    def _place(self, name: str) -> int:
        names = self.names
        if name not in names:
            raise NotFound(
                f"the {self.side}, {self.label}, has no column {name!r}",
                f"there are: {', '.join(names[:20])}",
            )
        if names.count(name) > 1:
            raise BadInput(
                f"{name} is the name of several columns of the {self.side}, {self.label}",
                "name each column once",
            )
        return names.index(name)


def is_expression(table: object) -> TypeGuard[ibis.Table]:
    """Whether a table is Ibis' and asked of a database, without a look into that library."""
    return type(table).__module__.partition(".")[0] == "ibis"


def drawn(rows: int, limit: int, seed: int) -> NDArray[np.int64]:
    """Return which rows are taken where not all are: their places, in order.

    Examples
    --------
    >>> drawn(1000, 3, seed=1).tolist() == drawn(1000, 3, seed=1).tolist()
    True
    """
    import numpy as np

    return np.sort(np.random.default_rng(seed).choice(rows, size=limit, replace=False))
