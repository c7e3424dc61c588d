"""Which engine gives the verdict on a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mlops_jupyter.drift.engines import columnar, evidently
from mlops_jupyter.drift.engines.choices import types_of
from mlops_jupyter.drift.engines.verdicts import not_compared

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlops_jupyter.drift.engines.verdicts import Choice, Verdict
    from mlops_jupyter.drift.pairs import Pair
    from mlops_jupyter.drift.report import ColumnType, Finding

Engine = Literal["columnar", "evidently"]
Asked = Literal["auto", "columnar", "evidently"]


def chosen(
    pair: Pair, engine: Asked, choice: Choice, type_: ColumnType | None = None
) -> Verdict | Finding:
    """Return the verdict on one column, or why there is none.

    Parameters
    ----------
    pair : Pair
        The column on both sides.
    engine : {"auto", "columnar", "evidently"}
        What compares; `auto` is columnar where it has the method, and Evidently otherwise.
    choice : Choice
        Method and threshold for the column, where they are not the defaults.
    type_ : str, optional
        What the column is taken for, where its values are a sample: of these text might be all
        different, and whole numbers few.

    Examples
    --------
    >>> import pandas as pd
    >>> from mlops_jupyter.drift.engines.verdicts import Choice
    >>> from mlops_jupyter.drift.memory.columns import MemoryPair
    >>> pair = MemoryPair("late", pd.Series(range(20)), pd.Series(range(10, 30)))
    >>> chosen(pair, "auto", Choice("wasserstein")).drifted
    True
    """
    known = type_ or columnar.type_of(pair)
    if choice.method is not None and known is not None:
        types = types_of(choice.method)
        if known not in types:
            words = " or ".join(sorted(types))
            return not_compared(pair, f"{choice.method} is for {words} columns, this is {known}")
    if engine_for(pair, engine, choice, type_) == "evidently":
        return evidently.compare(pair, choice, type_)
    return columnar.compare(pair, choice, type_)


def engine_for(
    pair: Pair, engine: Asked, choice: Choice, type_: ColumnType | None = None
) -> Engine:
    """Return which engine gives the verdict on a column."""
    if engine != "auto":
        return engine
    # Where Evidently has no method either it is not imported to say so: that takes seconds.
    known = type_ or columnar.type_of(pair)
    here = known is None or columnar.can(pair, choice, known)
    return "columnar" if here else "evidently"


def label(engines: Iterable[Engine]) -> str:
    """Name the engines that gave the verdicts, for the card.

    Parameters
    ----------
    engines : iterable of str
        The one of each column.

    Examples
    --------
    >>> label(["columnar", "columnar"])  # doctest: +ELLIPSIS
    "columnar (Evidently 0...'s methods)"
    >>> label(["columnar", "evidently"])  # doctest: +ELLIPSIS
    "columnar (Evidently 0...'s methods) and Evidently 0..."
    """
    used = set(engines)
    version = evidently.version()
    here = f"columnar ({version.rpartition('.')[0]}'s methods)"
    if used == {"evidently"}:
        return version
    return f"{here} and {version}" if "evidently" in used else here
