"""What both sides of a column look like, small enough to keep: numbers, and shared bins."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from mlops_jupyter.data.comparing.bins import BARS, binned
from mlops_jupyter.drift.columns import Pair, text
from mlops_jupyter.drift.report import ColumnType, Finding, Histogram, Summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

_LABEL = 60  # characters kept of a category's name


def describe(pair: Pair, type_: ColumnType) -> tuple[Summary, Summary, Histogram]:
    """Return both summaries and the shared histogram of a column.

    Parameters
    ----------
    pair : Pair
        The column on both sides.
    type_ : str
        What the engine took it for.
    """
    sides = (pair.reference, pair.current)
    rows = (pair.reference_rows, pair.current_rows)
    if type_ == "categorical":
        before, after = (
            _summary(side, count, None) for side, count in zip(sides, rows, strict=True)
        )
        new = 1 - float(pair.current.isin(pair.reference.unique()).mean())
        return before, after.model_copy(update={"unseen": new}), _bars(pair)
    numbers = [_numbers(side, type_) for side in sides]
    before, after = (
        _summary(side, count, values)
        for side, count, values in zip(sides, rows, numbers, strict=True)
    )
    kind = "lengths" if type_ == "text" else "numbers"
    whole = type_ == "text" or all(_is_whole(side) for side in sides)
    return before, after, _bins(numbers[0], numbers[1], kind=kind, whole=whole)


def about_values(pair: Pair, type_: ColumnType) -> Iterator[Finding]:
    """Yield what is worth knowing of a compared column's values: constant ones, new categories."""
    constant = [
        f"{side} {text(column.iloc[0])[:_LABEL]}"
        for side, column in (("in the reference", pair.reference), ("in current", pair.current))
        if (column == column.iloc[0]).all()
    ]
    if constant:
        message = f"{pair.column} is constant: {', '.join(constant)}"
        yield Finding(kind="constant", column=pair.column, message=message)
    if type_ != "categorical":
        return
    known = set(pair.reference.unique())
    if new := [value for value in pair.current.unique() if value not in known]:
        shown = ", ".join(text(value)[:_LABEL] for value in new[:5])
        more = f" and {len(new) - 5:,} more" if len(new) > 5 else ""
        message = f"{pair.column} has values that the reference lacks: {shown}{more}"
        yield Finding(kind="new_categories", column=pair.column, message=message)


def _numbers(side: pd.Series[Any], type_: ColumnType) -> Numbers:
    """Return what is binned: the numbers, or the lengths of texts."""
    import numpy as np

    return np.asarray(side.str.len() if type_ == "text" else side, dtype="float64")


def _is_whole(side: pd.Series[Any]) -> bool:
    import pandas as pd

    return bool(pd.api.types.is_integer_dtype(side.dtype))


def _summary(side: pd.Series[Any], rows: int, values: Numbers | None) -> Summary:
    import numpy as np

    about = Summary(count=len(side), missing=1 - len(side) / rows, unique=int(side.nunique()))
    if values is None:
        return about
    with np.errstate(over="ignore", invalid="ignore"):  # 1e308 squared: the field becomes null
        numbers = {
            "mean": values.mean(),
            "std": values.std(),
            "min": values.min(),
            "median": np.median(values),
            "max": values.max(),
        }
    finite = {key: float(n) for key, n in numbers.items() if math.isfinite(n)}
    return about.model_copy(update=finite)


def _bins(reference: Numbers, current: Numbers, *, kind: Any, whole: bool) -> Histogram:
    found = binned(reference, current, whole=whole)
    return Histogram(
        kind=kind,
        edges=found.edges,
        reference=found.old,
        current=found.new,
        below=found.below,
        above=found.above,
    )


def _bars(pair: Pair) -> Histogram:
    """Return the share of each frequent category; rare ones are gathered in a last bar."""
    before, after = (
        side.value_counts(normalize=True).to_dict() for side in (pair.reference, pair.current)
    )
    # A category type also counts the categories that no row has.
    shares: dict[Any, tuple[float, float]] = {
        value: (float(before.get(value, 0)), float(after.get(value, 0)))
        for value in {**before, **after}
        if before.get(value, 0) or after.get(value, 0)
    }
    ranked = sorted(shares, key=lambda value: -max(shares[value]))
    kept = ranked if len(ranked) <= BARS else ranked[: BARS - 1]
    gathered = ranked[len(kept) :]
    if all(isinstance(value, int | float) for value in kept):
        kept = sorted(kept)
    else:
        kept = sorted(kept, key=lambda value: -shares[value][0])
    bars = [shares[value] for value in kept]
    labels = [text(value)[:_LABEL] for value in kept]
    if gathered:
        bars.append((sum(shares[v][0] for v in gathered), sum(shares[v][1] for v in gathered)))
        labels.append("others")
    return Histogram(
        kind="categories",
        labels=labels,
        reference=[round(bar[0], 4) for bar in bars],
        current=[round(bar[1], 4) for bar in bars],
        others=len(gathered),
    )
