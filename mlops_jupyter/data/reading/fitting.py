"""Which files of one table do not fit the others: a spoiled line, or another table among them.

DuckDB matches columns by name and says nothing of a file that has others; and where a line of a
CSV has too few values it takes the whole header for the name of one column.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_jupyter.data.reading.names import literal_path, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

    from mlops_jupyter.data.catalog.contents import KeptFile

LOOKED_AT = 200  # files; each is opened for it
_NAMED = 3
_COLUMNS = 4
_LONGEST = 60
# What a reader is told so that the columns stay those of the header.
BY_THE_HEADER = ", header=true, null_padding=true, strict_mode=false, parallel=false"


@dataclass(frozen=True)
class Fit:
    """How the files of a table fit together.

    Attributes
    ----------
    notes : tuple of str
        What the user should know; empty where all fit.
    spoiled : frozenset of str
        Names of the files that have the others' header, and lines of another length.
    delimiter : str
        What parts their values.
    """

    notes: tuple[str, ...] = ()
    spoiled: frozenset[str] = frozenset()
    delimiter: str = ","


def fit_of(
    connection: DuckDBPyConnection, function: str, more: str, files: Sequence[KeptFile]
) -> Fit:
    """Return how files fit together, judged from the columns of the first `LOOKED_AT`.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Any.
    function, more : str
        DuckDB's reader, and what it is told.
    files : sequence of KeptFile
        The parts of one table.
    """
    looked_at = files[:LOOKED_AT]
    columns = [_columns(connection, function, more, file) for file in looked_at]
    count = Counter(frozenset(_folded(names)) for names in columns if names)
    if len(count) < 2:
        return Fit()
    most = max(count, key=lambda names: (count[names], len(names)))
    place = next(i for i, names in enumerate(columns) if names and {*_folded(names)} == most)
    usual = columns[place]
    delimiter = _delimiter(connection, looked_at[place]) if function == "read_csv" else ","
    told: list[tuple[str, str]] = []
    spoiled = set()
    for file, names in zip(looked_at, columns, strict=True):
        if not names or {*_folded(names)} == most:
            continue
        if function == "read_csv" and not most & {*_folded(names)}:
            by_header = _columns(connection, function, _by_header(more, delimiter), file)
            if by_header[: len(usual)] == usual:
                spoiled.add(file.name)
                why = "lines with too few or too many values; read by its header all the same"
                told.append((file.name, why))
                continue
        told.append((file.name, _difference(usual, names)))
    return Fit(tuple(_sentences(told, len(looked_at), len(files))), frozenset(spoiled), delimiter)


def _by_header(more: str, delimiter: str) -> str:
    parted = "" if "delim=" in more else f", delim={quoted(delimiter, chr(39))}"
    return more + BY_THE_HEADER + parted


def spoiled_options(more: str, fit: Fit) -> str:
    """Return what the reader of the spoiled files is told."""
    return _by_header(more, fit.delimiter)


def _columns(connection: DuckDBPyConnection, function: str, more: str, file: KeptFile) -> list[str]:
    """Return the names of a file's columns; none where it cannot be read, which is said later."""
    import duckdb

    path = quoted(literal_path(file.path), "'")
    try:
        rows = connection.execute(
            f"DESCRIBE SELECT * FROM {function}([{path}]{more})"  # noqa: S608 - quoted
        ).fetchall()
    except duckdb.Error:
        return []
    return [str(row[0]) for row in rows]


def _delimiter(connection: DuckDBPyConnection, file: KeptFile) -> str:
    import duckdb

    try:
        row = connection.execute(
            "SELECT Delimiter FROM sniff_csv(?)", [literal_path(file.path)]
        ).fetchone()
    except duckdb.Error:
        row = None
    return str(row[0]) if row else ","


def _folded(names: Sequence[str]) -> list[str]:
    return [name.casefold() for name in names]  # DuckDB matches them so


def _difference(usual: Sequence[str], names: Sequence[str]) -> str:
    lacks = [name for name in usual if name.casefold() not in _folded(names)]
    own = [name for name in names if name.casefold() not in _folded(usual)]
    parts = [f"has no {_listed(lacks, _COLUMNS)}"] if lacks else []
    parts += [f"has {_listed(own, _COLUMNS)}, which others have not"] if own else []
    return " and ".join(parts)


def _sentences(told: Sequence[tuple[str, str]], looked_at: int, files: int) -> list[str]:
    said = [f"{name[:_LONGEST]} does not fit the others: {why}" for name, why in told[:_NAMED]]
    if rest := [name for name, _ in told[_NAMED:]]:
        said.append(f"nor do {_listed(rest, _COLUMNS)} fit")
    if looked_at < files:
        said.append(f"whether files fit the others was looked up in {looked_at:,} of {files:,}")
    return said


def _listed(names: Sequence[str], most: int) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(name[:_LONGEST] for name in names[:most]) + more
