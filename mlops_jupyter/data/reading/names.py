"""Names as SQL has them, and the names of types as frames have them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# DuckDB's names of what frames call otherwise.
_TYPES = {
    "TINYINT": "int8",
    "SMALLINT": "int16",
    "INTEGER": "int32",
    "BIGINT": "int64",
    "HUGEINT": "int128",
    "UTINYINT": "uint8",
    "USMALLINT": "uint16",
    "UINTEGER": "uint32",
    "UBIGINT": "uint64",
    "FLOAT": "float32",
    "DOUBLE": "float64",
    "BOOLEAN": "bool",
    "VARCHAR": "text",
    "BLOB": "bytes",
    '"NULL"': "null",
    "TIMESTAMP_NS": "timestamp",
    "TIMESTAMP_MS": "timestamp",
    "TIMESTAMP_S": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp (UTC)",
    "TIMESTAMPTZ_NS": "timestamp (UTC)",
}
_PATTERN = re.compile(r"[*?\[]")
_WORD = re.compile("|".join(re.escape(each) for each in sorted(_TYPES, key=len, reverse=True)))


def quoted(name: str, mark: str = '"') -> str:
    """Return a name (or, with ``'``, a text) as SQL has it.

    Examples
    --------
    >>> print(quoted("it's", "'"), quoted("a b"))
    'it''s' "a b"
    """
    return mark + name.replace(mark, mark * 2) + mark


def literal_path(path: Path) -> str:
    """Return a file's path as DuckDB takes it for this file alone, not for a pattern of files.

    Examples
    --------
    >>> from pathlib import Path
    >>> literal_path(Path("runs[1]/a.csv"))
    'runs[[]1]/a.csv'
    """
    return _PATTERN.sub(r"[\g<0>]", str(path))


def type_shown(type_: str) -> str:
    """Return DuckDB's name of a type as frames call it.

    Examples
    --------
    >>> type_shown("BIGINT"), type_shown("VARCHAR[]"), type_shown("DATE")
    ('int64', 'text[]', 'date')
    """
    shown = _WORD.sub(lambda found: _TYPES[found[0]], type_)
    return shown if shown != type_ else shown.lower()
