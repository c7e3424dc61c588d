"""DuckDB, for SQL and for what does not fit into memory: it spills into the workspace."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_jupyter.data.reading import tables
from mlops_jupyter.data.reading.names import quoted
from mlops_jupyter.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis
    from ibis.backends.duckdb import Backend

    from mlops_jupyter.data.catalog.contents import KeptFile
    from mlops_jupyter.workspace import Workspace

_MEMORY = "1GB"
# Types of DuckDB that Ibis does not know, and what they are read as.
_KNOWN_AS = {"TIMESTAMPTZ_NS": "TIMESTAMPTZ", '"NULL"': "VARCHAR"}
_SQL = re.compile(r"\s*(select|with)\s", re.IGNORECASE)

# One database for both sides, as long as a table of it is in use.
_opened: weakref.WeakValueDictionary[Path, Backend] = weakref.WeakValueDictionary()
_numbers = itertools.count(1)


def is_sql(source: str) -> bool:
    """Whether text is a query.

    Examples
    --------
    >>> is_sql("SELECT * FROM 'a.csv'"), is_sql("select.csv"), is_sql("with/a.csv")
    (True, False, False)
    """
    # Path.exists() refuses names that are too long for a file; a query may be one.
    return _SQL.match(source) is not None and not os.path.exists(source)  # noqa: PTH110


def of_query(workspace: Workspace, query: str, side: str) -> ibis.Table:
    """Return what a query selects; relative paths in it count from the workspace's root.

    Raises
    ------
    BadInput
        DuckDB refuses it, or it is more than one query.
    """
    import duckdb

    backend = opened(workspace)
    name = f"query_{next(_numbers)}"
    try:
        statements = duckdb.extract_statements(query)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise BadInput(
                f"the {side} is not one query: {shortened(query)}", "give one SELECT or WITH"
            )
        text = statements[0].query.strip().rstrip(";")
        backend.con.execute(f"CREATE TEMP VIEW {name} AS {text}")
        return _table(backend, name)
    except duckdb.Error as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        said = lines[0] if lines else type(error).__name__
        raise BadInput(
            f"the {side}, {shortened(query)}, does not run: {said}",
            "it is DuckDB's SQL; a file is a table: SELECT … FROM 'data/june.parquet'",
        ) from None


def of_files(workspace: Workspace, files: Sequence[KeptFile]) -> ibis.Table:
    """Return files as one table."""
    backend = opened(workspace)
    name = f"files_{next(_numbers)}"
    tables.create_view(backend.con, name, files)
    return _table(backend, name)


def opened(workspace: Workspace) -> Backend:
    """Return the database of a workspace: in memory, with room on disk for what does not fit."""
    import duckdb
    import ibis

    root = workspace.root.resolve()
    if (known := _opened.get(root)) is not None:
        return known
    state = workspace.state_dir
    state.mkdir(parents=True, exist_ok=True)
    folder = tempfile.mkdtemp(prefix="duckdb-", dir=state)
    config: dict[str, Any] = {
        "temp_directory": folder,
        "memory_limit": _MEMORY,
        "autoinstall_known_extensions": False,
        "file_search_path": quoted(str(root)) if "," in str(root) else str(root),
        # A table that is named in a query is none of our variables.
        "python_enable_replacements": False,
    }
    connection = duckdb.connect(":memory:", config=config)
    connection.execute("SET enable_progress_bar = false")
    # Parquet's bounds of a column leave NaN out: DuckDB would conclude that there is none.
    connection.execute("SET disabled_optimizers = 'statistics_propagation'")
    backend = ibis.duckdb.from_connection(connection)
    weakref.finalize(backend, shutil.rmtree, folder, ignore_errors=True)
    _opened[root] = backend
    return backend


def _table(backend: Backend, name: str) -> ibis.Table:
    """Return a view as a table, in types that Ibis knows."""
    columns = backend.con.execute(f"DESCRIBE {name}").fetchall()
    unknown = [
        (quoted(column), _KNOWN_AS[held]) for column, held, *_ in columns if held in _KNOWN_AS
    ]
    if unknown:
        casts = ", ".join(f"{column}::{known} AS {column}" for column, known in unknown)
        view = f"{name}_known"
        backend.con.execute(f"CREATE TEMP VIEW {view} AS SELECT * REPLACE ({casts}) FROM {name}")  # noqa: S608 - quoted
        return backend.table(view)
    return backend.table(name)


def shortened(query: str, most: int = 60) -> str:
    r"""Return a query on one line, its end left out where it is long.

    Examples
    --------
    >>> shortened("SELECT *\n  FROM june", most=12)
    'SELECT * FR…'
    """
    line = " ".join(query.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
