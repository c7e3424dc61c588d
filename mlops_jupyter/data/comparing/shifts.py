"""How the values of each column moved: missing ones, mean, range, categories, distance."""

# ruff: noqa: S608 - made of numbers and of names of our own: c0, c1 …

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_jupyter.data.comparing.bins import BARS, binned
from mlops_jupyter.data.comparing.distances import jensen_shannon, wasserstein
from mlops_jupyter.data.comparing.parts import in_parts
from mlops_jupyter.data.comparing.records import ColumnChange, ColumnSide, Overlay, ShownAs

if TYPE_CHECKING:
    import numpy as np
    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray

    from mlops_jupyter.data.comparing.reading import Pair, Sheet

    Sample = dict[str, NDArray[Any]]

WHOLE = 200_000  # rows up to which nothing is sampled
SAMPLE = 100_000
_CELLS = 8_000_000  # of a sample, so that a thousand columns fit as well
LEAST = 2_000
_CATEGORIES = 1_000  # different texts beyond which they are no categories
_NAMED = 5  # new and vanished ones that are named
_LABEL = 60
_AT_ONCE = 250  # columns in one query: planning one takes as long as all columns do

_WHOLE_NUMBERS = {
    f"{sign}{kind}"
    for kind in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
    for sign in ("", "U")
}
_VIEWS = ("old", "new")
_KEY_TYPES = {*_WHOLE_NUMBERS, "VARCHAR", "UUID"}
_FLOATS = {"FLOAT", "DOUBLE"}
_NUMBERS = {*_WHOLE_NUMBERS, *_FLOATS}


def family(type_: str) -> ShownAs:
    """Return what is described of values of a type.

    Examples
    --------
    >>> family("DECIMAL(10,2)"), family("BOOLEAN"), family("INTEGER[]")
    ('numbers', 'categories', 'other')
    """
    if type_ in _NUMBERS or (type_.startswith("DECIMAL(") and type_.endswith(")")):
        return "numbers"
    if type_ == "DATE" or (type_.startswith("TIMESTAMP") and "[" not in type_):
        return "times"
    if type_ in ("VARCHAR", "BOOLEAN", "UUID") or (type_.startswith("ENUM(") and type_[-1] == ")"):
        return "categories"
    return "other"


