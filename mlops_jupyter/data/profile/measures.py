"""What is measured of a column, by its kind, as SQL; and a column's profile from the answers.

NaN and infinities are counted, and left out of everything else: DuckDB orders NaN above all
numbers, and one infinity makes every mean infinite.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlops_jupyter.data.profile.records import LEVELS, ColumnProfile, Histogram, Kind, Lengths
from mlops_jupyter.data.reading.names import quoted

_INTEGERS = {
    f"{sign}{size}INT" for sign in ("", "U") for size in ("TINY", "SMALL", "BIG", "HUGE")
} | {"INTEGER", "UINTEGER"}
_TEXTS = ("VARCHAR", "ENUM", "UUID", "JSON")
_OTHERS: dict[str, Kind] = {"BOOLEAN": "boolean", "BLOB": "binary"}
_NESTED = ("STRUCT", "MAP", "UNION", "VARIANT")
# Squares of larger numbers are infinite, and so are the differences of some.
_HUGE = 1e150
LONGEST = 200  # characters of a value that are kept
BINS = 20
_DAY = 86400.0


@dataclass(frozen=True)
class Column:
    """A column as DuckDB describes it."""

    name: str
    type: str

    @property
    def kind(self) -> Kind:
        """What can be said of its type."""
        if self.type.endswith("]") or self.type.startswith(_NESTED):
            return "nested"
        if self.type in _INTEGERS:
            return "integer"
        if self.type in ("DOUBLE", "FLOAT") or self.type.startswith("DECIMAL"):
            return "number"
        if self.type.startswith(("DATE", "TIMESTAMP")) or self.type in ("TIME", "TIME_NS"):
            return "moment"
        if self.type.startswith(_TEXTS):
            return "text"
        return _OTHERS.get(self.type, "other")

    @property
    def sql(self) -> str:
        """Its values."""
        if self.kind == "text":
            return f"CAST({quoted(self.name)} AS VARCHAR)"  # an ENUM is in an order of its own
        if self.type == "TIMESTAMPTZ_NS":
            # DuckDB has hardly a function for it yet.
            return f"CAST({quoted(self.name)} AS TIMESTAMPTZ)"
        return quoted(self.name)

    @property
    def number(self) -> str:
        """Its values as floats; moments in seconds."""
        if self.kind == "moment":
            return f"CAST(epoch({self.sql}) AS DOUBLE)"
        return f"CAST({self.sql} AS DOUBLE)"

    @property
    def counted(self) -> str:
        """Which rows count as having a value."""
        there = f"{self.sql} IS NOT NULL"
        finite = self.type in ("DOUBLE", "FLOAT", "DATE") or self.type.startswith("TIMESTAMP")
        return f"{there} AND isfinite({self.sql})" if finite else there

    def measures(self, *, exact: bool, values: bool) -> dict[str, str]:
        """Return what one pass over the table is to tell, by name.

        Parameters
        ----------
        exact : bool
            Whether quantiles may hold all values at once.
        values : bool
            Whether single texts may be told.
        """
        told = {"missing": f"count(*) - count({quoted(self.name)})"}
        where = f"FILTER (WHERE {self.counted})"
        if self.kind in ("integer", "number", "moment", "text", "binary"):
            # An estimate may be beyond what there is.
            told["distinct"] = f"least(approx_count_distinct({self.sql}) {where}, count(*) {where})"
        if self.kind in ("integer", "number", "moment"):
            told |= self._order(exact=exact)
        if self.kind in ("integer", "number", "boolean"):
            within = f"FILTER (WHERE {self.counted} AND abs({self.number}) < {_HUGE})"
            told["mean"] = f"favg({self.number}) {within}"
            told["sd"] = f"stddev_samp({self.number}) {within}"
        if self.type in ("DOUBLE", "FLOAT"):
            told["not_a_number"] = f"count(*) FILTER (WHERE isnan({self.sql}))"
        if "isfinite" in self.counted:
            told["infinite"] = f"count(*) FILTER (WHERE isinf({self.sql}))"
        if self.kind == "boolean":
            told["true"] = f"count(*) FILTER (WHERE {self.sql})"
            told["false"] = f"count(*) FILTER (WHERE NOT {self.sql})"
        if self.kind == "text":
            told["empty"] = f"count(*) FILTER (WHERE {self.sql} = '')"
            if values:
                told["minimum"] = f"left(min({self.sql}), {LONGEST})"
                told["maximum"] = f"left(max({self.sql}), {LONGEST})"
        return told | self._lengths()

    def bins(self, found: Mapping[str, Any]) -> tuple[float, ...]:
        """Return the edges of a histogram, from what the first pass told; empty where none fits."""
        low, high = found.get("low"), found.get("high")
        if low is None or high is None or max(abs(low), abs(high)) >= _HUGE:
            return ()
        unit = {"integer": 1.0, "moment": _DAY if self.type == "DATE" else None}.get(self.kind)
        if unit is not None:
            # Whole units, or else bins of as many values as their neighbours would differ.
            steps = math.floor((high - low) / unit) + 1
            width = unit * math.ceil(steps / BINS)
            edges = tuple(low + width * n for n in range(math.ceil(steps * unit / width) + 1))
            edges = (*edges[:-1], max(edges[-1], high))  # rounded, they may end before it
        elif low == high:
            edges = (low, math.nextafter(high, math.inf))
        else:
            step = (high - low) / BINS
            edges = (*(low + step * n for n in range(BINS)), high)
        # Beyond 2**53, and close together, edges fall onto one another.
        return edges if all(a < b for a, b in itertools.pairwise(edges)) else ()

    def binned(self, edges: tuple[float, ...]) -> str:
        """Return the SQL of how many values each bin holds, by its number."""
        last = len(edges) - 2
        width = edges[1] - edges[0]
        place = f"floor(({self.number} - {edges[0]!r}) / {width!r})"
        number = f"CAST(least(greatest({place}, 0), {last}) AS INTEGER)"
        return f"histogram({number}) FILTER (WHERE {self.counted})"

    def profile(self, found: Mapping[str, Any], *, exact: bool) -> ColumnProfile:
        """Return the profile of what the first pass told."""
        huge = max(abs(found.get(end) or 0) for end in ("low", "high")) >= _HUGE
        distinct = found.get("distinct")
        histogram = None
        if self.kind == "boolean":
            counts = found["false"], found["true"]
            distinct = sum(count > 0 for count in counts)
            if distinct:
                histogram = Histogram(edges=(-0.5, 0.5, 1.5), counts=counts)
        return ColumnProfile(
            name=self.name,
            type=self.type,
            kind=self.kind,
            missing=found["missing"],
            not_a_number=found.get("not_a_number", 0),
            infinite=found.get("infinite", 0),
            empty=found.get("empty", 0),
            distinct=distinct,
            distinct_is_exact=self.kind == "boolean" or distinct in (None, 0),
            minimum=found.get("minimum"),
            maximum=found.get("maximum"),
            mean=None if huge else found.get("mean"),
            sd=None if huge else found.get("sd"),
            quantiles=() if huge else tuple(found.get("quantiles") or ()),
            quantiles_are_exact=exact,
            histogram=histogram,
            lengths=_lengths_of(found),
        )

    def _order(self, *, exact: bool) -> dict[str, str]:
        where = f"FILTER (WHERE {self.counted})"
        within = f"FILTER (WHERE {self.counted} AND abs({self.number}) < {_HUGE})"
        levels = f"[{', '.join(map(str, LEVELS))}]"
        function = "quantile_cont" if exact else "approx_quantile"
        shown = {"integer": self.sql, "number": self.number}.get(self.kind)
        # As text where Python has no such moment: year 20000, or one before Christ.
        least, most = (
            (f"min({shown}) {where}", f"max({shown}) {where}")
            if shown
            else tuple(f"CAST({f}({self.sql}) {where} AS VARCHAR)" for f in ("min", "max"))
        )
        return {
            "minimum": least,
            "maximum": most,
            "low": f"min({self.number}) {where}",
            "high": f"max({self.number}) {where}",
            "quantiles": f"{function}({self.number}, {levels}) {within}",
        }

    def _lengths(self) -> dict[str, str]:
        length = {"text": f"length({self.sql})", "binary": f"octet_length({self.sql})"}.get(
            self.kind, f"len({self.sql})" if self.type.endswith("]") else None
        )
        if length is None:
            return {}
        return {
            "shortest": f"min({length})",
            "average": f"avg({length})",
            "longest": f"max({length})",
        }


def _lengths_of(found: Mapping[str, Any]) -> Lengths | None:
    if found.get("shortest") is None:
        return None
    return Lengths(shortest=found["shortest"], mean=found["average"], longest=found["longest"])
