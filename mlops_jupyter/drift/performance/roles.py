"""Which columns are what a model should say, and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from mlops_jupyter.drift.performance.rows import Probabilities
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
    names: Collection[str],
    target: str | None = None,
    prediction: str | None = None,
    probabilities: Probabilities | None = None,
) -> dict[str, Role]:
    """Return the role of each column that has one; what a model is how sure of is a prediction.

    Parameters
    ----------
    names : collection of str
        The columns there are.
    target, prediction : str, optional
        Where not given, the columns ``target`` and ``prediction``, if there are such.
    probabilities : str or mapping, optional
        The columns with probabilities, as `judged` takes them.

    Examples
    --------
    >>> roles(["age", "arr_delay", "prediction"], target="arr_delay")
    {'arr_delay': 'target', 'prediction': 'prediction'}
    >>> roles(["late", "p_late"], target="late", probabilities={"1": "p_late"})
    {'late': 'target', 'p_late': 'prediction'}
    """
    target, prediction = assumed(names, target, prediction)
    named = [probabilities] if isinstance(probabilities, str) else [*(probabilities or {}).values()]
    found: dict[str, Role] = {
        name: "prediction" for name in (prediction, *named) if name is not None and name in names
    }
    if target is not None and target in names:
        return {target: "target", **{name: "prediction" for name in found if name != target}}
    return found


def parse_probabilities(options: Sequence[str]) -> Probabilities | None:
    """Return the columns with probabilities, of options as they are typed.

    ``CLASS=COLUMN`` for each class; of two classes one is enough. ``COLUMN`` alone is the
    probability of the second of two classes. All up to the first ``=`` is the class.

    Parameters
    ----------
    options : sequence of str
        What was typed, one for each column.

    Raises
    ------
    BadInput
        One is neither, a class or a column is named twice, or several have no class.

    Examples
    --------
    >>> parse_probabilities(["late=p_late"]), parse_probabilities(["p_late"])
    ({'late': 'p_late'}, 'p_late')
    >>> parse_probabilities([]) is None
    True
    """
    if not options:
        return None
    parsed = [_parsed(option) for option in options]
    if len(parsed) == 1 and parsed[0][0] is None:
        return parsed[0][1]
    found: dict[object, str] = {}
    for name, column in parsed:
        if name is None:
            raise BadInput(
                f"it is not said of which class {column!r} is the probability",
                f"write CLASS={column}, as for the other columns",
            )
        if name in found:
            raise BadInput(f"two columns are named for the class {name!r}", _FORM)
        if column in found.values():
            raise BadInput(f"the column {column!r} is named for two classes", _FORM)
        found[name] = column
    return found


_FORM = "write CLASS=COLUMN once for each class, such as late=p_late"


def _parsed(option: str) -> tuple[str | None, str]:
    name, sign, column = (part.strip() for part in option.partition("="))
    if not sign:
        name, column = "", name
    if not column or (sign and not name):
        raise BadInput(f"{option!r} names no class and column", _FORM)
    return (name if sign else None), column
