"""Asking a database, and saying so where it does not answer."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_jupyter.data.reading.tables import reason
from mlops_jupyter.drift.pairs import text
from mlops_jupyter.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    import ibis
    import pyarrow as pa

GIVEN = "mlops_drift_cell"  # a column of tables that go to the database with a question
SAMPLE_THERE = "SELECT … USING SAMPLE 10%, or .sample(0.1) of the table"
_WORDS = {"duckdb": "DuckDB", "pyspark": "PySpark", "bigquery": "BigQuery", "postgres": "Postgres"}
# What drivers raise, by module: looked up only where it is loaded, since it raised.
_RAISED = (
    ("duckdb", "Error"),
    ("pyspark.errors", "PySparkException"),
    ("py4j.protocol", "Py4JError"),
    ("pyarrow", "ArrowException"),  # what fails while rows come in batches
)


@dataclass(frozen=True)
class Database:
    """What holds a side.

    Parameters
    ----------
    backend : ibis backend
        Its connection.

    Examples
    --------
    >>> import ibis
    >>> database = Database(ibis.duckdb.connect())
    >>> database.name, database.arrow(ibis.memtable({"x": [1, 2]})).to_pylist()
    ('DuckDB', [{'x': 1}, {'x': 2}])
    """

    backend: Any

    @property
    def name(self) -> str:
        """Its name, in words for the reader of a report."""
        return _WORDS.get(self.backend.name, str(self.backend.name))

    def arrow(self, expression: ibis.Table) -> pa.Table:
        """Return the rows of an expression, numbers as they are, to the last digit.

        Raises
        ------
        BadInput
            The database does not answer.
        """
        try:
            with self.answering():
                return self._asked(expression)
        finally:
            self._forget(expression)

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """Say it in a line where the database does not answer what is asked within.

        Raises
        ------
        BadInput
            It does not.
        """
        from ibis.common.exceptions import IbisError

        try:
            yield
        except (IbisError, *_of_drivers()) as error:
            raise BadInput(
                f"{self.name} does not answer: {text(reason(error, []))[:300]}",
                "look whether all of the table can be read there; a part of it may do: "
                f"{SAMPLE_THERE}",
            ) from error

    def row(self, expression: ibis.Table) -> dict[str, Any]:
        """Return the only row of an expression."""
        found: dict[str, Any] = self.arrow(expression).to_pylist()[0]
        return found

    def _asked(self, expression: ibis.Table) -> pa.Table:
        import ibis

        if self.backend.name != "pyspark":
            return self.backend.to_pyarrow(expression)
        # Ibis would go through pandas, which rounds large whole numbers and has no NaN of its own.
        self.backend._run_pre_execute_hooks(expression)  # noqa: SLF001 - tables of its memory
        return self.backend.raw_sql(str(ibis.to_sql(expression, dialect="pyspark"))).toArrow()

    def _forget(self, expression: ibis.Table) -> None:
        """Drop what was given along: Ibis would leave it in the user's session to the end."""
        import ibis.expr.operations as ops

        for table in expression.op().find(ops.InMemoryTable):
            if GIVEN not in table.schema.names:
                continue
            if self.backend.name == "duckdb":
                self.backend.con.unregister(table.name)
            elif self.backend.name == "pyspark":
                self.backend._session.catalog.dropTempView(table.name)  # noqa: SLF001


def database_of(table: ibis.Table) -> Database:
    """Return the database that holds a table; DuckDB for one in Ibis' memory.

    Raises
    ------
    BadInput
        It belongs to none, or is put together out of several.
    """
    from ibis.common.exceptions import IbisError

    try:
        return Database(table.get_backend())
    except IbisError as error:
        raise BadInput(
            f"the expression cannot be asked for: {text(error)}",
            "make it from tables of one connection",
        ) from None


def _of_drivers() -> tuple[type[BaseException], ...]:
    found = (getattr(sys.modules.get(module), name, None) for module, name in _RAISED)
    return tuple(kind for kind in found if isinstance(kind, type))
