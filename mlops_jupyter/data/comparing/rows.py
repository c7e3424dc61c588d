"""Rows that are new, gone or other: by a key, or counted as they are.

Rows are told apart by 64 bits of hash for one key, and by 128 bits where all are held against
all: not by their values, which would have to be kept until the other side has been read.
"""

# ruff: noqa: S608 - made of numbers and of names of our own: c0, c1 …

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlops_jupyter.data.comparing.keys import listed
from mlops_jupyter.data.comparing.parts import in_parts
from mlops_jupyter.data.comparing.records import RowChanges, RowExample, Value

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from mlops_jupyter.data.comparing.reading import Pair, Sheet

EXAMPLES = 3
VALUES = 12  # shown of an example row
_LOOKED_AT = 60  # columns whose values are taken where the caller chooses among them
_LONGEST = 80  # characters of a value
_AT_ONCE = 250  # columns in one query: planning one takes as long as all columns do
_SIDE = 2**32  # what a row of the new side adds to a sum in which one of the old side is 1


@dataclass(frozen=True)
class Found:
    """What became of the rows.

    Attributes
    ----------
    rows : RowChanges
        Counts.
    by_column : dict
        Id of a column -> in how many rows it changed; empty without a key.
    by_column_example : dict
        Id of a column -> the key of such a row, its value before and after.
    examples : list of RowExample
        A few rows.
    """

    rows: RowChanges
    by_column: dict[str, int] = field(default_factory=dict)
    by_column_example: dict[str, tuple[str, Value]] = field(default_factory=dict)
    examples: list[RowExample] = field(default_factory=list)


