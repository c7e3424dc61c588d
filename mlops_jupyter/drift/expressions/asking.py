"""Asking a database, and saying so where it does not answer."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_jupyter.drift.pairs import Both, text
from mlops_jupyter.errors import BadInput

if TYPE_CHECKING:
    import ibis

_WORDS = {"duckdb": "DuckDB", "pyspark": "PySpark", "bigquery": "BigQuery", "postgres": "Postgres"}
# What drivers raise, by module: looked up only where it is loaded, since it raised.
_RAISED = (
    ("duckdb", "Error"),
    ("pyspark.errors", "PySparkException"),
    ("py4j.protocol", "Py4JError"),
)


@dataclass(frozen=True)
class Database:
    """What holds both sides.

    Parameters
    ----------
    backend : ibis backend
        Its connection.

    Examples
    --------
    >>> import ibis
    >>> database = Database(ibis.duckdb.connect())
    >>> database.name, database.rows_of(ibis.memtable({"x": [1, 2]}))
    ('DuckDB', [{'x': 1}, {'x': 2}])
    """

    backend: Any

    @property
    def name(self) -> str:
        """Its name, in words for the reader of a report."""
        return _WORDS.get(self.backend.name, str(self.backend.name))

    def rows_of(self, expression: ibis.Table) -> list[dict[str, Any]]:
        """Return the few rows of a table expression, numbers as they are, to the last digit."""
        rows: list[dict[str, Any]] = self.arrow(expression).to_pylist()
        return rows

    def arrow(self, expression: ibis.Table) -> Any:
        """Return a table expression as Arrow's table.

        Raises
        ------
        BadInput
            The database does not answer.
        """
        from ibis.common.exceptions import IbisError

        try:
            return self.backend.to_pyarrow(expression)
        except (IbisError, *_of_drivers()) as error:
            line = (text(error).strip().splitlines() or [type(error).__name__])[0]
            raise BadInput(
                f"{self.name} does not answer: {line[:300]}",
                "look whether the table can be read there; a sample of it may do: --sample",
            ) from error


def database_of(sides: Both[ibis.Table]) -> Database:
    """Return the one database that holds both sides.

    A frame given as ``ibis.memtable`` is at home in any.

    Raises
    ------
    BadInput
        The sides are in two databases, or in none.
    """
    import ibis.expr.operations as ops
    from ibis.common.exceptions import IbisError

    held = [node for side in sides for node in side.op().find(ops.PhysicalTable)]
    # By identity: two databases in memory are equal to Ibis.
    found = {id(node.source): node.source for node in held if hasattr(node, "source")}
    if len(found) > 1:
        names = " and ".join(sorted(Database(backend).name for backend in found.values()))
        raise BadInput(
            f"reference and current are in two databases ({names}), or in one by two connections",
            "open both tables from one connection, or give one as a Parquet file or a frame",
        )
    try:
        return Database(next(iter(found.values())) if found else sides.reference.get_backend())
    except IbisError:
        raise BadInput(
            "the expression belongs to no database", "make it from a table of a connection"
        ) from None


def _of_drivers() -> tuple[type[BaseException], ...]:
    found = (getattr(sys.modules.get(module), name, None) for module, name in _RAISED)
    return tuple(kind for kind in found if isinstance(kind, type))
