"""The engine `columnar`: Evidently's methods, from what a pair can count and sum.

The type of a column, the method for it and the threshold are chosen as Evidently does
(``infer_column_type`` in ``core/datasets.py``, ``_get_default_stattest`` in
``legacy/calculations/stattests/registry.py``); a test holds scores and verdicts to it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mlops_jupyter.drift.engines.methods import METHODS
from mlops_jupyter.drift.engines.verdicts import Choice, Verdict, not_compared

if TYPE_CHECKING:
    from mlops_jupyter.drift.pairs import Pair
    from mlops_jupyter.drift.report import ColumnType, Finding

_INTEGER_CATEGORIES = 10  # whole numbers with so few different values are categories
_SMALL = 1000  # rows of the reference up to which tests are used, not distances
_FEW_VALUES = 5


def type_of(pair: Pair) -> ColumnType | None:
    """Return what Evidently takes a column for; None where it has no method for it.

    It looks at the current side alone.
    """
    held = pair.storage.current
    if held == "float":
        return "numeric"
    if held == "integer":
        few = pair.distinct().current <= _INTEGER_CATEGORIES
        return "categorical" if few else "numeric"
    if held == "string":
        different = pair.distinct().current > pair.count.current * 0.5
        return "text" if different else "categorical"
    return "categorical" if held in ("boolean", "category") else None


def default_method(pair: Pair, type_: ColumnType) -> str | None:
    """Return Evidently's default method for a column; None for text, which it trains a model on."""
    if type_ == "text":
        return None
    large = pair.count.reference > _SMALL
    if type_ == "numeric" and _has_more_values(pair, _FEW_VALUES):
        return "wasserstein" if large else "ks"
    if large:
        return "jensenshannon"
    return "chisquare" if _has_more_values(pair, 2) else "z"


def can(pair: Pair, choice: Choice, type_: ColumnType | None = None) -> bool:
    """Whether this engine has a verdict on a column."""
    type_ = type_ or type_of(pair)
    return type_ is not None and _method(pair, type_, choice) in METHODS


def compare(
    pair: Pair, choice: Choice | None = None, type_: ColumnType | None = None
) -> Verdict | Finding:
    """Return the verdict on one column, or why there is none.

    Parameters
    ----------
    pair : Pair
        The column on both sides.
    choice : Choice, optional
        Method and threshold, where they are not Evidently's defaults. A method has to fit the
        column's type: see `choosing`.
    type_ : str, optional
        What the column is taken for, where its values are a sample.
    """
    choice = choice or Choice()
    type_ = type_ or type_of(pair)
    if type_ is None:
        return not_compared(pair, f"there is no method for {pair.families.current}")
    name = _method(pair, type_, choice)
    if name not in METHODS:
        return not_compared(pair, f"{name or 'the method for text'} needs the engine evidently")
    method = METHODS[name]
    threshold = method.threshold if choice.threshold is None else choice.threshold
    score = method.score(pair, type_)
    return Verdict(
        column=pair.column,
        type=type_,
        method=method.title,
        score=score if math.isfinite(score) else None,
        threshold=threshold,
        drifted=method.drifted(score, threshold),
        low_is_drift=method.low_is_drift,
    )


def _has_more_values(pair: Pair, limit: int) -> bool:
    # What either side has is known by then; both together take another look.
    return max(pair.distinct()) > limit or pair.distinct_together() > limit


def _method(pair: Pair, type_: ColumnType, choice: Choice) -> str | None:
    return choice.method or default_method(pair, type_)
