"""Columns that stand in the names of folders: ``year=2013/part-0.parquet``.

A reader that is given a folder adds them; in the cache files have other names.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

_PART = re.compile(r"(?P<name>[^=/]+)=(?P<value>[^/]*)")
_NULL = "__HIVE_DEFAULT_PARTITION__"


def values_of(name: str) -> dict[str, int | str | None]:
    """Return what a file's path inside its folder says.

    Examples
    --------
    >>> values_of("year=2013/carrier=UA/part-0.parquet")
    {'year': 2013, 'carrier': 'UA'}
    """
    folders = name.split("/")[:-1]
    found = [match for folder in folders if (match := _PART.fullmatch(folder))]
    return {unquote(match["name"]): _value(unquote(match["value"])) for match in found}


def _value(text: str) -> int | str | None:
    if text == _NULL:
        return None
    return int(text) if re.fullmatch(r"-?(0|[1-9]\d{0,17})", text) else text
