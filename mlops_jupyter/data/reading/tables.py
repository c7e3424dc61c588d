"""Tables in files, read by DuckDB: as much at a time as fits, whatever their size."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from mlops_jupyter.data.reading import fitting
from mlops_jupyter.data.reading.names import literal_path, quoted
from mlops_jupyter.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from duckdb import DuckDBPyConnection

    from mlops_jupyter.data.catalog.contents import KeptFile
    from mlops_jupyter.workspace import Workspace

# Suffix -> DuckDB's function and what it has to be told.
_READERS = {
    ".parquet": ("read_parquet", ""),
    ".pq": ("read_parquet", ""),
    ".csv": ("read_csv", ""),
    ".tsv": ("read_csv", ", delim='\t'"),
    ".json": ("read_json", ""),
    ".jsonl": ("read_json", ", format='newline_delimited'"),
    ".ndjson": ("read_json", ", format='newline_delimited'"),
}
_ARROW = (".feather", ".arrow")
_COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
_MEMORY_LIMIT = "1GB"


@contextlib.contextmanager
def connected(workspace: Workspace) -> Iterator[DuckDBPyConnection]:
    """Open a database in memory that spills into the workspace, and asks no network."""
    import tempfile

    import duckdb

    state = workspace.state_dir
    state.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="duckdb-", dir=state) as folder:
        config: dict[str, Any] = {
            "temp_directory": folder,
            "memory_limit": _MEMORY_LIMIT,
            "autoinstall_known_extensions": False,
            "preserve_insertion_order": False,
        }
        with contextlib.closing(duckdb.connect(":memory:", config=config)) as connection:
            # It would stand on standard output once a query takes two seconds.
            connection.execute("SET enable_progress_bar = false")
            yield connection


def format_of(names: Sequence[str]) -> tuple[str, str] | None:
    """Return the suffix and the compression that all files share; None where they are no table.

    Examples
    --------
    >>> format_of(["2013/a.csv.gz", "2013/b.csv.gz"])
    ('.csv', 'gzip')
    >>> format_of(["a.csv", "readme.md"]) is None
    True
    """
    found = set()
    for name in names:
        path = PurePosixPath(name.lower())
        compression = _COMPRESSIONS.get(path.suffix, "")
        found.add((Path(path.stem).suffix if compression else path.suffix, compression))
    if len(found) != 1:
        return None
    ((suffix, compression),) = found
    return (suffix, compression) if suffix in _READERS or suffix in _ARROW else None


def create_view(
    connection: DuckDBPyConnection,
    view: str,
    files: Sequence[KeptFile],
    *,
    looks_at_all: bool = False,
) -> tuple[str, ...]:
    """Make the rows of all files a view of the connection.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        From `connected`.
    view : str
        The view's name.
    files : sequence of KeptFile
        Parts of one table; columns are matched by name.
    looks_at_all : bool
        Whether all of a CSV decides on the types of its columns, not its beginning alone.

    Returns
    -------
    tuple of str
        Which files do not fit the others, for people; what those lack is missing in their rows.

    Raises
    ------
    BadInput
        They are no table, or cannot be read as what their names say.
    """
    import duckdb

    known = format_of([file.name for file in files])
    if known is None:
        raise BadInput(
            f"{files[0].name if files else 'an empty folder'} is no table that can be read here",
            f"tables are files ending in {', '.join([*_READERS, *_ARROW])}, of one kind each",
        )
    suffix, compression = known
    paths = [str(file.path) for file in files]
    try:
        if suffix in _ARROW:
            import pyarrow.dataset

            connection.register(view, pyarrow.dataset.dataset(paths, format="feather"))
            return ()
        function, more = _READERS[suffix]
        if compression:
            more += f", compression={quoted(compression, chr(39))}"
        if looks_at_all and function == "read_csv":
            more += ", sample_size=-1"
        fit = fitting.Fit()
        if len(files) > 1 and function != "read_json":  # whose keys come and go
            fit = fitting.fit_of(connection, function, more, files)
        parts = [(more, [file for file in files if file.name not in fit.spoiled])]
        if fit.spoiled:
            spoiled = [file for file in files if file.name in fit.spoiled]
            parts.append((fitting.spoiled_options(more, fit), spoiled))
        selected = " UNION ALL BY NAME ".join(
            f"SELECT * FROM {function}({_listed(part)}{told})"  # noqa: S608 - quoted
            for told, part in parts
        )
        connection.execute(f"CREATE VIEW {quoted(view)} AS {selected}")
    except (duckdb.Error, OSError, ValueError) as error:
        raise BadInput(
            f"{files[0].name} cannot be read as {suffix[1:]}: {reason(error, files)}",
            "is the file what its name says?",
        ) from None
    return fit.notes


def reason(error: Exception, files: Sequence[KeptFile]) -> str:
    """Return on one line why files cannot be read, without the data that DuckDB quotes.

    Examples
    --------
    >>> reason(ValueError("Invalid Input Error: it has no end"), [])
    'it has no end'
    """
    lines = [line.strip() for line in str(error).splitlines()] or [type(error).__name__]
    said = re.sub(r"^[A-Z][A-Za-z ]* Error: ", "", lines[0])
    if said.startswith("CSV Error on Line") and len(lines) > 2:
        why = next((line for line in lines[1:] if not line.startswith("Original Line")), "")
        said = f"line {said.rpartition(' ')[2]}: {why}"
    for file in files:
        for path in (str(file.path), literal_path(file.path)):
            said = said.replace(path, file.name)
    return said


def _listed(files: Sequence[KeptFile]) -> str:
    listed = ", ".join(quoted(literal_path(file.path), "'") for file in files)
    return f"[{listed}]{', union_by_name=true' if len(files) > 1 else ''}"
