"""Text files as frames, as pandas reads them: the types of a column come from all of it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_TAIL = 1 << 16  # bytes at a file's end in which its last line is looked for
_CHUNK = 1 << 20

HALF = "its last line is not complete: left out"
CUT = "it ends in the middle: read up to there"


def read_text(path: Path, suffix: str, compression: str) -> tuple[pd.DataFrame, str]:
    """Return a text file as a frame, and what is to be said of its end: it may still be written.

    Parameters
    ----------
    path : Path
        The file; its name need not say what it is.
    suffix, compression : str
        As `files.format_from` gives them.
    """
    if suffix in _SEPARATORS:
        return _separated(path, suffix, compression)
    return _lines(path, suffix, compression)


def _separated(path: Path, suffix: str, compression: str) -> tuple[pd.DataFrame, str]:
    import pandas as pd

    separator = _SEPARATORS[suffix]
    half = b"" if compression else _last_line(path)
    told = ""
    with _opened(path, compression) as opened:
        source: Any = opened
        if half and _is_short(path, half, separator):
            source, told = io.BytesIO(opened.read()[: -len(half)]), HALF
        # Types from the whole column, not from chunks of it.
        return pd.read_csv(source, sep=separator, low_memory=False), told


def _lines(path: Path, suffix: str, compression: str) -> tuple[pd.DataFrame, str]:
    import pandas as pd

    content, told = _content(path, compression)
    is_list = suffix == ".json" and content.lstrip()[:1] == b"["
    if not is_list:
        whole, end, last = content.rpartition(b"\n")
        if last.strip() and not _is_json(last):
            if not end:
                raise ValueError("it is no JSON")
            content, told = whole + end, told or HALF
    # As written: pandas would turn "007" into 7, and dep_time into dates by its name.
    options: Any = {"lines": not is_list, "dtype": False, "convert_dates": False}
    return pd.read_json(io.BytesIO(content), **options), told


def _opened(path: Path, compression: str) -> Any:
    import pyarrow as pa

    return pa.input_stream(str(path), compression=compression or None)


def _content(path: Path, compression: str) -> tuple[bytes, str]:
    """Return what is in a file; of a compressed one that is not complete what is there."""
    parts: list[bytes] = []
    with _opened(path, compression) as opened:
        try:
            while part := opened.read(_CHUNK):
                parts.append(part)
        except OSError:
            if not parts:
                raise
            return b"".join(parts), CUT
    return b"".join(parts), ""


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _last_line(path: Path) -> bytes:
    """Return the last line of a file that does not end with the line."""
    with path.open("rb") as opened:
        size = opened.seek(0, io.SEEK_END)
        opened.seek(max(size - _TAIL, 0))
        tail = opened.read()
    before, end, last = tail.rpartition(b"\n")
    return last if end and before else b""


def _is_short(path: Path, last: bytes, separator: str) -> bool:
    """Whether a last line has fewer values than the header has names."""

    def count(line: str) -> int:
        return len(next(csv.reader([line], delimiter=separator), []))

    with path.open("r", encoding="utf-8", errors="replace") as opened:
        header = opened.readline()
    return count(last.decode("utf-8", "replace")) < count(header)
