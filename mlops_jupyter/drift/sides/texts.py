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
_CHUNK = 1 << 16  # what is lost at most where a packed file ends in the middle
START = 4096  # bytes in which something else than text shows
_FOREIGN = {
    b"PAR1": "Parquet",
    b"ARROW1": "Arrow",
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip or Excel",
    b"\x89HDF": "HDF5",
    b"SQLite format 3": "SQLite",
}
_MARK = b"\xef\xbb\xbf"  # some programs begin a text with it
_WIDE = (b"\xff\xfe", b"\xfe\xff")  # begin a text of 16 bits a character, which has zeros
FEW = 0.1  # of the lines may be spoiled

HALF = "its last line is not complete: left out"
NAMELESS = "its lines begin with a value that the header has no name for: left out"
CUT = "it ends in the middle: read up to there"


def read_text(path: Path, suffix: str, compression: str) -> tuple[pd.DataFrame, str]:
    """Return a text file as a frame, and what is to be said of it: it may still be written.

    Parameters
    ----------
    path : Path
        The file; its name need not say what it is.
    suffix, compression : str
        As `files.format_from` gives them.

    Raises
    ------
    ValueError, OSError
        It is no such text.
    """
    content, told = _content(path, compression)
    refuse_foreign(content[:START])
    if not content.removeprefix(_MARK).strip():
        import pandas as pd

        return pd.DataFrame(), told  # which pandas writes as an empty line
    if suffix in _SEPARATORS:
        return _separated(content, _SEPARATORS[suffix], told)
    return _lines(content.removeprefix(_MARK), suffix, told)


def _separated(content: bytes, separator: str, told: str) -> tuple[pd.DataFrame, str]:
    import pandas as pd

    before, end, last = content.rpartition(b"\n")
    if last and before and (told or _is_short(content, last, separator)):
        content, told = before + end, told or HALF
    # Types from the whole column, not from chunks of it.
    frame = pd.read_csv(io.BytesIO(content), sep=separator, low_memory=False)
    if not isinstance(frame.index, pd.RangeIndex):
        told = f"{NAMELESS}; {told}" if told else NAMELESS
    return frame, told


def _lines(content: bytes, suffix: str, told: str) -> tuple[pd.DataFrame, str]:
    if suffix == ".json" and content.lstrip()[:1] == b"[":
        return _parsed(content, lines=False), told
    whole, end, last = content.rpartition(b"\n")
    if last.strip() and not _is_json(last):
        if not end:
            raise ValueError("it is no JSON")
        content, told = whole + end, told or HALF
    try:
        return _parsed(content, lines=True), told
    except ValueError:
        lines = [line for line in content.split(b"\n") if line.strip()]
        good = [line for line in lines if _is_json(line)]
        spoiled = len(lines) - len(good)
        # Whoever writes a log may die in a line, and be started again.
        if not 0 < spoiled <= max(FEW * len(lines), 1) or not good:
            raise
    frame = _parsed(b"\n".join(good), lines=True)
    about = about_spoiled(spoiled, len(lines))
    return frame, f"{about}; {told}" if told else about


def _parsed(content: bytes, *, lines: bool) -> pd.DataFrame:
    import pandas as pd

    # As written: pandas would turn "007" into 7, and dep_time into dates by its name.
    options: Any = {"lines": lines, "dtype": False, "convert_dates": False}
    frame: pd.DataFrame = pd.read_json(io.BytesIO(content), **options)
    return frame


def _content(path: Path, compression: str) -> tuple[bytes, str]:
    """Return what is in a file; of a compressed one that is not complete what is there."""
    import pyarrow as pa

    parts: list[bytes] = []
    with pa.input_stream(str(path), compression=compression or None) as opened:
        try:
            while part := opened.read(_CHUNK):
                parts.append(part)
        except OSError:
            if not (compression and parts):
                raise
            return b"".join(parts), CUT
    return b"".join(parts), ""


def about_spoiled(spoiled: int, lines: int) -> str:
    """Return what is to be said of lines that are no JSON; nothing where there are none.

    Examples
    --------
    >>> about_spoiled(1, 2000)
    '1 of its 2,000 lines is no JSON: left out'
    """
    verb = "is" if spoiled == 1 else "are"
    return f"{spoiled:,} of its {lines:,} lines {verb} no JSON: left out" if spoiled else ""


def refuse_foreign(start: bytes) -> None:
    """Refuse what begins like something else than text.

    Raises
    ------
    ValueError
        It does.
    """
    for magic, name in _FOREIGN.items():
        if start.startswith(magic):
            raise ValueError(f"it begins like {name}: is it what its name says?")
    if b"\0" in start and not start.startswith(_WIDE):
        raise ValueError("it is no text")


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _is_short(content: bytes, last: bytes, separator: str) -> bool:
    """Whether a last line has fewer values than the header has names."""

    def count(line: bytes) -> int:
        return len(next(csv.reader([line.decode("utf-8", "replace")], delimiter=separator), []))

    return count(last) < count(content.partition(b"\n")[0].rstrip(b"\r"))
