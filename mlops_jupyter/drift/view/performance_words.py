"""How the error of a model moved, in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.drift.view.words import percent
from mlops_jupyter.render.text import clean, number, plural, shorten

if TYPE_CHECKING:
    from mlops_jupyter.drift.performance_record import ErrorChange, Metric, Performance, Segment

_NAME = 60  # characters kept of a column's or a class's name
_DIGITS = 3
_VERDICTS = {
    "worse": "model got worse",
    "better": "model got better",
    "no change": "model as before",
    "unknown": "model not judged",
}
_LOSSES = {"absolute error": "MAE"}  # the mean of others has the same name
_CERTAIN = 0.001


def verdict(performance: Performance) -> str:
    """Return the verdict in three words."""
    return _VERDICTS[performance.verdict]


def sentence(performance: Performance) -> str:
    """Return the verdict, by what it was reached, and where it is worst.

    Examples
    --------
    >>> from mlops_jupyter.drift.performance_record import ErrorChange, Performance
    >>> moved = ErrorChange(
    ...     loss="absolute error", reference=12.1, current=15.4, difference=3.3, low=2.9, high=3.7,
    ...     p_value=1e-60, test="Welch's t-test", level=0.05, least=0.1)
    >>> sentence(Performance(
    ...     task="regression", target="delay", prediction="guess", verdict="worse", metrics=[],
    ...     rows_reference=900, rows_current=900, labelled_reference=900, labelled_current=900,
    ...     change=moved))
    'The model got worse: MAE 12.1 → 15.4 (+27 %; 95 % interval of the change +2.9 to +3.7)'
    """
    change = performance.change
    if change is None:
        return f"Whether the model got worse is not known: {_unknown(performance)}"
    said = f"{_beginning(performance, change)}: {_moved(change)}"
    if performance.verdict == "worse" and performance.segments:
        first = performance.segments[0]
        said += f"; worst where {where(first)} ({value(first.reference)} → {value(first.current)})"
    return said


def reasons(performance: Performance) -> list[str]:
    """Say why there is no verdict of a move, and what the mix of rows alone would have done."""
    change = performance.change
    if change is None:
        return []
    lines = []
    if performance.verdict == "no change":
        if change.p_value >= change.level:
            lines.append(f"So much is within chance (p {_p(change.p_value)})")
        else:
            lines.append(f"A change of less than {percent(change.least)} counts as none")
    if change.expected is not None and change.expected_p_value is not None:
        lines.append(_mix(change, change.expected, change.expected_p_value))
    return lines


def estimate(performance: Performance) -> str:
    """Say how metrics were estimated, by whom, and what must hold; empty where they were not."""
    made = performance.estimate
    if made is None or all(metric.estimate is None for metric in performance.metrics):
        return ""
    return clean(
        f"Estimated without labels by {made.method} ({made.source}). It holds as long as there is "
        f"{made.assumption}. Before calibration, probabilities were "
        f"{percent(made.calibration_error)} off on the reference."
    )


def basis(performance: Performance) -> list[str]:
    """Say what the verdict rests on."""
    task = (
        "regression" if performance.task == "regression" else f"{performance.task} classification"
    )
    rows = " and ".join(
        f"{labelled:,} of {plural(rows, 'row')} of {side}"
        for side, labelled, rows in (
            ("the reference", performance.labelled_reference, performance.rows_reference),
            ("current", performance.labelled_current, performance.rows_current),
        )
    )
    lines = [
        f"{name(performance.target)} by {name(performance.prediction)} ({task}); labels in {rows}"
    ]
    if performance.sampled and performance.sampled_of:
        drawn = " and ".join(
            f"{some:,} of {plural(every, 'row')} of {side}"
            for some, every, side in zip(
                performance.sampled,
                performance.sampled_of,
                ("the reference", "current"),
                strict=False,
            )
        )
        lines.append(f"looked at {drawn}, drawn by seed {performance.seed}")
    if change := performance.change:
        lines.append(
            f"{name(change.test)}, p {_p(change.p_value)}; worse is p below {change.level:g} "
            f"and at least {percent(change.least)} more error"
        )
    if performance.segments_tested:
        tested = plural(performance.segments_tested, "segment")
        shown = len(performance.segments)
        more = f", the {shown} worst are shown" if shown < performance.segments_worse else ""
        lines.append(
            f"{performance.segments_worse:,} of {tested} got worse{more}; p-values corrected by "
            "Benjamini and Hochberg"
        )
    return lines


def where(segment: Segment) -> str:
    """Return which rows these are.

    Examples
    --------
    >>> from mlops_jupyter.drift.performance_record import Segment
    >>> numbers = dict(share=0.2, rows_reference=9, rows_current=9, reference=1, current=2,
    ...     low=0.5, high=1.5, p_value=0.01)
    >>> where(Segment(column="carrier", value="HA", **numbers))
    'carrier = HA'
    >>> where(Segment(column="hour", value="5 to below 9", kind="range", **numbers))
    'hour 5 to below 9'
    """
    if segment.kind == "missing":
        return f"{name(segment.column)} is missing"
    sign = " = " if segment.kind == "value" else " "
    return f"{name(segment.column)}{sign}{name(segment.value) or '(empty)'}"


def name(text: str) -> str:
    """Return a name from data, cut where it is very long."""
    return shorten(clean(text), _NAME)


def value(measured: float | None) -> str:
    """Return a metric's value."""
    shown = number(measured, _DIGITS)
    return f"−{shown[1:]}" if shown.startswith("-") else shown  # as changes are written


