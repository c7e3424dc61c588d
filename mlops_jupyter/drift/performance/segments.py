"""Where the model got worse: rows by the values of one column each."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mlops_jupyter.drift.engines.correction import adjust
from mlops_jupyter.drift.memory.plain import family, plain
from mlops_jupyter.drift.pairs import Both, text
from mlops_jupyter.drift.performance.classes import are_booleans, in_order, name_of
from mlops_jupyter.drift.performance.problems import SIDES, no_column
from mlops_jupyter.drift.performance.significance import Moments, compared, moved
from mlops_jupyter.drift.performance_record import Segment
from mlops_jupyter.drift.report import Finding

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mlops_jupyter.drift.performance_record import SegmentKind

    Numbers = NDArray[Any]
    Mask = NDArray[Any]
    Codes = NDArray[Any]

ENOUGH = 50  # labelled rows on either side; of fewer a mean says little
_MOST = 50  # segments of a column: the largest
_QUARTERS = (0.25, 0.5, 0.75)  # of the reference's numbers
_FEW = 10  # numbers with so few different values are taken as they are
_NAMED = 10
_LABEL = 60  # characters kept of a category's name
_MISSING = "missing"


@dataclass(frozen=True)
class _Cut:
    """A column's segments, and the segment of each labelled row: -1 where it is of none."""

    column: str
    names: list[str]
    kinds: list[SegmentKind]
    codes: Both[Codes]


def worst(
    columns: Sequence[str],
    frames: Both[pd.DataFrame],
    kept: Both[Mask],
    losses: Both[Numbers],
    *,
    shares: bool,
) -> tuple[list[Segment], int, int]:
    """Return the segments that got worse, the worst first, how many they are, and of how many.

    They are ordered by what they got worse by at least: the lower end of the interval. Ordered by
    the change itself, small segments would come first by chance.

    Parameters
    ----------
    columns : sequence of str
        By whose values rows are told apart: those that `usable` returned.
    frames : Both of pandas.DataFrame
        Either side.
    kept : Both of numpy.ndarray of bool
        The rows with a prediction and a label.
    losses : Both of numpy.ndarray
        The loss of each of these.
    shares : bool
        Whether losses are 0 or 1.
    """
    import numpy as np

    found: list[Segment] = []
    for column in columns:
        found += _tested(_cut(column, frames, kept), losses, shares=shares)
    if not found:
        return [], 0, 0
    p_values = [segment.p_value for segment in found]
    adjusted = np.array(adjust(p_values, "benjamini-hochberg"))
    before, after = (
        np.array([getattr(segment, side) for segment in found]) for side in ("reference", "current")
    )
    rule = Moments(before, before, before)  # only its means are looked at
    is_worse = moved(Both(rule, rule), after - before, adjusted) & (after > before)
    worse = [
        segment.model_copy(update={"p_value": float(p_value)})
        for segment, p_value, chosen in zip(found, adjusted, is_worse, strict=True)
        if chosen
    ]
    worse.sort(key=lambda segment: -segment.low)
    return worse[:_NAMED], len(worse), len(found)


def _tested(cut: _Cut, losses: Both[Numbers], *, shares: bool) -> Iterator[Segment]:
    import numpy as np

    size = len(cut.names)
    moments = Both(
        *(
            Moments.of(loss[codes >= 0], codes[codes >= 0], size)
            for loss, codes in zip(losses, cut.codes, strict=True)
        )
    )
    before, after = moments
    enough = np.minimum(before.count, after.count) >= ENOUGH
    outcome = compared(moments, shares=shares)
    chosen = [
        place
        for place in np.argsort(-np.minimum(before.count, after.count), kind="stable")
        if enough[place] and np.isfinite(outcome.p_value[place])
    ]
    for place in chosen[:_MOST]:
        yield Segment(
            column=cut.column,
            value=cut.names[place][:_LABEL],
            kind=cut.kinds[place],
            share=float(after.count[place] / len(cut.codes.current)),
            rows_reference=int(before.count[place]),
            rows_current=int(after.count[place]),
            reference=float(before.mean[place]),
            current=float(after.mean[place]),
            low=float(outcome.low[place]),
            high=float(outcome.high[place]),
            p_value=float(outcome.p_value[place]),
        )


def usable(
    columns: Sequence[str], frames: Both[pd.DataFrame], taken: Collection[str | None]
) -> tuple[list[str], list[Finding]]:
    """Return the columns that rows can be told apart by, and why others cannot.

    Parameters
    ----------
    columns : sequence of str
        What was asked for.
    frames : Both of pandas.DataFrame
        Either side.
    taken : collection of str or None
        What was true and what was predicted: by these, errors differ for reasons of their own.

    Raises
    ------
    NotFound
        Neither side has such a column.
    """
    good, findings = [], []
    for column in dict.fromkeys(columns):
        places = frames.map(lambda frame, column=column: _places(frame, column))  # type: ignore[misc]
        if not any(places):
            raise no_column(column, frames.reference.columns, SIDES.reference)
        if why := _why_not(column, frames, places, taken):
            message = f"no segments by {column}: {why}"
            findings.append(Finding(kind="not_compared", column=column, message=message))
        else:
            good.append(column)
    return good, findings


