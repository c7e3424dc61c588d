"""Large text files, written as Parquet first: each column is read by itself then."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mlops_jupyter.data.catalog.contents import KeptFile
from mlops_jupyter.data.reading import tables
from mlops_jupyter.data.reading.names import literal_path, quoted
from mlops_jupyter.data.reading.scratch import Scratch
from mlops_jupyter.drift.sides import texts
from mlops_jupyter.drift.sides.files import format_from, left_out
from mlops_jupyter.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

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
# What pandas takes for numbers, the narrower type first.
_NUMBERS = {
    "BIGINT": r" *[+-]?[0-9]{1,18} *",
    "DOUBLE": r" *[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)? *",
}
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
) -> tuple[list[KeptFile], list[Finding], Scratch]:
    """Write text files as Parquet, into a folder that goes when it is no longer referred to.

    Types are found in all of a column, and missing values written as pandas knows them; what looks
    like a date stays text, as it does where pandas reads a small file.

    Raises
    ------
    BadInput
        They cannot be read.
    """
    scratch = Scratch(workspace.state_dir, "drift-")
    try:
        done, notes = _written(workspace, files, scratch.path, label, side)
    except BaseException:
        scratch.remove()
        raise
    return done, notes, scratch


def _written(
    workspace: Workspace, files: Sequence[KeptFile], folder: Path, label: str, side: str
) -> tuple[list[KeptFile], list[Finding]]:
    import duckdb

    done, notes = [], []
    with tables.connected(workspace) as connection:
        connection.execute("SET preserve_insertion_order = true")  # the same rows for a seed
        for number, file in enumerate(files):
            target = folder / f"{number}.parquet"
            try:
                told = _write(connection, file, target)
            except (duckdb.Error, ValueError, OSError) as error:
                why = tables.reason(error, [file])
                if len(files) == 1:
                    raise BadInput(
                        f"the {side}, {label}, does not read as a table: {why}",
                        "look at the file, or read it yourself and give the frame: $name",
                    ) from None
                notes.append(left_out(f"{label}: {file.name} left out: {why}"))
                continue
            if told:
                notes.append(left_out(f"{label if len(files) == 1 else file.name}: {told}"))
            done.append(KeptFile(file.name, target, ""))
    if not done:
        raise BadInput(f"the {side}, {label}, has no file that reads", "look at how it was made")
    return done, notes


def _write(connection: DuckDBPyConnection, file: KeptFile, target: Path) -> str:
    """Write a file as Parquet, and return what is to be said of it."""
    suffix, compression = format_from(file.name) or ("", "")
    texts.refuse_foreign(_start(file.path, compression))
    path = quoted(literal_path(file.path), "'")
    packed = f", compression='{compression}'" if compression else ""
    if suffix in (".csv", ".tsv"):
        reader = _separated(connection, path + packed, suffix)
        casts = _casts(connection, reader)
        connection.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")
        _copy(connection, reader, target, casts=casts)
        return _about_rejected(connection, file.path)
    if suffix == ".json":
        _copy(connection, _json(connection, f"read_json({path}{packed}, sample_size=-1"), target)
        return ""
    half, told = _about_lines(connection, path + packed, file.path)
    lines = "format='newline_delimited', sample_size=-1"
    reader = _json(connection, f"read_json({path}{packed}, {lines}, ignore_errors={told != ''}")
    # A line that is skipped comes as a row without any value.
    _copy(connection, reader, target, whole=not told)
    return texts.HALF if half else told


def _copy(
    connection: DuckDBPyConnection,
    reader: str,
    target: Path,
    *,
    whole: bool = True,
    casts: Sequence[str] = (),
) -> None:
    replaced = f" REPLACE ({', '.join(casts)})" if casts else ""
    query = f"SELECT *{replaced} FROM {reader}"  # noqa: S608 - quoted
    if not whole:
        described = connection.execute(f"DESCRIBE {query}").fetchall()
        query += f" WHERE NOT ({' AND '.join(f'{quoted(c[0])} IS NULL' for c in described)})"
    connection.execute(f"COPY ({query}) TO {quoted(str(target), chr(39))} (FORMAT parquet)")


def _casts(connection: DuckDBPyConnection, reader: str) -> list[str]:
    """Return casts of texts that are numbers to pandas, such as 007."""
    query = f"SELECT * FROM {reader}"  # noqa: S608 - quoted
    described = connection.execute(f"DESCRIBE {query}").fetchall()
    texts_ = [quoted(name) for name, type_, *_ in described if type_ == "VARCHAR"]
    # Few columns are left once the beginning was looked at.
    for part in (f"(FROM {reader} LIMIT 1000)", reader):
        if not texts_:
            return []
        kinds = _kinds(connection, texts_, part)
        texts_ = list(kinds)
    return [f"{name}::{kind} AS {name}" for name, kind in kinds.items()]


def _kinds(connection: DuckDBPyConnection, texts_: Sequence[str], part: str) -> dict[str, str]:
    """Return which columns are numbers throughout, and of which type."""
    asked = ", ".join(
        f"count({name}), count(*) FILTER (WHERE regexp_full_match({name}, '{pattern}'))"
        for name in texts_
        for pattern in _NUMBERS.values()
    )
    counted = connection.execute(f"SELECT {asked} FROM {part}").fetchall()  # noqa: S608 - quoted
    found: dict[str, str] = {}
    places = iter(counted[0])
    for name in texts_:
        for kind in _NUMBERS:
            there, fitting = next(places), next(places)
            if 0 < there == fitting:
                found.setdefault(name, kind)
    return found


def _json(connection: DuckDBPyConnection, reader: str) -> str:
    """Return a reader of JSON that leaves dates as they are written."""
    described = connection.execute(f"DESCRIBE SELECT * FROM {reader})").fetchall()  # noqa: S608
    types = ", ".join(
        f"{quoted(name, chr(39))}: {quoted('VARCHAR' if _is_date(type_) else type_, chr(39))}"
        for name, type_, *_ in described
    )
    return f"{reader}, columns={{{types}}})"


def _about_lines(connection: DuckDBPyConnection, path: str, file: Path) -> tuple[bool, str]:
    """Return whether only the last line is no JSON, and what is to be said of lines that are none.

    Raises
    ------
    ValueError
        Too many are none.
    """
    one_column = (
        "columns={'line': 'VARCHAR'}, delim='\x01', quote='', escape='', header=false, "
        "auto_detect=false, strict_mode=false"
    )
    query = (
        "SELECT count(*), count(*) FILTER (WHERE NOT json_valid(line)) "  # noqa: S608 - quoted
        f"FROM read_csv({path}, {one_column})"
    )
    counted = connection.execute(query).fetchall()
    rows, spoiled = counted[0]
    if spoiled > texts.FEW * rows:
        raise ValueError("it is no JSON")
    return spoiled == 1 and not _ends_with_line(file), texts.about_spoiled(spoiled, rows)


def _about_rejected(connection: DuckDBPyConnection, file: Path) -> str:
    """Return what is to be said of lines that were rejected: the last may be written just now.

    Raises
    ------
    ValueError
        Others were as well.
    """
    rejected = connection.execute(
        "SELECT line, error_message FROM reject_errors ORDER BY line LIMIT 2"
    ).fetchall()
    if not rejected:
        return ""
    if len(rejected) > 1 or _ends_with_line(file):
        line, why = rejected[0]
        raise ValueError(f"line {line}: {why}")
    return texts.HALF


def _start(path: Path, compression: str) -> bytes:
    import pyarrow as pa

    with pa.input_stream(str(path), compression=compression or None) as opened:
        return bytes(opened.read(texts.START))


def _ends_with_line(path: Path) -> bool:
    with path.open("rb") as opened:
        opened.seek(-1, os.SEEK_END)
        return opened.read() == b"\n"


def _separated(connection: DuckDBPyConnection, path: str, suffix: str) -> str:
    """Return a reader of a CSV that is told the types: they are looked for in all of it once."""
    missing = ", ".join(quoted(each, "'") for each in MISSING)
    separator = "\t" if suffix == ".tsv" else ","
    options = (
        f"{path}, delim='{separator}', quote='\"', escape='\"', header=true, "
        f"nullstr=[{missing}], store_rejects=true"
    )
    found = "sample_size=-1, auto_type_candidates=['BOOLEAN', 'BIGINT', 'DOUBLE', 'VARCHAR']"
    described = connection.execute(f"DESCRIBE FROM read_csv({options}, {found})").fetchall()
    types = ", ".join(
        f"{quoted(name, chr(39))}: {quoted(type_, chr(39))}" for name, type_, *_ in described
    )
    return f"read_csv({options}, auto_detect=false, columns={{{types}}})"


def _is_date(type_: str) -> bool:
    return type_.startswith(_DATES)