def metric_change(metric: Metric) -> str:
    """Return how a metric moved, with its sign."""
    if metric.reference is None or metric.current is None:
        return "–"
    return _signed(metric.current - metric.reference)


def estimated(metric: Metric) -> str:
    """Return what a metric is expected to be, and its interval."""
    if metric.low is None or metric.high is None:
        return value(metric.estimate)
    return f"{value(metric.estimate)} ({value(metric.low)} to {value(metric.high)})"


def segment_change(segment: Segment) -> str:
    """Return by how much a segment got worse, and the interval of that."""
    span = f"{_signed(segment.low)} to {_signed(segment.high)}"
    return f"{_signed(segment.current - segment.reference)} ({span})"


def _unknown(performance: Performance) -> str:
    few = min(performance.labelled_reference, performance.labelled_current)
    if not performance.labelled_current:
        said = f"{name(performance.target)} has no labels in current"
    elif few < performance.least_labelled:
        side = "current" if few == performance.labelled_current else "the reference"
        said = f"only {plural(few, 'row')} of {side} with a label"
    else:
        said = "errors are too large to reckon with"
    expected = next((metric for metric in performance.metrics if metric.low is not None), None)
    if expected is None:
        return said
    moved = f"{value(expected.reference)} → {estimated(expected)}"
    return f"{said}; estimated {name(expected.name)} {moved}, if there is no concept drift"


def _beginning(performance: Performance, change: ErrorChange) -> str:
    if performance.verdict == "worse":
        return "The model got worse"
    if performance.verdict == "better":
        return "The model got better"
    if change.p_value >= change.level:
        return "The model did not certainly get better or worse"
    return "The model is about as good as before"


def _moved(change: ErrorChange) -> str:
    loss = name(_LOSSES.get(change.loss, change.loss))
    relative = _relative(change)
    interval = f"95 % interval of the change {_signed(change.low)} to {_signed(change.high)}"
    return (
        f"{loss} {value(change.reference)} → {value(change.current)} "
        f"({f'{relative}; ' if relative else ''}{interval})"
    )


def _relative(change: ErrorChange) -> str:
    if not change.reference:
        return ""
    share = change.difference / change.reference
    return f"{'+' if share > 0 else '−' if share < 0 else ''}{percent(abs(share))}"


def _mix(change: ErrorChange, expected: float, p_value: float) -> str:
    """Tell what the rows are from what they mean: covariate shift from concept drift."""
    loss = name(_LOSSES.get(change.loss, change.loss))
    apart = change.current - expected
    said = f"Of rows like current's, {loss} {value(expected)} was to be expected"
    if p_value >= change.level or abs(apart) < change.least * change.reference:
        return f"{said}: the mix of rows explains it, no concept drift is seen"
    which = "more" if apart > 0 else "less"
    return (
        f"{said}: the error is {which} than the mix of rows explains (p {_p(p_value)}): concept "
        "drift, what the probabilities meant on the reference they no longer mean"
    )


def _signed(moved: float) -> str:
    sign = "+" if moved > 0 else "−" if moved < 0 else ""
    return f"{sign}{value(abs(moved))}"


def _p(p_value: float) -> str:
    return f"< {_CERTAIN:g}" if p_value < _CERTAIN else f"= {p_value:.2g}"
