"""Where the model got worse: rows by the values of one column each."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_jupyter.drift.memory.plain import family, plain
from mlops_jupyter.drift.pairs import Both, text
from mlops_jupyter.drift.performance.classes import are_booleans, codes_of, names_in
from mlops_jupyter.drift.performance.significance import Moments, compared, corrected, moved
from mlops_jupyter.drift.performance_record import Segment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    Numbers = NDArray[Any]
    Mask = NDArray[Any]
    Codes = NDArray[Any]

ENOUGH = 50  # labelled rows on either side; of fewer a mean says little
_MOST = 50  # segments of a column: the largest
_BINS = 5  # of numbers, as many rows of the reference in each
_FEW = 10  # numbers with so few different values are taken as they are
_NAMED = 10
_LABEL = 60  # characters kept of a category's name
_MISSING = "missing"


@dataclass(frozen=True)
class _Cut:
    """A column's segments, and the segment of each labelled row."""

    column: str
    names: list[str]
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
        By whose values rows are told apart. Dates are passed over, and what one side lacks.
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
    for cut in _cuts(columns, frames, kept):
        found += _tested(cut, losses, shares=shares)
    if not found:
        return [], 0, 0
    adjusted = corrected(np.array([segment.p_value for segment in found]))
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
        *(Moments.of(loss, codes, size) for loss, codes in zip(losses, cut.codes, strict=True))
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
            share=float(after.count[place] / after.count.sum()),
            rows_reference=int(before.count[place]),
            rows_current=int(after.count[place]),
            reference=float(before.mean[place]),
            current=float(after.mean[place]),
            low=float(outcome.low[place]),
            high=float(outcome.high[place]),
            p_value=float(outcome.p_value[place]),
        )


def _cuts(columns: Sequence[str], frames: Both[pd.DataFrame], kept: Both[Mask]) -> Iterator[_Cut]:
    for column in dict.fromkeys(columns):
        places = frames.map(
            lambda frame, column=column: [  # type: ignore[misc]
                place for place, name in enumerate(frame.columns) if text(name) == column
            ]
        )
        if any(len(found) != 1 for found in places):
            continue
        series = Both(
            *(
                plain(frame.iloc[:, found[0]][chosen])
                for frame, found, chosen in zip(frames, places, kept, strict=True)
            )
        )
        families = [family(side) for side in series if side.notna().any()]
        if not families or any(held not in _CUT for held in families) or len(set(families)) > 1:
            continue
        if families[0] == "numbers" and series.reference.nunique() > _FEW:
            yield _binned(column, series)
        else:
            yield _named(column, series)


_CUT = ("numbers", "text", "true or false")


def _named(column: str, series: Both[pd.Series[Any]]) -> _Cut:
    booleans = are_booleans(series)
    values = names_in(series, booleans=booleans)
    codes = series.map(lambda side: codes_of(side, values, booleans=booleans))
    return _Cut(column, [*values, _MISSING], codes.map(lambda side: side % (len(values) + 1)))


def _binned(column: str, series: Both[pd.Series[Any]]) -> _Cut:
    import numpy as np

    numbers = series.map(lambda side: side.to_numpy(dtype="float64", na_value=np.nan))
    there = numbers.reference[np.isfinite(numbers.reference)]
    cuts = np.linspace(0, 1, _BINS + 1)[1:-1]
    # An edge that is a value: quantiles between two values have digits that nobody wrote.
    edges = np.unique(np.quantile(there, cuts, method="higher"))
    edges = edges[edges > there.min()]
    shown = [f"{edge:.6g}" for edge in edges]
    values = (
        [
            f"below {shown[0]}",
            *(f"{low} to below {high}" for low, high in itertools.pairwise(shown)),
            f"{shown[-1]} and more",
            _MISSING,
        ]
        if shown
        else ["any", _MISSING]
    )

    def codes(side: Numbers) -> Codes:
        found = np.searchsorted(edges, side, side="right")
        return np.where(np.isnan(side), len(edges) + 1, found)

    return _Cut(column, values, numbers.map(codes))
