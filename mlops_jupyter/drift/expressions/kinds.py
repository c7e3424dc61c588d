"""What kind of values a column of a database holds, in the words that memory has for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import ibis.expr.datatypes as dt

    from mlops_jupyter.drift.pairs import Storage

Kind = Literal["float", "integer", "text", "boolean", "date", "other"]

_FAMILIES: dict[Kind, str] = {
    "float": "numbers",
    "integer": "numbers",
    "text": "text",
    "boolean": "true or false",
    "date": "dates",
}
_LARGEST = 2**63 - 1


def kind_of(dtype: dt.DataType) -> Kind:
    """Return the kind of a type; decimals are floats, as in memory.

    Examples
    --------
    >>> import ibis
    >>> kind_of(ibis.dtype("decimal(10, 2)")), kind_of(ibis.dtype("array<int64>"))
    ('float', 'other')
    """
    if dtype.is_boolean():
        return "boolean"
    if dtype.is_integer():
        return "integer"
    if dtype.is_floating() or dtype.is_decimal():
        return "float"
    if dtype.is_date() or dtype.is_timestamp():
        return "date"
    return "text" if dtype.is_string() else "other"


def family(dtype: dt.DataType) -> str:
    """Name the kind of a column's values.

    Examples
    --------
    >>> import ibis
    >>> family(ibis.dtype("decimal(10, 2)")), family(ibis.dtype("time"))
    ('numbers', 'time')
    """
    kind = kind_of(dtype)
    if kind != "other":
        return _FAMILIES[kind]
    for word, there in (
        ("time", dtype.is_time()),
        ("timedelta64", dtype.is_interval()),
        ("bytes", dtype.is_binary()),
    ):
        if there:
            return word
    return "values that are neither plain numbers nor plain text"


def storage(kind: Kind, *, gaps: bool, largest: float | None) -> Storage:
    """Return how memory would hold a column: whole numbers with gaps are floats there.

    Parameters
    ----------
    kind : str
        As of `kind_of`.
    gaps : bool
        Whether values are missing.
    largest : float or None
        The greatest value; one beyond 64 bits with a sign makes whole numbers floats.

    Examples
    --------
    >>> storage("integer", gaps=False, largest=7), storage("integer", gaps=True, largest=7)
    ('integer', 'float')
    """
    if kind == "integer":
        fits = largest is None or largest <= _LARGEST
        return "integer" if fits and not gaps else "float"
    if kind == "boolean":
        return "category" if gaps else "boolean"
    return "string" if kind == "text" else kind