@dataclass(frozen=True)
class Shifts:
    """Describes the columns of the views ``old`` and ``new``.

    Attributes
    ----------
    connection : duckdb.DuckDBPyConnection
        Where those are.
    old, new : Sheet
        What they are made of.
    sampled_by : str
        Columns whose hash chooses the sample: the same row is then in both or in neither, and
        equal data has equal samples.
    shows_values : bool
        Whether categories may be named.
    """

    connection: DuckDBPyConnection
    old: Sheet
    new: Sheet
    sampled_by: str
    shows_values: bool = True

    def of(self, pairs: Sequence[Pair]) -> Iterator[ColumnChange]:
        """Yield each column's change."""
        share = self._one_of(len(pairs))
        for part in in_parts(pairs, _AT_ONCE):
            kinds = self._kinds(part, share)
            measured = [each for each in part if kinds[each.id] in ("numbers", "lengths", "times")]
            samples = [self._sample(view, measured, kinds, share) for view in _VIEWS]
            sides = [
                self._sides(view, sheet.rows, part, kinds, sample)
                for view, sheet, sample in zip(_VIEWS, (self.old, self.new), samples, strict=True)
            ]
            for each in part:
                kind = kinds[each.id]
                change = ColumnChange(
                    column=each.name,
                    type=each.new_type,
                    shown_as=kind,
                    old=sides[0][each.id],
                    new=sides[1][each.id],
                )
                told: dict[str, Any] = {}
                if kind == "categories":
                    told = self._categories(each)
                elif each in measured:
                    whole = kind == "lengths" or each.type in _WHOLE_NUMBERS
                    told = _measures(*(sample[each.id] for sample in samples), whole=whole)
                yield change.model_copy(update=told)

    def sampled(self, columns: int) -> tuple[int, int] | None:
        """Return how many rows of either side a sample holds; None where it is all."""
        share = self._one_of(columns)
        if share == 1:
            return None
        old, new = (self._row(f"SELECT count(*) FROM {self._chosen(v, share)}")[0] for v in _VIEWS)
        return old, new

    def unique_looking(self, pairs: Sequence[Pair]) -> list[Pair]:
        """Return the columns that might hold each value once, judged from the sample."""
        possible = [each for each in pairs if each.type in _KEY_TYPES]
        share = self._one_of(len(pairs))
        found: list[Pair] = []
        for part in in_parts(possible, _AT_ONCE):
            told = ", ".join(f"count(DISTINCT {each.id}) = count(*)" for each in part)
            verdicts = [self._row(f"SELECT {told} FROM {self._chosen(v, share)}") for v in _VIEWS]
            found += [each for each, *unique in zip(part, *verdicts, strict=True) if all(unique)]
        return found

    def _one_of(self, columns: int) -> int:
        """Return of how many rows one is in the sample."""
        rows = max(self.old.rows, self.new.rows)
        if rows <= WHOLE and rows * columns <= 4 * _CELLS:
            return 1
        return max(rows // max(min(SAMPLE, _CELLS // max(columns, 1)), LEAST), 1)

    def _chosen(self, view: str, share: int) -> str:
        return f"{view} WHERE hash({self.sampled_by}) % {share} = 0" if share > 1 else view

    def _kinds(self, part: Sequence[Pair], share: int) -> dict[str, ShownAs]:
        """Return what is described of columns: texts that hardly ever repeat are no categories."""
        kinds = {each.id: family(each.type) for each in part}
        texts = [each for each in part if each.type in ("VARCHAR", "UUID")]
        if not texts:
            return kinds
        told = ", ".join(f"count(DISTINCT {each.id}), count({each.id})" for each in texts)
        counts = [self._row(f"SELECT {told} FROM {self._chosen(v, share)}") for v in _VIEWS]
        for place, each in enumerate(texts):
            different = max(row[2 * place] for row in counts)
            there = max(row[2 * place + 1] for row in counts)
            if different > BARS and (different > _CATEGORIES or different * 2 > there):
                kinds[each.id] = "lengths" if each.type == "VARCHAR" else "other"
        return kinds

    def _sample(
        self, view: str, part: Sequence[Pair], kinds: dict[str, ShownAs], share: int
    ) -> Sample:
        """Return the finite values of columns as numbers."""
        if not part:
            return {}
        told = ", ".join(f"{_number(each, kinds[each.id])} AS {each.id}" for each in part)
        query = f"SELECT {told} FROM {self._chosen(view, share)}"
        found: dict[str, Any] = dict(self.connection.execute(query).fetchnumpy())
        return {column: _there(values) for column, values in found.items()}

    def _sides(
        self,
        view: str,
        rows: int,
        part: Sequence[Pair],
        kinds: dict[str, ShownAs],
        sample: Sample,
    ) -> dict[str, ColumnSide]:
        """Return count, mean, spread and range of each column, of all rows."""
        told = []
        # Squares around a value near the mean: around 0, those of times would lose all digits.
        centres = {id_: _centre(each) for id_, each in sample.items()}
        for each in part:
            told.append(f"count({each.id})")
            if each.id not in centres:
                continue
            number = _number(each, kinds[each.id])
            off = f"({number} - ({centres[each.id]!r}::DOUBLE))"
            if each.type in _FLOATS:
                off = f"CASE WHEN isfinite({number}) THEN {off} END"
            told += [f"avg({off})", f"avg(({off}) * ({off}))", f"min({number})", f"max({number})"]
        values = iter(self._row(f"SELECT {', '.join(told)} FROM {view}"))
        found = {}
        for each in part:
            there = next(values)
            missing = 1 - there / rows if rows else 0.0
            if each.id not in centres:
                found[each.id] = ColumnSide(missing=missing)
                continue
            mean, square, low, high = (next(values) for _ in range(4))
            found[each.id] = ColumnSide(
                missing=missing,
                mean=None if mean is None else _finite(centres[each.id] + mean),
                std=None if mean is None else _finite(max(square - mean * mean, 0.0) ** 0.5),
                min=_finite(low),
                max=_finite(high),
            )
        return found

    def _categories(self, pair: Pair) -> dict[str, Any]:
        """Count each category in all rows of both sides."""
        import numpy as np

        rows = self.connection.execute(
            "SELECT CAST(v AS VARCHAR), sum(o)::BIGINT, sum(n)::BIGINT FROM ("
            f"SELECT {pair.id} AS v, 1 AS o, 0 AS n FROM old UNION ALL "
            f"SELECT {pair.id}, 0, 1 FROM new) WHERE v IS NOT NULL GROUP BY v"
        ).fetchall()
        old_total, new_total = (sum(row[side] for row in rows) or 1 for side in (1, 2))
        ranked = sorted(rows, key=lambda r: (-max(r[1] / old_total, r[2] / new_total), r[0]))
        old, new = (np.array([row[side] for row in ranked], dtype="float64") for side in (1, 2))
        fresh = [_short(row[0]) for row in ranked if not row[1]]
        gone = [_short(row[0]) for row in ranked if not row[2]]
        told: dict[str, Any] = {"new_count": len(fresh), "gone_count": len(gone)}
        if self.shows_values:
            told["new_categories"] = tuple(fresh[:_NAMED])
            told["gone_categories"] = tuple(gone[:_NAMED])
        if old.sum() and new.sum():
            told["distance"] = jensen_shannon(old, new)
            told["distance_kind"] = "jensen-shannon"
            if self.shows_values:
                told["overlay"] = _bars([_short(r[0]) for r in ranked], old, new)
        return told

    def _row(self, sql: str) -> tuple[Any, ...]:
        row = self.connection.execute(sql).fetchone()
        assert row is not None  # noqa: S101 - it selects one row
        return tuple(row)


def _number(pair: Pair, kind: ShownAs) -> str:
    """Return what is measured of a value, as a number."""
    if kind == "times":
        return f"epoch(CASE WHEN isfinite({pair.id}) THEN {pair.id} END)"
    return f"CAST({f'length({pair.id})' if kind == 'lengths' else pair.id} AS DOUBLE)"


def _there(values: NDArray[Any]) -> NDArray[np.float64]:
    import numpy as np

    kept = values.compressed() if isinstance(values, np.ma.MaskedArray) else values
    numbers: NDArray[np.float64] = kept.astype("float64", copy=False)
    return numbers[np.isfinite(numbers)]


def _centre(values: NDArray[np.float64]) -> float:
    """Return a number that values lie around."""
    import numpy as np

    if not values.size:
        return 0.0
    with np.errstate(over="ignore"):
        return _finite(float(values.mean())) or 0.0


def _measures(old: NDArray[np.float64], new: NDArray[np.float64], *, whole: bool) -> dict[str, Any]:
    """Return distance and common bins of two samples."""
    if not len(old) or not len(new):
        return {}
    found = binned(old, new, whole=whole)
    return {
        "distance": _finite(wasserstein(old, new)),
        "distance_kind": "wasserstein",
        "overlay": Overlay(
            edges=tuple(found.edges),
            old=tuple(found.old),
            new=tuple(found.new),
            below=found.below,
            above=found.above,
        ),
    }


def _bars(labels: list[str], old: NDArray[np.float64], new: NDArray[np.float64]) -> Overlay:
    """Return the share of each frequent category; rare ones are gathered in a last bar."""
    shares = [side / side.sum() for side in (old, new)]
    kept = len(labels) if len(labels) <= BARS else BARS - 1
    bars = [[round(float(each), 4) for each in side[:kept]] for side in shares]
    if len(labels) > kept:
        labels = [*labels[:kept], "others"]
        bars = [
            [*bar, round(float(side[kept:].sum()), 4)]
            for bar, side in zip(bars, shares, strict=True)
        ]
    return Overlay(
        labels=tuple(labels), old=tuple(bars[0]), new=tuple(bars[1]), others=len(old) - kept
    )


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _short(label: str) -> str:
    return label[:_LABEL].encode("utf-8", "replace").decode("utf-8")
