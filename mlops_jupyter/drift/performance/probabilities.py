"""Probabilities of classes, checked: a column per known class, rows that sum to one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops_jupyter.drift.memory.plain import family
from mlops_jupyter.drift.performance.classes import name_meant
from mlops_jupyter.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

    from mlops_jupyter.drift.pairs import Numbers
    from mlops_jupyter.drift.performance.rows import Wanted


_SLACK = 1e-6  # beyond 0 and 1
_ROUNDED = 0.02  # of a sum: probabilities may have been rounded when they were kept


def classes_named(wanted: Wanted, met: list[str], *, booleans: bool) -> list[str]:
    """Return the class that each column of probabilities is of; none where classes are not named.

    Parameters
    ----------
    wanted : Wanted
        Names the columns.
    met : list of str
        The classes of the target.
    booleans : bool
        Whether classes are called True and False.

    Raises
    ------
    BadInput
        A class has two columns.
    """
    if wanted.probabilities is None or isinstance(wanted.probabilities, str):
        return []
    named = [name_meant(key, met, booleans=booleans) for key in wanted.probabilities]
    if twice := next((name for name in named if named.count(name) > 1), None):
        raise BadInput(
            f"two columns are named for the probability of the class {twice[:40]!r}",
            "name one column for each class",
        )
    return named


def matrix_of(
    wanted: Wanted,
    columns: list[pd.Series[Any]],
    known: list[str],
    named: list[str],
    where: str,
) -> Numbers:
    """Return the probability of each known class per row; NaN where one is missing.

    Parameters
    ----------
    wanted : Wanted
        Names the columns.
    columns : list of pandas.Series
        What they hold, in their order.
    known : list of str
        The classes.
    named : list of str
        The class that each column is of, where they are named.
    where : str
        The side, for messages.
    """
    import numpy as np

    read = [
        _checked(name, column, where)
        for name, column in zip(wanted.probability_columns, columns, strict=True)
    ]
    if isinstance(wanted.probabilities, str):
        if len(known) != 2:
            raise BadInput(
                f"{wanted.probabilities} cannot be the probability of one of {len(known)} "
                f"class{'es' if len(known) != 1 else ''} of {wanted.target}",
                "name a column for each class: --probability CLASS=COLUMN",
            )
        return np.column_stack([1 - read[0], read[0]])
    found = dict(zip(named, read, strict=True))
    if len(known) == 2 and len(found) == 1:
        other = next(name for name in known if name not in found)
        found[other] = 1 - read[0]
    if lacking := [name for name in known if name not in found]:
        raise BadInput(
            f"{wanted.target} has the class {lacking[0][:40]!r}, which no column of "
            "probabilities is named for",
            "name a column for each class: --probability CLASS=COLUMN",
        )
    matrix = np.column_stack([found[name] for name in known])
    return _summing(wanted, matrix, where)


def _checked(name: str, column: pd.Series[Any], where: str) -> Numbers:
    import numpy as np

    if column.notna().any() and family(column) not in ("numbers", "true or false"):
        raise BadInput(f"{name} holds {family(column)} in {where}, not probabilities")
    values = column.to_numpy(dtype="float64", na_value=np.nan)
    there = values[~np.isnan(values)]
    if len(there) and (there.min() < -_SLACK or there.max() > 1 + _SLACK):
        raise BadInput(
            f"{name} goes from {there.min():.4g} to {there.max():.4g} in {where}: "
            "these are no probabilities",
            "name what predict_proba gives, between 0 and 1; or leave the probabilities out",
        )
    clipped: Numbers = np.clip(values, 0, 1)
    return clipped


def _summing(wanted: Wanted, matrix: Numbers, where: str) -> Numbers:
    import numpy as np

    sums = matrix.sum(axis=1)
    off = np.abs(sums - 1) > _ROUNDED  # False where one is missing
    if off.any():
        raise BadInput(
            f"the probabilities {', '.join(wanted.probability_columns[:4])} do not sum to 1 in "
            f"{off.sum():,} of {len(sums):,} rows of {where}, such as {sums[off][0]:.4g}",
            "name the columns of all classes, as predict_proba gives them",
        )
    scaled: Numbers = matrix / sums[:, None]
    return scaled
