"""Databases as sources: which one, without credentials, and what it was asked."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

from mlops_jupyter.tracking.capture import masking
from mlops_jupyter.tracking.capture.sources import without_credentials

_QUERY_LIMIT = 10_000
_LITERAL = re.compile(r"'((?:[^']|'')*)'|\"((?:[^\"]|\"\")+)\"")
_COPY_TO = re.compile(r"\bTO\s*$", re.IGNORECASE)


def where(connection: object) -> str:
    """Return the address of the database behind a connection, as SQLAlchemy writes it.

    Examples
    --------
    >>> where("postgresql://me:hunter2@db.example:5432/flights?sslmode=require")
    'postgresql://db.example:5432/flights'
    """
    if isinstance(connection, str):
        return without_credentials(connection).partition("?")[0]
    url: Any = getattr(getattr(connection, "engine", connection), "url", None)
    if hasattr(url, "get_backend_name"):
        port = f":{url.port}" if url.port else ""
        return f"{url.get_backend_name()}://{url.host or ''}{port}/{url.database or ''}"
    if isinstance(connection, sqlite3.Connection):
        return f"sqlite:///{_file_of_sqlite(connection)}"
    module = type(connection).__module__.partition(".")[0].lstrip("_")
    if module == "duckdb":
        return where_duckdb(connection)
    info = getattr(connection, "info", None)  # psycopg
    host, name = getattr(info, "host", ""), getattr(info, "dbname", "")
    return f"{module}://{host or ''}/{name or ''}"


def where_duckdb(connection: Any) -> str:
    """Return ``duckdb:///PATH``; without a path where it is in memory."""
    # A cursor of its own: a query on this one would end the user's.
    rows = connection.cursor().execute("PRAGMA database_list").fetchall()
    files = [str(row[2]) for row in rows if row[2]]
    return f"duckdb:///{', '.join(files)}"


def text_of(query: object) -> str:
    """Return a query's text, masked and of bounded length."""
    text = "; ".join(map(str, query)) if isinstance(query, (list, tuple)) else str(query)
    return masking.of_this_process().text(text.strip()[:_QUERY_LIMIT])


def named_in(query: str) -> tuple[list[str], list[str]]:
    """Return what a DuckDB query may name as files: to read, and to write (``COPY … TO``).

    Every literal is a candidate: which are files is for the file system to say.

    Examples
    --------
    >>> named_in("COPY (SELECT * FROM read_csv('in.csv')) TO 'out.parquet'")
    (['in.csv'], ['out.parquet'])
    """
    read: list[str] = []
    written: list[str] = []
    for match in _LITERAL.finditer(query):
        text = match[1].replace("''", "'") if match[1] is not None else match[2]
        target = written if _COPY_TO.search(query[: match.start()]) else read
        if text and text not in target:
            target.append(text)
    return read, written


def _file_of_sqlite(connection: sqlite3.Connection) -> str:
    cursor = connection.cursor()
    cursor.row_factory = None
    try:
        return str(cursor.execute("PRAGMA database_list").fetchone()[2] or ":memory:")
    finally:
        cursor.close()
