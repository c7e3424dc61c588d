"""The first look at columns: one query for many of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_jupyter.drift.expressions.buckets import number
from mlops_jupyter.drift.expressions.kinds import Kind, kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis
    import ibis.expr.types as ir

    from mlops_jupyter.drift.expressions.asking import Database


@dataclass(frozen=True)
class Overview:
    """A column of one side.

    Attributes
    ----------
    kind : str
        Of its type.
    count, infinite : int
        Rows with a value; infinities.
    total, least, most : float or int
        Of the numbers; of the lengths of texts. None where there is no value.
    different : int or None
        About how many different values; None where the database has no quick guess.
    """

    kind: Kind
    count: int
    infinite: int = 0
    total: float | None = None
    least: float | None = None
    most: float | None = None
    different: int | None = None


def present(column: ir.Column, kind: Kind) -> Any:
    """Return the values that are there: neither NaN nor infinite; decimals as floats."""
    import ibis

    if kind != "float":
        return column
    value = column.cast("float64")
    return ibis.ifelse(is_finite(value), value, ibis.null("float64"))


def is_finite(value: Any) -> Any:
    """Return whether floats are neither NaN nor infinite: taken from itself, nothing is left.

    There is no answer for a missing value. Not by isnan() or a comparison: the bounds that Parquet
    keeps of a column leave NaN out, and DuckDB concludes from them that there is none. Nor by
    isinf(): on Spark it finds none.

    Examples
    --------
    >>> import ibis
    >>> table = ibis.memtable({"x": [1.0, None, float("inf")]})
    >>> is_finite(table.x).execute().tolist()
    [True, None, False]
    """
    return (value - value) == number(0)


def _is_infinite(value: Any) -> Any:
    """Whether floats are infinite: one divided by them is nothing, by NaN it is NaN."""
    import ibis

    finite = is_finite(value)
    divisor = ibis.ifelse(finite, number(1), value)
    return value.notnull() & ~finite & (number(1) / divisor == number(0))


def measured(column: ir.Column, kind: Kind) -> Any:
    """Return the numbers that are measured: of texts, their lengths."""
    value = present(column, kind)
    return value.length().cast("int64") if kind == "text" else value


def overviews(database: Database, table: ibis.Table, places: Sequence[int]) -> dict[int, Overview]:
    """Return what columns look like, by one query.

    Parameters
    ----------
    database : Database
        What answers.
    table : ibis.Table
        The side.
    places : sequence of int
        Which columns.
    """
    kinds = {place: kind_of(table[place].type()) for place in places}
    guesses = _guesses(database)
    wanted: dict[str, Any] = {}
    for place, kind in kinds.items():
        value = present(table[place], kind)
        wanted[f"count_{place}"] = value.count()
        if guesses and kind in ("float", "integer", "text"):
            wanted[f"different_{place}"] = value.approx_nunique()
        if kind == "float":
            value_ = table[place].cast("float64")
            wanted[f"infinite_{place}"] = value_.count(where=_is_infinite(value_))
        if kind in ("float", "integer", "text"):
            values = measured(table[place], kind)
            wanted |= {
                f"total_{place}": values.cast("float64").sum(),
                f"least_{place}": values.min(),
                f"most_{place}": values.max(),
            }
    found = database.row(table.aggregate(**wanted))
    names = ("count", "infinite", "total", "least", "most", "different")
    return {
        place: Overview(
            kind=kind,
            **{
                name: found[f"{name}_{place}"]
                for name in names
                if found.get(f"{name}_{place}") is not None
            },
        )
        for place, kind in kinds.items()
    }


def _guesses(database: Database) -> bool:
    import ibis.expr.operations as ops

    return bool(database.backend.has_operation(ops.ApproxCountDistinct))
