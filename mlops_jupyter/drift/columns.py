"""Which columns can be compared, and what is said of the others.

Engines differ; this does not: they are handed pairs of columns of one kind, in plain types, with
values on both sides.
"""

from __future__ import annotations

import difflib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_jupyter.drift.report import Finding
from mlops_jupyter.errors import BadInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

_FAMILIES = {
    "string": "text",
    "boolean": "true or false",
    "integer": "numbers",
    "floating": "numbers",
    "mixed-integer-float": "numbers",
    "decimal": "numbers",
    "datetime": "dates",
    "datetime64": "dates",
    "date": "dates",
    "mixed-integer": "numbers and text mixed",
    "mixed": "values that are neither plain numbers nor plain text",
}
_MIXED = (_FAMILIES["mixed-integer"], _FAMILIES["mixed"])
_SIDES = ("the reference", "current")


@dataclass(frozen=True)
class Pair:
    """One column on both sides, without its missing values.

    Attributes
    ----------
    column : str
        Its name.
    reference, current : pandas.Series
        The values that are there; never empty.
    reference_rows, current_rows : int
        Rows before missing values were left out.
    """

    column: str
    reference: pd.Series[Any]
    current: pd.Series[Any]
    reference_rows: int
    current_rows: int


def text(value: object) -> str:
    """Return a value as text that UTF-8 can hold: file contents may hold half a surrogate pair."""
    return str(value).encode("utf-8", "replace").decode("utf-8")


def pairs(
    reference: pd.DataFrame, current: pd.DataFrame, wanted: Sequence[str] | None = None
) -> Iterator[Pair | Finding]:
    """Yield a pair for each column that can be compared, and findings for all others.

    Parameters
    ----------
    reference, current : pandas.DataFrame
        The two sides.
    wanted : sequence of str, optional
        The columns to look at; all by default.

    Raises
    ------
    NotFound
        A wanted column is on neither side.
    BadInput
        The sides have no column in common.
    """
    sides = {"reference": _places(reference), "current": _places(current)}
    names = list(dict.fromkeys([*sides["reference"], *sides["current"]]))
    if wanted is not None:
        _check_wanted(wanted, names)
        names = [name for name in names if name in set(wanted)]
    common = [name for name in names if all(name in places for places in sides.values())]
    if not common:
        raise BadInput(
            "reference and current have no column in common"
            + (" among the ones asked for" if wanted is not None else ""),
            f"reference has {_some(sides['reference'])}; current has {_some(sides['current'])}",
        )
    for name in names:
        places = [side.get(name, []) for side in sides.values()]
        if name not in common:
            yield _only_on_one_side(name, in_reference=bool(places[0]))
        elif any(len(place) > 1 for place in places):
            message = f"{name} is the name of several columns: not compared"
            yield Finding(kind="duplicate_name", column=name, message=message)
        else:
            yield from _pair(name, reference.iloc[:, places[0][0]], current.iloc[:, places[1][0]])


