"""Both sides as tables of one connection, their columns paired under names of our own.

A name is what the file says, to the letter: DuckDB takes ``a`` and ``A`` for one column and
renames the second. So columns go by numbers here, ``c0`` for the first that both sides have.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter.data.reading import tables
from mlops_jupyter.data.reading.names import literal_path, quoted
from mlops_jupyter.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

    from mlops_jupyter.data.catalog.contents import KeptFile
    from mlops_jupyter.data.comparing.sides import Source

_PARQUET = (".parquet", ".pq")
_FLOATS = ("FLOAT", "DOUBLE")


@dataclass(frozen=True)
class Sheet:
    """One side as DuckDB has it.

    Attributes
    ----------
    view : str
        Name of the view.
    columns : dict
        The name of each column -> what DuckDB calls it.
    types : dict
        The name of each column -> its type.
    rows : int
        How many.
    notes : tuple of str
        Which files do not fit the others.
    """

    view: str
    columns: dict[str, str]
    types: dict[str, str]
    rows: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pair:
    """A column of both sides, `id` in both ``old`` and ``new``, of the type both fit in."""

    id: str
    name: str
    type: str
    old_type: str
    new_type: str
    why: str = ""

    @property
    def is_retyped(self) -> bool:
        """Whether the two types differ."""
        return self.old_type != self.new_type


def read(connection: DuckDBPyConnection, source: Source, view: str, folder: Path) -> Sheet:
    """Make one side a view.

    Whatever is no Parquet is written as such first, into `folder`: it is looked at several times.

    Raises
    ------
    BadInput
        It cannot be read as a table.
    """
    import duckdb

    files = source.tables
    raw = f"{view}_raw"
    if not any(file.path.stat().st_size for file in files):
        raise BadInput(f"{source.label} is empty (0 bytes)", "look at how it was made")
    notes = tables.create_view(connection, raw, files)
    try:
        described = connection.execute(f"DESCRIBE {raw}").fetchall()
        if Path(files[0].name.lower()).suffix in _PARQUET:
            connection.execute(f"CREATE VIEW {view} AS SELECT * FROM {raw}")  # noqa: S608 - ours
        else:
            copy = quoted(str(folder / f"{view}.parquet"), "'")
            _copy(connection, files, raw, copy)
            described = connection.execute(f"DESCRIBE {raw}").fetchall()
            connection.execute(f"CREATE VIEW {view} AS SELECT * FROM read_parquet({copy})")  # noqa: S608
        (rows,) = connection.execute(f"SELECT count(*) FROM {view}").fetchone() or (0,)  # noqa: S608
        called = [str(row[0]) for row in described]
        names = _true_names(connection, source) or called
    except duckdb.Error as error:
        raise BadInput(
            f"{source.label} cannot be read as a table: {tables.reason(error, files)}",
            "is the file what its name says?",
        ) from None
    if len(names) != len(called) or len({*names}) < len(names):
        names = called
    types = [str(row[1]) for row in described]
    return Sheet(
        view,
        dict(zip(names, called, strict=True)),
        dict(zip(names, types, strict=True)),
        rows,
        notes,
    )


def _copy(connection: DuckDBPyConnection, files: Sequence[KeptFile], raw: str, target: str) -> None:
    """Write a table as Parquet."""
    import duckdb

    copy = f"COPY {raw} TO {target} (FORMAT parquet)"
    try:
        connection.execute(copy)
    except duckdb.ConversionException:
        # A CSV whose beginning misleads about its types.
        connection.execute(f"DROP VIEW {raw}")
        tables.create_view(connection, raw, files, looks_at_all=True)
        connection.execute(copy)


def pair(connection: DuckDBPyConnection, old: Sheet, new: Sheet) -> list[Pair]:
    """Return the columns both sides have, and make views ``old`` and ``new`` of just these."""
    pairs: list[Pair] = []
    for name in new.columns:
        if name in old.columns:
            before, after = old.types[name], new.types[name]
            both, why = _common_type(connection, before, after)
            if both == "TIMESTAMPTZ_NS":  # DuckDB has hardly a function for it yet
                both = "TIMESTAMP WITH TIME ZONE"
            pairs.append(Pair(f"c{len(pairs)}", name, both, before, after, why))
    for sheet, view in ((old, "old"), (new, "new")):
        shown = ", ".join(
            f"{_plain(quoted(sheet.columns[each.name]), sheet.types[each.name], each.type)} "
            f"AS {each.id}"
            for each in pairs
        )
        connection.execute(
            f"CREATE VIEW {view} AS SELECT {shown or 'NULL AS nothing'} FROM {sheet.view}"  # noqa: S608
        )
    return pairs


def _plain(column: str, own: str, common: str) -> str:
    """Return a column as the type it is compared by; NaN is a missing value like any other."""
    if own in _FLOATS:
        column = f"CASE WHEN isnan({column}) THEN NULL ELSE {column} END"
    return column if own == common else f"CAST({column} AS {common})"


def _common_type(connection: DuckDBPyConnection, old: str, new: str) -> tuple[str, str]:
    """Return the type in which two are compared, and what is to be said of it."""
    import duckdb

    if old == new:
        return old, ""
    try:
        found = connection.execute(
            f"SELECT typeof(coalesce(CAST(NULL AS {old}), CAST(NULL AS {new})))"
        ).fetchone()
    except duckdb.Error:
        return "VARCHAR", "compared as text"
    assert found is not None  # noqa: S101 - it selects one row
    if {old, new} == {"TIMESTAMP", "TIMESTAMP WITH TIME ZONE"}:
        return str(found[0]), "without a zone it is taken as UTC"
    return str(found[0]), ""


def _true_names(connection: DuckDBPyConnection, source: Source) -> list[str]:
    """Return the columns' names as one Parquet file has them; empty where there is none."""
    files = source.tables
    if len(files) != 1 or Path(files[0].name.lower()).suffix not in _PARQUET:
        return []
    path = quoted(literal_path(files[0].path), "'")
    # A tree, written depth first: each says how many children follow.
    nodes = connection.execute(f"SELECT name, num_children FROM parquet_schema({path})").fetchall()  # noqa: S608
    walk = iter(nodes)

    def skip(count: int) -> None:
        for _ in range(count):
            skip(next(walk)[1] or 0)

    def child() -> str:
        name, children = next(walk)
        skip(children or 0)
        return str(name)

    (_, count) = next(walk)
    return [child() for _ in range(count or 0)]
