"""How much memory it takes to compare two sides there, and how much there is.

A column of both sides is in memory at a time, with what is sorted and counted of it.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_jupyter.drift.sides.parts import ArrowColumns
from mlops_jupyter.drift.sides.sources import is_expression

if TYPE_CHECKING:
    import pyarrow as pa

    from mlops_jupyter.drift.pairs import Both
    from mlops_jupyter.drift.sides.sources import Source

# Measured: 20 million rows a side take two to five times their widest column.
_TIMES = 6
_NUMBER, _TEXT = 8, 32  # bytes of a value
_SHARE = 4  # of the free memory, a part that no other program misses
_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_USED = ("/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory/memory.usage_in_bytes")


def fits(sides: Both[Source]) -> bool:
    """Whether two sides can be compared in memory: in a quarter of what is free.

    Examples
    --------
    >>> from mlops_jupyter.drift.pairs import Both
    >>> fits(Both(june, july).map(lambda frame: drift.sides.read(ws, frame, "current")))
    True
    """
    return needed(sides) <= free() // _SHARE


def needed(sides: Both[Source]) -> int:
    """Return how many bytes comparing takes at most, about."""
    return _TIMES * sum(side.rows * _width(side) for side in sides)


def free() -> int:
    """Return how many bytes are free, for a container within its limit."""
    import psutil

    machine = int(psutil.virtual_memory().available)
    limit, used = _first(_LIMITS), _first(_USED)
    if limit is None or used is None or limit > 1 << 60:  # the first version's word for none
        return machine
    return max(min(machine, limit - used), 0)


def _width(source: Source) -> int:
    """Return the bytes of a value of the widest column."""
    table: Any = source.table
    if is_expression(table):
        texts = any(type_.is_string() for type_ in table.schema().types)
        return _TEXT if texts else _NUMBER
    if not isinstance(table, ArrowColumns):
        return _TEXT  # a frame is there as a whole already
    return max(
        (_of_column(table, place) for place in range(len(table.names))),
        default=_NUMBER,
    )


def _of_column(columns: ArrowColumns, place: int) -> int:
    if not any(_is_wide(type_) for _, type_ in columns.types(place)):
        return _NUMBER
    return max(_TEXT, columns.stored(place) // max(columns.rows, 1))


def _is_wide(type_: pa.DataType) -> bool:
    import pyarrow as pa

    return not (pa.types.is_primitive(type_) or pa.types.is_dictionary(type_))


def _first(files: tuple[str, ...]) -> int | None:
    texts = itertools.chain.from_iterable(_lines(Path(file)) for file in files)
    return next((int(text) for text in texts if text.isdigit()), None)


def _lines(file: Path) -> list[str]:
    try:
        return [file.read_text(encoding="ascii").strip()]
    except OSError:
        return []
