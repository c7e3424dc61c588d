"""Numbers as literals, and which of a few ranges a value is in."""

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


def bin_of(value: ir.NumericValue, edges: Sequence[float], first: int = 0) -> Any:
    """Return the number of the range a value is in; a range holds its lower edge.

    A tree of conditions: a chain of them would compare with every edge.

    Parameters
    ----------
    value : ibis number
        The value.
    edges : sequence of float
        Ascending, between the ranges.
    first : int
        The number of the first range.

    Examples
    --------
    >>> import ibis
    >>> table = ibis.memtable({"x": [1.0, 2.0, 9.0]})
    >>> bin_of(table.x, [2.0, 5.0]).execute().tolist()
    [0, 1, 2]
    """
    import ibis

    if not len(edges):
        return ibis.literal(first, type="int64")
    middle = len(edges) // 2
    return ibis.ifelse(
        value < number(edges[middle]),
        bin_of(value, edges[:middle], first),
        bin_of(value, edges[middle + 1 :], first + middle + 1),
    )
