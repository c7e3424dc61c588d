"""Large text files, written as Parquet first: each column is read by itself then."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_jupyter.data.catalog.contents import KeptFile
from mlops_jupyter.data.reading import tables
from mlops_jupyter.data.reading.names import quoted
from mlops_jupyter.drift.sides.files import format_from, left_out
from mlops_jupyter.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

    from mlops_jupyter.drift.report import Finding
    from mlops_jupyter.workspace import Workspace

# Bytes of text beyond which it is not read whole; what is compressed counts several times.
LARGE_TEXT = 200_000_000
_UNPACKED = 5
# What pandas takes for no value, where it reads a small file.
MISSING = (
    *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN"),
    *("<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"),
)
_DATES = ("DATE", "TIME", "TIMESTAMP")


def is_large(files: Sequence[KeptFile]) -> bool:
    """Whether text files are too large to be read whole."""
    size = sum(
        file.path.stat().st_size * (_UNPACKED if (format_from(file.name) or "  ")[1] else 1)
        for file in files
    )
    return size > LARGE_TEXT


def as_parquet(
    workspace: Workspace, files: Sequence[KeptFile], label: str, side: str
) -> tuple[list[KeptFile], list[Finding]]:
    """Write text files as Parquet, into a folder that goes with this process.

    Types are found in all of a column, and missing values written as pandas knows them; what looks
    like a date stays text, as it does where pandas reads a small file.

    Raises
    ------
    BadInput
        They cannot be read.
    """
    import duckdb

    state = workspace.state_dir
    state.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="drift-", dir=state))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    done, notes = [], []
    with tables.connected(workspace) as connection:
        connection.execute("SET preserve_insertion_order = true")  # the same rows for a seed
        for number, file in enumerate(files):
            target = folder / f"{number}.parquet"
            try:
                _write(connection, file, target)
            except duckdb.Error as error:
                why = tables.reason(error, [file])
                if len(files) == 1:
                    raise BadInput(
                        f"the {side}, {label}, does not read as a table: {why}",
                        "look at the file, or read it yourself and give the frame: $name",
                    ) from None
                notes.append(left_out(f"{label}: {file.name} left out: {why}"))
                continue
            done.append(KeptFile(file.name, target, ""))
    if not done:
        raise BadInput(f"the {side}, {label}, has no file that reads", "look at how it was made")
    return done, notes


def _write(connection: DuckDBPyConnection, file: KeptFile, target: Path) -> None:
    suffix, compression = format_from(file.name) or ("", "")
    path = quoted(str(file.path), "'")
    packed = f", compression='{compression}'" if compression else ""
    if suffix in (".csv", ".tsv"):
        selected = f"read_csv({path}, {_csv_options(suffix)}{packed})"
    else:
        lines = "" if suffix == ".json" else ", format='newline_delimited', ignore_errors=true"
        reader = f"read_json({path}{lines}{packed}, sample_size=-1"
        described = connection.execute(f"DESCRIBE SELECT * FROM {reader})").fetchall()  # noqa: S608
        types = ", ".join(
            f"{quoted(name, chr(39))}: {quoted('VARCHAR' if _is_date(type_) else type_, chr(39))}"
            for name, type_, *_ in described
        )
        selected = f"{reader}, columns={{{types}}})"
    query = f"SELECT * FROM {selected}"  # noqa: S608 - quoted
    connection.execute(f"COPY ({query}) TO {quoted(str(target), chr(39))} (FORMAT parquet)")


def _csv_options(suffix: str) -> str:
    missing = ", ".join(quoted(each, "'") for each in MISSING)
    separator = "\t" if suffix == ".tsv" else ","
    return (
        f"delim='{separator}', header=true, sample_size=-1, nullstr=[{missing}], "
        "auto_type_candidates=['BOOLEAN', 'BIGINT', 'DOUBLE', 'VARCHAR']"
    )


def _is_date(type_: str) -> bool:
    return type_.startswith(_DATES)
