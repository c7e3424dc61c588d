"""Which columns are what a model should say, and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from mlops_jupyter.drift.report import Role

# The names that Evidently's ColumnMapping takes where none is given.
TARGET, PREDICTION = "target", "prediction"


def assumed(
    names: Collection[str], target: str | None = None, prediction: str | None = None
) -> tuple[str | None, str | None]:
    """Return target and prediction: as given, or the columns of exactly these names.

    Examples
    --------
    >>> assumed(["age", "target"]), assumed(["age", "target", "late"], "late")
    (('target', None), ('late', None))
    """
    return (
        target or (TARGET if TARGET in names else None),
        prediction or (PREDICTION if PREDICTION in names else None),
    )


def roles(
    names: Collection[str], target: str | None = None, prediction: str | None = None
) -> dict[str, Role]:
    """Return the role of each column that has one.

    Parameters
    ----------
    names : collection of str
        The columns there are.
    target, prediction : str, optional
        Where not given, the columns ``target`` and ``prediction``, if there are such.

    Examples
    --------
    >>> roles(["age", "arr_delay", "prediction"], target="arr_delay")
    {'arr_delay': 'target', 'prediction': 'prediction'}
    """
    target, prediction = assumed(names, target, prediction)
    found: dict[str, Role] = {}
    if target in names and target is not None:
        found[target] = "target"
    if prediction in names and prediction is not None:
        found[prediction] = "prediction"
    return found
