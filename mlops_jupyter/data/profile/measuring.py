"""Making a profile: a table read in a few passes by DuckDB, whatever its size.

Quantiles and distinct values of a table of up to `_EXACT_ROWS` rows are exact; beyond, quantiles
are approximate, and so are the distinct values of columns that have very many.
"""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from mlops_jupyter.data.profile.measures import LONGEST, Column
from mlops_jupyter.data.profile.records import ColumnProfile, Histogram, Part, Profile, TopValue
from mlops_jupyter.data.reading import tables
from mlops_jupyter.data.reading.names import quoted
from mlops_jupyter.errors import BadInput

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from mlops_jupyter.data.catalog.contents import KeptFile
    from mlops_jupyter.workspace import Workspace

_EXACT_ROWS = 2_000_000
_COUNTED_APART = 100_000  # distinct values that are counted one by one, in any table
_VALUES_AT_ONCE = 16_000_000  # 128 MB
_COLUMNS_AT_ONCE = 10  # planning takes more than twice as long for twice as many
_TOP = 10
_LONGEST_PROBLEM = 500
_MEMORY = "400MB"
_SMALL = 64 * 2**20
_VIEW, _TABLE = "version", "kept.main.version"


def measure(
    workspace: Workspace, hash_: str, files: Sequence[KeptFile], folder: Path, *, values: bool
) -> Profile:
    """Make the profile of a version.

    Parameters
    ----------
    workspace : Workspace
        Where.
    hash_ : str
        The version's content.
    files : sequence of KeptFile
        Its files.
    folder : Path
        An empty folder for what does not fit into memory.
    values : bool
        Whether single values may be in it.

    Raises
    ------
    OSError
        No space is left. What is wrong with the data itself is no error, but said in the profile.
    """
    import duckdb

    made = datetime.now(UTC)
    found = Profile(hash=hash_, made=made, parts=_parts(files), values=values)
    names = [file.name for file in files]
    read_as = format_named(names)
    if not read_as:
        return found
    found = found.model_copy(update={"format": read_as})
    if all(file.path.stat().st_size == 0 for file in files):
        return found.model_copy(update={"problem": "there is nothing in it: 0 bytes"})
    try:
        with tables.connected(workspace) as connection:
            _hold_back(connection, folder)
            table, misfits = _table(connection, files, folder)
            rows, columns = _Table(connection, table, values).measured()
    except (duckdb.Error, BadInput) as error:
        if "No space left" in str(error):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from None
        told = error.message if isinstance(error, BadInput) else tables.reason(error, files)
        return found.model_copy(update={"problem": told[:_LONGEST_PROBLEM]})
    return found.model_copy(update={"rows": rows, "columns": columns, "misfits": misfits})


def format_named(names: Sequence[str]) -> str:
    """Return what files of these names are read as; empty for what is no table.

    Examples
    --------
    >>> format_named(["2013/a.csv.gz", "2013/b.csv.gz"]), format_named(["cat.png"])
    ('.csv.gzip', '')
    """
    known = tables.format_of(names) if names else None
    return "" if known is None else ".".join(part for part in known if part)


def _parts(files: Sequence[KeptFile]) -> tuple[Part, ...]:
    count: Counter[str] = Counter()
    size: Counter[str] = Counter()
    for file in files:
        suffix = PurePosixPath(file.name).suffix.lower()[:LONGEST]
        count[suffix] += 1
        size[suffix] += file.path.stat().st_size
    by_size = sorted(count, key=lambda suffix: (-size[suffix], suffix))
    return tuple(Part(suffix=each, files=count[each], size=size[each]) for each in by_size)


