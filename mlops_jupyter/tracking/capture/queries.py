"""What is looked at when a database is asked: through pandas, polars, SQLAlchemy or DuckDB."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from mlops_jupyter.tracking.capture import frames, sql
from mlops_jupyter.tracking.capture.sightings import Read
from mlops_jupyter.tracking.capture.sources import Signature, places
from mlops_jupyter.tracking.capture.tables import Observing, argument, seen

if TYPE_CHECKING:
    from mlops_jupyter.tracking.capture.watching import Feed


class SqlReader(Observing):
    """A function that takes a query and a connection, and gives a frame.

    Parameters
    ----------
    feed : Feed
        Is told.
    arguments : tuple of str
        Names of the two, in the order in which they come.
    """

    def __init__(self, feed: Feed, arguments: tuple[str, ...]) -> None:
        super().__init__(feed)
        self._query, self._connection = arguments

    def before(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[str, str]:
        """Return the database and the query."""
        query = argument(args, kwargs, (self._query,), 0)
        connection = argument(args, kwargs, (self._connection,), 1)
        return sql.where(connection), sql.text_of(query)

    def after(self, token: tuple[str, str], result: Any) -> None:
        """Digest what it answered."""
        address, query = token
        self.feed.read(Read("sql", address, query=query, what=frames.describe(result)))


@dataclass(frozen=True)
class _Question:
    query: str
    address: str


class Asked:
    """The last query of each DuckDB connection and relation: its answer is fetched later."""

    def __init__(self) -> None:
        self._questions: WeakKeyDictionary[Any, _Question] = WeakKeyDictionary()

    def put(self, owner: object, question: _Question) -> None:
        """Remember a question."""
        with contextlib.suppress(TypeError):  # takes no weak reference
            self._questions[owner] = question

    def get(self, owner: object) -> _Question | None:
        """Return the question that an answer is fetched to."""
        with contextlib.suppress(TypeError):
            return self._questions.get(owner)
        return None


class DuckQuery(Observing):
    """A query to DuckDB: the files that it names are sources.

    Parameters
    ----------
    feed : Feed
        Is told.
    asked : Asked
        Remembers the query.
    method : bool
        Of a connection, rather than of the module and its own connection.
    """

    def __init__(self, feed: Feed, asked: Asked, *, method: bool) -> None:
        super().__init__(feed)
        self._asked = asked
        self._method = method

    def before(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Before | None:
        """Look at the files before they are read."""
        query = argument(args, kwargs, ("query",), int(self._method))
        if not isinstance(query, str):
            return None
        connection = args[0] if self._method else kwargs.get("connection")
        read, written = sql.named_in(query)
        found = [entry for place in places(read) if (entry := seen(place)) is not None]
        targets = [place for place in places(written) if isinstance(place, Path)]
        return _Before(query, connection, found, targets)

    def after(self, token: _Before | None, result: Any) -> None:
        """Tell the files, and keep the query for when its answer is fetched."""
        if token is None:
            return
        for read in token.found:
            self.feed.read(read)
        for path in token.targets:
            if Signature.of(path) is not None or path.is_dir():
                self.feed.written(path)
        connection = token.connection
        if connection is None and hasattr(result, "cursor"):
            connection = result
        address = sql.where_duckdb(connection) if connection is not None else "duckdb:///"
        if result is not None and (token.found or address != "duckdb:///"):
            self._asked.put(result, _Question(sql.text_of(token.query), address))


@dataclass(frozen=True)
class _Before:
    query: str
    connection: Any
    found: list[Read]
    targets: list[Path]


class DuckFetch(Observing):
    """Fetching an answer from DuckDB; of queries over live frames alone nothing is to be told.

    Parameters
    ----------
    feed : Feed
        Is told.
    asked : Asked
        Knows the query.
    """

    def __init__(self, feed: Feed, asked: Asked) -> None:
        super().__init__(feed)
        self._asked = asked

    def before(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Question | None:
        """Return the question."""
        del kwargs
        return self._asked.get(args[0]) if args else None

    def after(self, token: _Question | None, result: Any) -> None:
        """Digest the answer."""
        if token is not None:
            what = frames.describe(result)
            self.feed.read(Read("sql", token.address, query=token.query, what=what))
