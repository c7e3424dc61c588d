"""Ranges of values: which one a value is in, as an expression of few comparisons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir


def number(value: float) -> Any:
    """Return a number as a literal that is read to the bit.

    Through its text: databases take ``0.1`` for a decimal, and round it a second time.
    """
    import ibis

    return ibis.literal(repr(float(value))).cast("float64")


def chosen(value: ir.NumericValue, edges: Sequence[float], leaves: Sequence[Any]) -> Any:
    """Return the leaf of the range a value is in; a range holds its lower edge.

    A tree of conditions: a chain of them would compare with every edge.

    Parameters
    ----------
    value : ibis number
        The value.
    edges : sequence of float
        Ascending, between the ranges.
    leaves : sequence
        One more than there are edges.

    Examples
    --------
    >>> import ibis
    >>> table = ibis.memtable({"x": [1.0, 2.0, 9.0]})
    >>> chosen(table.x, [2.0, 5.0], [0, 1, 2]).execute().tolist()
    [0, 1, 2]
    """
    import ibis

    if not edges:
        leaf = leaves[0]
        return ibis.literal(leaf, type="int64") if isinstance(leaf, int) else leaf
    middle = len(edges) // 2
    return ibis.ifelse(
        value < number(edges[middle]),
        chosen(value, edges[:middle], leaves[: middle + 1]),
        chosen(value, edges[middle + 1 :], leaves[middle + 1 :]),
    )


def edges_of(quantiles: Sequence[Sequence[float]]) -> list[float]:
    """Return edges that part values evenly, from rough quantiles of both sides.

    They decide how work is shared out, never what comes out.

    Examples
    --------
    >>> edges_of([[1.0, 1.0, 2.0], [float("nan"), 3.0]])
    [1.0, 2.0, 3.0]
    """
    import math

    return sorted({value for side in quantiles for value in side if math.isfinite(value)})