@dataclass(frozen=True)
class Comparer:
    """Compares the rows of the views ``old`` and ``new``.

    Attributes
    ----------
    connection : duckdb.DuckDBPyConnection
        Where those are.
    pairs : list of Pair
        Their columns.
    old, new : Sheet
        What they are made of.
    shows_values : bool
        Whether examples may be taken.
    """

    connection: DuckDBPyConnection
    pairs: Sequence[Pair]
    old: Sheet
    new: Sheet
    shows_values: bool = True

    def by_key(self, key: Sequence[Pair]) -> Found | str:
        """Compare rows of the same key; why not, where it is no key."""
        keys = listed(key)
        others = [pair for pair in self.pairs if pair not in key]
        content = f"hash({listed(others)})" if others else "0::UBIGINT"
        # One pass over both: how often each key is on either side, and whether the rest is equal.
        self._run(
            f"CREATE OR REPLACE TEMP TABLE differing AS SELECT {keys}, sum(side) AS sides FROM ("
            f"SELECT {keys}, 1::BIGINT AS side, {content} AS content FROM old UNION ALL "
            f"SELECT {keys}, {_SIDE}::BIGINT, {content} FROM new) GROUP BY {keys} "
            f"HAVING sides <> {_SIDE + 1} OR bit_xor(content) <> 0 OR {_any_missing(key)}"
        )
        if problem := self._problem(key):
            return problem
        removed, added, changed = self._one(
            f"SELECT count(*) FILTER (sides = 1), count(*) FILTER (sides = {_SIDE}), "
            f"count(*) FILTER (sides = {_SIDE + 1}) FROM differing"
        )
        unchanged = self.old.rows - removed - changed
        counts = RowChanges(added=added, removed=removed, changed=changed, unchanged=unchanged)
        by_column, examples = self._changed_columns(key, others) if changed else ({}, {})
        rows = list(self._key_examples(key, others, by_column)) if self.shows_values else []
        return Found(counts, by_column, examples, rows)

    def as_they_are(self) -> Found:
        """Compare rows as a whole: how many of each there are."""
        content = listed(self.pairs)
        hashes = f"hash({content}) AS h, hash('again', {content}) AS h2"
        self._run(
            "CREATE OR REPLACE TEMP TABLE differing AS SELECT h, h2, sum(side) AS more FROM ("
            f"SELECT {hashes}, -1::BIGINT AS side FROM old UNION ALL "
            f"SELECT {hashes}, 1::BIGINT FROM new) GROUP BY h, h2 HAVING more <> 0"
        )
        added, removed = self._one(
            "SELECT coalesce(sum(more) FILTER (more > 0), 0)::BIGINT, "
            "coalesce(-sum(more) FILTER (more < 0), 0)::BIGINT FROM differing"
        )
        counts = RowChanges(added=added, removed=removed, unchanged=self.old.rows - removed)
        examples = list(self._row_examples(hashes, counts)) if self.shows_values else []
        return Found(counts, examples=examples)

    def _problem(self, key: Sequence[Pair]) -> str:
        """Say why these columns do not name rows; empty where they do."""
        missing = _any_missing(key)
        old, new = f"(sides % {_SIDE})", f"(sides // {_SIDE})"
        found = self._one(
            f"SELECT coalesce(sum({old}) FILTER ({missing}), 0)::BIGINT, "
            f"coalesce(sum({new}) FILTER ({missing}), 0)::BIGINT, "
            f"count(*) FILTER ({old} > 1 AND NOT ({missing})), "
            f"count(*) FILTER ({new} > 1 AND NOT ({missing})) FROM differing"
        )
        name = ", ".join(pair.name for pair in key)
        said = []
        for side, none, several in (("old", *found[::2]), ("new", *found[1::2])):
            if none:
                said.append(f"missing in {none:,} {side} {'rows' if none > 1 else 'row'}")
            if several:
                keys = "1 key stands" if several == 1 else f"{several:,} keys stand"
                said.append(f"{keys} for several {side} rows{self._twice(key, side)}")
        return f"{name} is no key: {'; '.join(said)}" if said else ""

    def _twice(self, key: Sequence[Pair], side: str) -> str:
        if not self.shows_values:
            return ""
        count = f"(sides % {_SIDE})" if side == "old" else f"(sides // {_SIDE})"
        texts = ", ".join(_text(pair.id) for pair in key)
        *values, often = self._one(
            f"SELECT {texts}, {count}::BIGINT FROM differing WHERE {count} > 1 "
            f"AND NOT ({_any_missing(key)}) ORDER BY {count} DESC, {listed(key)} LIMIT 1"
        )
        return f", such as {_key_text(values)} for {often:,}"

    def _changed_columns(
        self, key: Sequence[Pair], others: Sequence[Pair]
    ) -> tuple[dict[str, int], dict[str, tuple[str, Value]]]:
        """Count the changed rows of each column, and take one for an example."""
        counts: dict[str, int] = {}
        examples: dict[str, tuple[str, Value]] = {}
        same = " AND ".join(f"old.{k.id} = new.{k.id} AND old.{k.id} = d.{k.id}" for k in key)
        joined = f"FROM differing d, old, new WHERE d.sides = {_SIDE + 1} AND {same}"
        for part in in_parts(others, _AT_ONCE):
            told = ", ".join(f"count(*) FILTER ({_differs(each.id)})" for each in part)
            for each, count in zip(part, self._one(f"SELECT {told} {joined}"), strict=True):
                counts[each.id] = count
        if not self.shows_values:
            return counts, examples
        keys = ", ".join(f"d.{k.id}" for k in key)
        for part in in_parts([each for each in others if counts[each.id]], _AT_ONCE):
            least = ", ".join(
                f"arg_min(row({', '.join(_text(f'd.{k.id}') for k in key)}, "
                f"{_text(f'old.{each.id}')}, {_text(f'new.{each.id}')}), row({keys})) "
                f"FILTER ({_differs(each.id)})"
                for each in part
            )
            for each, row in zip(part, self._one(f"SELECT {least} {joined}"), strict=True):
                *values, before, after = row.values() if isinstance(row, dict) else row
                value = Value(column=each.name, before=before, after=after)
                examples[each.id] = (_key_text(values), value)
        return counts, examples

    def _key_examples(
        self, key: Sequence[Pair], others: Sequence[Pair], by_column: dict[str, int]
    ) -> Iterator[RowExample]:
        """Take the rows of the lowest keys, of each kind."""
        changing = [each for each in others if by_column.get(each.id)][:VALUES]
        same = {view: " AND ".join(f"{view}.{k.id} = d.{k.id}" for k in key) for view in _VIEWS}
        keys = ", ".join(_text(f"d.{k.id}") for k in key)
        first = (
            f"(SELECT * FROM differing WHERE sides = {{}} ORDER BY {listed(key)} "
            f"LIMIT {EXAMPLES}) d"
        )
        order = f"ORDER BY {', '.join(f'd.{k.id}' for k in key)}"
        if changing:
            pairs = ", ".join(
                f"{_differs(each.id)}, {_text(f'old.{each.id}')}, {_text(f'new.{each.id}')}"
                for each in changing
            )
            for row in self._all(
                f"SELECT {keys}, {pairs} FROM {first.format(_SIDE + 1)}, old, new "
                f"WHERE {same['old']} AND {same['new']} {order}"
            ):
                triples = in_parts(row[len(key) :], 3)
                values = [
                    Value(column=each.name, before=before, after=after)
                    for each, (differs, before, after) in zip(changing, triples, strict=True)
                    if differs
                ]
                yield RowExample(
                    change="changed", key=_key_text(row[: len(key)]), values=tuple(values)
                )
        for change, view, sides in (("added", "new", _SIDE), ("removed", "old", 1)):
            shown = others[:VALUES]
            texts = "".join(f", {_text(f'{view}.{each.id}')}" for each in shown)
            for row in self._all(
                f"SELECT {keys}{texts} FROM {first.format(sides)}, {view} "
                f"WHERE {same[view]} {order}"
            ):
                yield _whole(change, row[len(key) :], shown, _key_text(row[: len(key)]))

    def _row_examples(self, hashes: str, counts: RowChanges) -> Iterator[RowExample]:
        shown = list(self.pairs[:_LOOKED_AT])
        texts = ", ".join(f"{_text(each.id)} AS {each.id}" for each in shown)
        for change, view, sign, count in (
            ("added", "new", ">", counts.added),
            ("removed", "old", "<", counts.removed),
        ):
            if not count:
                continue
            for row in self._all(
                f"SELECT {listed(shown)} FROM (SELECT {texts}, {hashes} FROM {view}) "
                f"SEMI JOIN (SELECT * FROM differing WHERE more {sign} 0 ORDER BY h, h2 "
                f"LIMIT {EXAMPLES}) USING (h, h2) ORDER BY h, h2 LIMIT {EXAMPLES}"
            ):
                yield _whole(change, row, shown)

    def _run(self, sql: str) -> None:
        self.connection.execute(sql)

    def _one(self, sql: str) -> tuple[Any, ...]:
        row = self.connection.execute(sql).fetchone()
        assert row is not None  # noqa: S101 - it selects one row
        return tuple(row)

    def _all(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()


_VIEWS = ("old", "new")


def _whole(change: Any, values: Sequence[Any], shown: Sequence[Pair], key: str = "") -> RowExample:
    """Return an example of a row that came or went."""
    side = "after" if change == "added" else "before"
    told = (
        Value.model_validate({"column": each.name, side: value})
        for each, value in zip(shown, values, strict=True)
    )
    return RowExample(change=change, key=key, values=tuple(told))


def _any_missing(pairs: Sequence[Pair]) -> str:
    return " OR ".join(f"{pair.id} IS NULL" for pair in pairs)


def _differs(column: str) -> str:
    return f"old.{column} IS DISTINCT FROM new.{column}"


def _text(column: str) -> str:
    """Return a value as text that is not too long to show."""
    return f"left(CAST({column} AS VARCHAR), {_LONGEST})"


def _key_text(values: Sequence[Any]) -> str:
    return ", ".join(str(value) for value in values)
