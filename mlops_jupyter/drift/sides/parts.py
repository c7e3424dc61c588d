"""One table in several parts: its columns are matched by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from mlops_jupyter.drift.pairs import text
from mlops_jupyter.drift.sides import arrow
from mlops_jupyter.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


class Part(Protocol):
    """A part of a table, as Arrow has it.

    Attributes
    ----------
    name : str
        The file's; empty for what is live.
    schema : pyarrow.Schema
        Its columns.
    rows : int
        Its rows.
    """

    @property
    def name(self) -> str:
        """The file's name; empty for what is live."""

    @property
    def schema(self) -> pa.Schema:
        """Its columns."""

    @property
    def rows(self) -> int:
        """Its rows."""

    def column(self, place: int) -> pa.ChunkedArray:
        """Return the column at a place."""

    def stored(self, place: int) -> int:
        """Return the bytes of a column, unpacked; 0 where it is not known."""


@dataclass(frozen=True)
class ArrowColumns:
    """Columns out of parts that Arrow reads, one column at a time.

    Attributes
    ----------
    parts : sequence of Part
        The parts.
    held : object
        What their files are there for as long as it is referred to; None where they stay anyway.
    """

    parts: Sequence[Part]
    held: object = None

    @cached_property
    def names(self) -> list[str]:
        """Its columns, as text; one that is twice in a part is so here."""
        if len(self.parts) == 1:
            return [text(name) for name in self.parts[0].schema.names]
        return union([[text(name) for name in part.schema.names] for part in self.parts])

    @property
    def rows(self) -> int:
        """Its rows."""
        return sum(part.rows for part in self.parts)

    def types(self, place: int) -> list[tuple[str, pa.DataType]]:
        """Return the type that each part has for a column, where it has it."""
        return [
            (part.name, part.schema.types[at])
            for part, at in zip(self.parts, self._places(place), strict=True)
            if at is not None
        ]

    def stored(self, place: int) -> int:
        """Return the bytes of a column in all parts, where they are known."""
        places = zip(self.parts, self._places(place), strict=True)
        return sum(part.stored(at) for part, at in places if at is not None)

    def series(self, place: int) -> pd.Series[Any]:
        """Return the column at a place."""
        import pyarrow as pa

        common = arrow.common_type([type_ for _, type_ in self.types(place)])
        pieces = [
            pa.chunked_array([pa.nulls(part.rows, common or pa.null())])
            if at is None
            else _read(part, at)
            for part, at in zip(self.parts, self._places(place), strict=True)
        ]
        if common is None:
            return joined([arrow.as_series(piece) for piece in pieces])
        chunks = [chunk for piece in pieces for chunk in arrow.cast(piece, common).chunks]
        return arrow.as_series(pa.chunked_array(chunks, type=common))

    def _places(self, place: int) -> list[int | None]:
        if len(self.parts) == 1:
            return [place]
        name = self.names[place]
        return [self._by_name[number].get(name) for number in range(len(self.parts))]

    @cached_property
    def _by_name(self) -> list[dict[str, int]]:
        return [
            {text(name): place for place, name in enumerate(part.schema.names)}
            for part in self.parts
        ]


def _read(part: Part, place: int) -> pa.ChunkedArray:
    """Read a column, of which only now may be seen that it is spoiled, or gone."""
    import pyarrow as pa

    try:
        return part.column(place)
    except (OSError, pa.ArrowException) as error:
        if not part.name:
            raise
        why = (str(error).strip().splitlines() or [type(error).__name__])[0]
        name = text(part.schema.names[place])
        raise BadInput(
            f"{name} of {part.name} cannot be read: {why}",
            "look at the file; the other columns can be named with --columns",
        ) from None


@dataclass(frozen=True)
class FrameParts:
    """Columns out of several frames of pandas."""

    frames: Sequence[pd.DataFrame]

    @cached_property
    def names(self) -> list[str]:
        """Its columns, as text."""
        return union([[text(name) for name in frame.columns] for frame in self.frames])

    @property
    def rows(self) -> int:
        """Its rows."""
        return sum(len(frame) for frame in self.frames)

    def series(self, place: int) -> pd.Series[Any]:
        """Return the column at a place."""
        import numpy as np
        import pandas as pd

        name = self.names[place]
        pieces: list[pd.Series[Any]] = []
        for frame in self.frames:
            own = [text(each) for each in frame.columns]
            there = name in own
            pieces.append(
                frame.iloc[:, own.index(name)] if there else pd.Series(np.full(len(frame), np.nan))
            )
        return joined(pieces)


def union(listed: Sequence[Sequence[str]]) -> list[str]:
    """Return all names in the order in which they are met; twice what is twice in one.

    Examples
    --------
    >>> union([["a", "b"], ["b", "c", "c"]])
    ['a', 'b', 'c', 'c']
    """
    names = list(dict.fromkeys(name for each in listed for name in each))
    twice = {name for each in listed for name in each if list(each).count(name) > 1}
    return [name for each in names for name in ([each, each] if each in twice else [each])]


def joined(pieces: Sequence[pd.Series[Any]]) -> pd.Series[Any]:
    """Return series one below the other; one without any value has no say in their type."""
    import numpy as np
    import pandas as pd

    start, placed = 0, []
    for piece in pieces:
        end = start + len(piece)
        if piece.notna().any():
            placed.append(piece.set_axis(pd.RangeIndex(start, end)))
        start = end
    if not placed:
        return pd.Series(np.full(start, np.nan))
    found: pd.Series[Any] = pd.concat(placed)
    return found if len(found) == start else found.reindex(pd.RangeIndex(start))
