"""Classes by name: 1, 1.0, "1" and True may all be the same one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops_jupyter.drift.memory.plain import family
from mlops_jupyter.drift.pairs import text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


def are_booleans(columns: Iterable[pd.Series[Any]]) -> bool:
    """Whether all that is there is true or false, so that it is called so."""
    filled = [column for column in columns if column.notna().any()]
    return bool(filled) and all(family(column) == "true or false" for column in filled)


def name_of(value: object, *, booleans: bool) -> str:
    """Return what a class is called.

    Examples
    --------
    >>> name_of(1.0, booleans=False), name_of(True, booleans=False), name_of(True, booleans=True)
    ('1', '1', 'True')
    """
    import numpy as np

    if isinstance(value, bool | np.bool_):
        return str(bool(value)) if booleans else str(int(value))
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return text(value)


def name_meant(value: object, met: Collection[str], *, booleans: bool) -> str:
    """Return which class a person means: true and 1 are the same where no more than they are met.

    Examples
    --------
    >>> name_meant("1", ["False", "True"], booleans=True), name_meant(True, ["0"], booleans=False)
    ('True', '1')
    >>> name_meant("true", ["0", "1"], booleans=False), name_meant("late", [], booleans=False)
    ('1', 'late')
    """
    name = name_of(value, booleans=booleans)
    if booleans:
        return {"1": "True", "true": "True", "0": "False", "false": "False"}.get(name, name)
    if set(met) <= {"0", "1"}:
        return {"true": "1", "false": "0"}.get(name.lower(), name)
    return name


def names_in(columns: Iterable[pd.Series[Any]], *, booleans: bool) -> list[str]:
    """Return the classes in columns, in their order."""
    return in_order(
        {name_of(value, booleans=booleans) for column in columns for value in _unique(column)}
    )


def in_order(names: Iterable[str]) -> list[str]:
    """Sort names, by value where they are numbers."""
    names = list(names)
    try:
        return sorted(names, key=float)
    except ValueError:
        return sorted(names)


def codes_of(column: pd.Series[Any], names: Sequence[str], *, booleans: bool) -> NDArray[np.int64]:
    """Return the place of each value among names, and -1 where it is missing or not among them."""
    import numpy as np
    import pandas as pd

    places = {name: place for place, name in enumerate(names)}
    codes, values = pd.factorize(column)
    table = [places.get(name_of(value, booleans=booleans), -1) for value in values]
    return np.array([*table, -1], dtype="int64")[codes]  # -1 is the last: missing


def _unique(column: pd.Series[Any]) -> list[object]:
    return [value for value in column.dropna().unique() if value is not None]