def _hold_back(connection: DuckDBPyConnection, folder: Path) -> None:
    """Leave the machine to whoever works at it."""
    threads = max(1, (os.cpu_count() or 2) // 2)
    connection.execute(f"SET memory_limit = '{_MEMORY}'; SET threads = {threads}")
    connection.execute(f"SET temp_directory = {quoted(str(folder / 'spilled'), chr(39))}")
    connection.execute("SET TimeZone = 'UTC'")


def _table(
    connection: DuckDBPyConnection, files: Sequence[KeptFile], folder: Path
) -> tuple[str, tuple[str, ...]]:
    """Return the table to measure, and which files do not fit the others.

    What would have to be parsed at each pass is parsed once.
    """
    import duckdb

    misfits = tables.create_view(connection, _VIEW, files)
    parquet = (tables.format_of([file.name for file in files]) or ("",))[0] in (".parquet", ".pq")
    if parquet and sum(file.path.stat().st_size for file in files) > _SMALL:
        return _VIEW, misfits
    connection.execute(f"ATTACH {quoted(str(folder / 'kept.duckdb'), chr(39))} AS kept")
    copy = f"CREATE TABLE {_TABLE} AS SELECT * FROM {_VIEW}"  # noqa: S608 - ours
    try:
        connection.execute(copy)
    except duckdb.ConversionException:
        # A CSV whose beginning misleads about its types.
        connection.execute(f"DROP VIEW {_VIEW}")
        tables.create_view(connection, _VIEW, files, looks_at_all=True)
        connection.execute(copy)
    return _TABLE, misfits


class _Table:
    """A table that is being measured."""

    def __init__(self, connection: DuckDBPyConnection, table: str, values: bool) -> None:
        self._connection = connection
        self._table = table
        self._values = values
        described = connection.execute(f"DESCRIBE SELECT * FROM {table}").fetchall()  # noqa: S608 - ours
        self._columns = [Column(str(name), str(type_)) for name, type_, *_ in described]
        ((self._rows,),) = self._ask("count(*)")
        self._exact = self._rows <= _EXACT_ROWS

    def measured(self) -> tuple[int, tuple[ColumnProfile, ...]]:
        """Return the number of rows, and each column's profile."""
        found: list[ColumnProfile] = []
        at_once = max(1, min(_COLUMNS_AT_ONCE, _VALUES_AT_ONCE // max(self._rows, 1)))
        if not self._exact:
            at_once = _COLUMNS_AT_ONCE
        for start in range(0, len(self._columns), at_once):
            found += self._first_passes(self._columns[start : start + at_once])
        pairs = zip(self._columns, found, strict=True)
        return self._rows, tuple(self._with_values(column, profile) for column, profile in pairs)

    def _first_passes(self, columns: list[Column]) -> list[ColumnProfile]:
        import duckdb

        try:
            told = self._all_of(
                columns, lambda column: column.measures(exact=self._exact, values=self._values)
            )
            profiles = [
                column.profile(found, exact=self._exact)
                for column, found in zip(columns, told, strict=True)
            ]
            return self._with_histograms(columns, profiles, told)
        except (duckdb.Error, ValueError):
            if len(columns) > 1:
                return [profile for column in columns for profile in self._first_passes([column])]
            # A type that cannot be measured: that it is there is all that is said. Where the
            # data itself is broken this fails as well.
            (column,) = columns
            ((missing,),) = self._ask(f"count(*) - count({quoted(column.name)})")
            return [
                ColumnProfile(name=column.name, type=column.type, kind="other", missing=missing)
            ]

    def _with_histograms(
        self, columns: list[Column], profiles: list[ColumnProfile], told: list[dict[str, Any]]
    ) -> list[ColumnProfile]:
        edges = [column.bins(found) for column, found in zip(columns, told, strict=True)]
        binned = {
            place: column.binned(edges[place])
            for place, column in enumerate(columns)
            if edges[place]
        }
        if not binned:
            return profiles
        (counts,) = self._ask(*binned.values())
        drawn = {
            place: Histogram(
                edges=edges[place],
                counts=tuple((each or {}).get(n, 0) for n in range(len(edges[place]) - 1)),
            )
            for place, each in zip(binned, counts, strict=True)
        }
        return [
            profile.model_copy(update={"histogram": drawn[place]}) if place in drawn else profile
            for place, profile in enumerate(profiles)
        ]

    def _with_values(self, column: Column, profile: ColumnProfile) -> ColumnProfile:
        """Count the distinct values one by one, where they are not too many."""
        if profile.kind == "boolean" and self._values and profile.histogram:
            pairs = zip(("false", "true"), profile.histogram.counts, strict=True)
            top = [TopValue(value=value, count=count) for value, count in pairs if count]
            return profile.model_copy(
                update={"top": tuple(sorted(top, key=lambda each: -each.count))}
            )
        many = not self._exact and (profile.distinct or 0) > _COUNTED_APART
        if (
            many
            or not profile.distinct
            or profile.kind not in ("integer", "number", "moment", "text")
        ):
            return profile
        counted = self._connection.execute(
            f"SELECT left(CAST(v AS VARCHAR), {LONGEST}), n, count(*) OVER () FROM ("  # noqa: S608 - quoted
            f"SELECT {column.sql} AS v, count(*) AS n FROM {self._table} "
            f"WHERE {column.counted} GROUP BY v) ORDER BY n DESC, v LIMIT {_TOP}"
        ).fetchall()
        distinct = counted[0][2]
        # Of what never comes twice, such as ids, no value is more frequent than another.
        frequent = self._values and (counted[0][1] > 1 or distinct <= _TOP)
        return profile.model_copy(
            update={
                "distinct": distinct,
                "distinct_is_exact": True,
                "top": tuple(TopValue(value=value, count=n) for value, n, _ in counted)
                if frequent
                else (),
            }
        )

    def _all_of(
        self, columns: list[Column], measures: Callable[[Column], dict[str, str]]
    ) -> list[dict[str, Any]]:
        wanted = [measures(column) for column in columns]
        (row,) = self._ask(*(sql for each in wanted for sql in each.values()))
        values: Iterator[Any] = iter(row)
        return [{name: next(values) for name in each} for each in wanted]

    def _ask(self, *expressions: str) -> list[tuple[Any, ...]]:
        asked = f"SELECT {', '.join(expressions)} FROM {self._table}"  # noqa: S608 - quoted
        return self._connection.execute(asked).fetchall()
