"""Which columns could be a key: alone, or two or three together."""

# ruff: noqa: S608 - made of numbers and of names of our own: c0, c1 …

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_jupyter.data.comparing.parts import in_parts

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from mlops_jupyter.data.comparing.reading import Pair, Sheet

_AT_ONCE = 250  # columns, or pairs of them, in one query
_TOGETHER = 12  # columns among which a key of two or three is looked for
_TOGETHER_LEAST = 20  # rows; in fewer, nearly any columns tell them apart
_TOGETHER_ROWS = 2_000_000  # beyond, it takes too long
_TOGETHER_SAMPLE = 50_000
_TOGETHER_TRIED = 8
_NO_NAMES = ("FLOAT", "DOUBLE", "BOOLEAN", "BLOB")


@dataclass(frozen=True)
class Keys:
    """Looks for keys of the views ``old`` and ``new``.

    Attributes
    ----------
    connection : duckdb.DuckDBPyConnection
        Where those are.
    pairs : list of Pair
        Their columns.
    old, new : Sheet
        What they are made of.
    """

    connection: DuckDBPyConnection
    pairs: Sequence[Pair]
    old: Sheet
    new: Sheet

    def alone(self, candidates: Sequence[Pair], most: int = 3) -> list[str]:
        """Return which of these columns could be a key."""
        found = []
        for pair in candidates:
            if all(self._is_unique(pair, sheet, view) for sheet, view in self._sides):
                found.append(pair.name)
            if len(found) == most:
                break
        return found

    def together(self) -> list[str]:
        """Return two or three columns that could be a key together; empty where none is found.

        Looked for are those with the column of most values among them: in the rows of some of its
        values, and then, the fewest and plainest first, in all.
        """
        if not _TOGETHER_LEAST <= max(self.old.rows, self.new.rows) <= _TOGETHER_ROWS:
            return []
        distinct = self._complete()
        ranked = sorted(distinct, key=lambda pair: -distinct[pair])[:_TOGETHER]
        if not ranked:
            return []
        first, *others = ranked
        tried = [
            (first, *more) for count in (1, 2) for more in itertools.combinations(others, count)
        ]
        share = max(self.new.rows // _TOGETHER_SAMPLE, 1)
        left = [
            pairs
            for part in in_parts(tried, _AT_ONCE)
            for pairs, unique in zip(part, self._unique_in(part, first, share), strict=True)
            if unique
        ]
        left.sort(key=lambda pairs: (len(pairs), math.prod(distinct[pair] for pair in pairs)))
        for pairs in left[:_TOGETHER_TRIED]:
            if all(self._are_unique(pairs, sheet, view) for sheet, view in self._sides):
                return [",".join(pair.name for pair in self.pairs if pair in pairs)]
        return []

    def _complete(self) -> dict[Pair, int]:
        """Return how many values columns have that name things, and miss none."""
        named = [
            pair for pair in self.pairs if pair.type not in _NO_NAMES and "," not in pair.name
        ][:_AT_ONCE]
        if not named:
            return {}
        complete = ", ".join(f"count({pair.id}) = count(*)" for pair in named)
        there = [self._one(f"SELECT {complete} FROM {view}") for _, view in self._sides]
        found = [pair for pair, *all_ in zip(named, *there, strict=True) if all(all_)]
        if not found:
            return {}
        counts = self._one(
            f"SELECT {', '.join(f'approx_count_distinct({pair.id})' for pair in found)} FROM new"
        )
        return {pair: count for pair, count in zip(found, counts, strict=True) if count > 1}

    def _unique_in(
        self, tried: Sequence[Sequence[Pair]], first: Pair, share: int
    ) -> tuple[Any, ...]:
        told = ", ".join(f"count(DISTINCT hash({listed(each)})) = count(*)" for each in tried)
        return self._one(f"SELECT {told} FROM new WHERE hash({first.id}) % {share} = 0")

    def _are_unique(self, pairs: Sequence[Pair], sheet: Sheet, view: str) -> bool:
        (unique,) = self._one(f"SELECT count(*) FROM (SELECT DISTINCT {listed(pairs)} FROM {view})")
        return bool(unique == sheet.rows)

    @property
    def _sides(self) -> tuple[tuple[Sheet, str], tuple[Sheet, str]]:
        return (self.old, "old"), (self.new, "new")

    def _is_unique(self, pair: Pair, sheet: Sheet, view: str) -> bool:
        (unique,) = self._one(f"SELECT count(DISTINCT {pair.id}) FROM {view}")
        return bool(unique == sheet.rows)

    def _one(self, sql: str) -> tuple[Any, ...]:
        row = self.connection.execute(sql).fetchone()
        assert row is not None  # noqa: S101 - it selects one row
        return tuple(row)


def listed(pairs: Sequence[Pair]) -> str:
    """Return the columns as SQL lists them."""
    return ", ".join(pair.id for pair in pairs)