def _why_not(
    column: str, frames: Both[pd.DataFrame], places: Both[list[int]], taken: Collection[str | None]
) -> str:
    if column in taken:
        return "it is what was true or what was predicted"
    for found, side in zip(places, SIDES, strict=True):
        if len(found) != 1:
            return f"{side} has {'several columns of that name' if found else 'no such column'}"
    held = [family(side) for side in _series(frames, places) if side.notna().any()]
    if other := [kind for kind in held if kind not in _CUT]:
        return f"it holds {other[0]}"
    if len(set(held)) > 1:
        return f"it holds {held[0]} in {SIDES.reference}, {held[1]} in {SIDES.current}"
    return "" if held else "it is empty"


def _places(frame: pd.DataFrame, column: str) -> list[int]:
    return [place for place, name in enumerate(frame.columns) if text(name) == column]


def _series(frames: Both[pd.DataFrame], places: Both[list[int]]) -> Both[pd.Series[Any]]:
    return Both(
        *(plain(frame.iloc[:, found[0]]) for frame, found in zip(frames, places, strict=True))
    )


_CUT = ("numbers", "text", "true or false")


def _cut(column: str, frames: Both[pd.DataFrame], kept: Both[Mask]) -> _Cut:
    places = frames.map(lambda frame: _places(frame, column))
    series = Both(
        *(side[chosen] for side, chosen in zip(_series(frames, places), kept, strict=True))
    )
    numbers = all(family(side) == "numbers" for side in series if side.notna().any())
    if numbers and any(side.nunique() > _FEW for side in series):
        return _binned(column, series)
    return _named(column, series)


def _named(column: str, series: Both[pd.Series[Any]]) -> _Cut:
    booleans = are_booleans(series)
    # Only what is there often enough is named: of a million different ones that takes minutes.
    often = series.map(_often)
    names = in_order({name_of(value, booleans=booleans) for values in often for value in values})
    places = {name: place for place, name in enumerate(names)}

    def codes(side: pd.Series[Any], values: list[Any]) -> Codes:
        import numpy as np
        import pandas as pd

        table = [places[name_of(value, booleans=booleans)] for value in values]
        found = np.array([*table, -1])[pd.Categorical(side, categories=values).codes]
        return np.where(side.isna(), len(names), found)

    kinds: list[SegmentKind] = ["value"] * len(names)
    coded = Both(*(codes(side, values) for side, values in zip(series, often, strict=True)))
    return _Cut(column, [*names, _MISSING], [*kinds, "missing"], coded)


def _often(side: pd.Series[Any]) -> list[Any]:
    counts = side.value_counts()
    return counts.index[counts >= ENOUGH].tolist()


def _binned(column: str, series: Both[pd.Series[Any]]) -> _Cut:
    """Cut numbers where the reference's quarters begin: the same ranges on both sides."""
    import numpy as np

    numbers = series.map(lambda side: side.to_numpy(dtype="float64", na_value=np.nan))
    there = numbers.reference[np.isfinite(numbers.reference)]
    edges = np.empty(0)
    if len(there):
        # An edge that is a value: quantiles between two values have digits that nobody wrote.
        edges = np.unique(np.quantile(there, _QUARTERS, method="higher"))
        edges = edges[edges > there.min()]

    def codes(side: Numbers) -> Codes:
        found = np.searchsorted(edges, side, side="right")
        return np.where(np.isnan(side), len(edges) + 1, found)

    kinds: list[SegmentKind] = ["range"] * (len(edges) + 1)
    return _Cut(column, [*_ranges(edges), _MISSING], [*kinds, "missing"], numbers.map(codes))


def _ranges(edges: Numbers) -> list[str]:
    """Name the ranges between edges, with as many digits as tell them apart.

    Examples
    --------
    >>> import numpy as np
    >>> _ranges(np.array([0.5, 1 / 3 + 1]))
    ['below 0.5', '0.5 to below 1.33333', '1.33333 and more']
    >>> _ranges(np.array([1357016400.0]))
    ['below 1357016400', '1357016400 and more']
    """
    if not len(edges):
        return ["any value"]
    whole = bool((edges % 1 == 0).all())
    shown = [f"{edge:.{15 if whole else 6}g}" for edge in edges]
    if len(set(shown)) < len(shown):
        shown = [f"{edge:.17g}" for edge in edges]
    return [
        f"below {shown[0]}",
        *(f"{low} to below {high}" for low, high in pairwise(shown)),
        f"{shown[-1]} and more",
    ]