def plain(series: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column in the plainest type that holds it.

    Unsigned, nullable and Arrow types, decimals, and true/false with gaps: engines pass over
    those, though they hold ordinary numbers and categories. What is plain is not copied.
    """
    import pandas as pd

    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype | pd.StringDtype):
        return series
    family = _family(series)
    if family == "true or false" and dtype.name != "bool":
        return series.astype("category")
    if family == "numbers" and dtype.name not in ("int64", "int32", "int16", "int8"):
        return _plain_numbers(series)
    if family == "text" and dtype.name != "object":
        return series.astype("string")
    return series


def _plain_numbers(series: pd.Series[Any]) -> pd.Series[Any]:
    import numpy as np
    import pandas as pd

    if isinstance(series.dtype, np.dtype) and series.dtype.kind == "f":
        return series
    whole = pd.api.types.is_integer_dtype(series.dtype) and not series.hasnans
    if whole and series.max() <= np.iinfo("int64").max:
        return series.astype("int64")
    return pd.Series(series.to_numpy(dtype="float64", na_value=np.nan), index=series.index)


def without_infinities(series: pd.Series[Any]) -> tuple[pd.Series[Any], int]:
    """Return a column with its infinities made missing, and how many they were."""
    import numpy as np

    if not (isinstance(series.dtype, np.dtype) and series.dtype.kind == "f"):
        return series, 0
    infinite = np.isinf(series.to_numpy())
    count = int(infinite.sum())
    return (series.mask(infinite) if count else series), count


def _pair(
    name: str, reference: pd.Series[Any], current: pd.Series[Any]
) -> Iterator[Pair | Finding]:
    before, infinite_before = without_infinities(plain(reference))
    after, infinite_after = without_infinities(plain(current))
    if infinite_before or infinite_after:
        message = (
            f"{name} has infinities ({infinite_before:,} in the reference, {infinite_after:,} in "
            "current): left out like missing values"
        )
        yield Finding(kind="infinities", column=name, message=message)
    kept = [column.dropna() if column.hasnans else column for column in (before, after)]
    if empty := [side for side, column in zip(_SIDES, kept, strict=True) if column.empty]:
        message = f"{name} has no value in {' and '.join(empty)}: not compared"
        yield Finding(kind="all_missing", column=name, message=message)
        return
    families = [_family(column) for column in kept]
    if mixed := [family for family in families if family in _MIXED]:
        message = f"{name} holds {mixed[0]}: not compared"
        yield Finding(kind="not_compared", column=name, message=message)
        return
    if families[0] != families[1]:
        message = f"{name} was {families[0]}, is now {families[1]}: not compared"
        yield Finding(kind="type_changed", column=name, message=message)
        return
    yield Pair(name, kept[0], kept[1], len(reference), len(current))


def _family(series: pd.Series[Any]) -> str:
    """Name the kind of a column's values, whatever type holds them."""
    import pandas as pd

    values = series.array.categories if isinstance(series.dtype, pd.CategoricalDtype) else series
    kinds = pd.api.types
    if kinds.is_bool_dtype(values.dtype):
        return "true or false"
    if kinds.is_complex_dtype(values.dtype):
        return "complex numbers"
    if kinds.is_numeric_dtype(values.dtype):
        return "numbers"
    if kinds.is_datetime64_any_dtype(values.dtype):
        return "dates"
    if isinstance(values.dtype, pd.StringDtype):
        return "text"
    # Also finds text, decimals and dates behind object and Arrow types.
    inferred = kinds.infer_dtype(values, skipna=True)
    return _FAMILIES.get(inferred, inferred.replace("-", " "))


def _places(frame: pd.DataFrame) -> dict[str, list[int]]:
    """Return the positions of each column name; a name may stand several times."""
    places: dict[str, list[int]] = {}
    for position, name in enumerate(frame.columns):
        places.setdefault(text(name), []).append(position)
    return places


def _check_wanted(wanted: Sequence[str], names: list[str]) -> None:
    repeated = [name for name, count in Counter(wanted).items() if count > 1]
    if repeated or not wanted:
        raise BadInput(
            f"column {repeated[0]!r} is asked for twice" if repeated else "no column is asked for",
            "name each column once, or leave the choice out to compare all",
        )
    for name in wanted:
        if name not in names:
            close = difflib.get_close_matches(name, names, n=1)
            raise NotFound(
                f"no column {name!r} in reference or current",
                f"did you mean {close[0]!r}?" if close else f"there are {_some(names)}",
            )


def _only_on_one_side(name: str, *, in_reference: bool) -> Finding:
    if in_reference:
        message = f"{name} is only in the reference: missing in current"
        return Finding(kind="only_in_reference", column=name, message=message)
    message = f"{name} is only in current: not in the reference"
    return Finding(kind="only_in_current", column=name, message=message)


def _some(names: object, limit: int = 8) -> str:
    listed = [str(name) for name in names]  # type: ignore[attr-defined]  # a list or dict
    more = f" and {len(listed) - limit} more" if len(listed) > limit else ""
    return ", ".join(listed[:limit]) + more or "none"
