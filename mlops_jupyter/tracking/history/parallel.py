"""Parallel coordinates: many runs at once, a line each, across what they differ in."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlops_jupyter.results import Chart
from mlops_jupyter.tracking.history.chart_parts import distinct, finite, frame, named, short

MAX_LINES = 300
MAX_AXES = 9
_MAX_CATEGORIES = 12
_LOG_FROM = 100.0  # largest : smallest, from which an axis of positive numbers is logarithmic
# From the worst to the best end of the metric; both read on light and on dark.
_RANGE = ("#7f8894", "#d9660a")


@dataclass(frozen=True)
class Line:
    """A run: its name, and its parameters and metrics, numbers as such or as text."""

    name: str
    values: Mapping[str, float | str | None]


def parallel(title: str, lines: Sequence[Line], axes: Sequence[str], *, metric: str) -> Chart:
    """Draw runs as lines across parallel axes; the last is the metric, which also colours them.

    Parameters
    ----------
    title : str
        What is shown.
    lines : sequence of Line
        At most `MAX_LINES` are drawn.
    axes : sequence of str
        Keys of the lines' values. Axes with one value everywhere, or with too many different
        words, are left out; at most `MAX_AXES` are drawn.
    metric : str
        The key of the metric.

    Examples
    --------
    >>> runs = [Line(f"run {d}", {"depth": str(d), "auc": d / 10}) for d in (2, 4, 8)]
    >>> parallel("sweep", runs, ["depth"], metric="auc").alt
    'sweep: 3 runs across depth (2 to 8) and auc (0.2 to 0.8)'
    """
    drawn = lines[:MAX_LINES]
    scales = [scale for key in axes if key != metric and (scale := _scale(key, drawn))]
    shown = scales[: MAX_AXES - 1]
    last = _scale(metric, drawn)
    if last is not None:
        shown.append(last)
    labels = distinct([scale.key for scale in shown])
    names = distinct([line.name for line in drawn])
    rows: list[dict[str, Any]] = []
    for key, line in enumerate(drawn):
        colour = last.place(line.values.get(metric)) if last else None
        for number, scale in enumerate(shown):
            value = line.values.get(scale.key)
            at, text = scale.place(value), _text(value)
            rows.append({"k": key, "a": number, "at": at, "text": text, "c": colour})
    ticks = [
        # Above their place; the lowest below the axis, where no line runs over it.
        {"a": number, "at": at + (0.055 if at else -0.07), "text": text}
        for number, scale in enumerate(shown)
        for at, text in scale.ticks()
    ]
    notes = []
    if len(lines) > len(drawn):
        notes.append(f"{len(drawn)} of {len(lines)} runs")
    if len(scales) >= MAX_AXES:
        notes.append(f"{MAX_AXES - 1} of {len(scales)} parameters")
    told = [f"{label} ({scale.said()})" for label, scale in zip(labels, shown, strict=True)]
    return Chart(
        title=title,
        alt=f"{title}: {len(drawn)} run{'s' * (len(drawn) != 1)} across "
        + " and ".join(filter(None, [", ".join(told[:-1]), *told[-1:]])),
        spec=_spec(frame(title, notes), labels, names, rows, ticks),
    )


def _spec(
    start: dict[str, Any],
    labels: list[str],
    names: list[str],
    rows: list[Any],
    ticks: list[Any],
) -> dict[str, Any]:
    x = {
        "field": "axis",
        "type": "nominal",
        "sort": labels,
        "title": None,
        "scale": {"type": "point", "padding": 0.4, "domain": labels},
        "axis": {
            "orient": "top",
            "labelAngle": 0,
            "labelLimit": 110,
            "labelPadding": 6,
            "domain": False,
            "ticks": False,
            "grid": False,
        },
    }
    y = {"field": "at", "type": "quantitative", "scale": {"domain": [-0.1, 1.1]}, "axis": None}
    colour = {
        "field": "c",
        "type": "quantitative",
        "legend": None,
        "scale": {"domain": [0, 1], "range": list(_RANGE)},
    }
    axis_names, run_names = named("a", "axis", labels), named("k", "name", names)
    lit = {"condition": {"param": "picked", "value": 0.8}, "value": 0.08}
    return {
        **start,
        "width": max(480, 96 * len(labels)),
        "data": {"values": rows},
        "encoding": {"x": x, "y": y},
        "layer": [
            {
                "data": {"values": [{"a": i, "at": 0, "to": 1} for i in range(len(labels))]},
                "transform": [axis_names],
                "mark": {"type": "rule", "color": "#808080", "opacity": 0.5},
                "encoding": {"y2": {"field": "to"}},
            },
            {
                "transform": [axis_names, run_names],
                "mark": {"type": "line", "strokeWidth": 1.5},
                "params": [
                    {
                        "name": "picked",
                        "select": {"type": "point", "fields": ["name"], "on": "pointerover"},
                    }
                ],
                "encoding": {
                    "detail": {"field": "name", "type": "nominal"},
                    "opacity": lit,
                    "color": colour,
                    "tooltip": [{"field": "name", "type": "nominal", "title": "run"}],
                },
            },
            {
                "transform": [axis_names, run_names],
                "mark": {"type": "circle", "size": 22, "opacity": 0.8},
                "encoding": {
                    "color": colour,
                    "tooltip": [
                        {"field": "name", "type": "nominal", "title": "run"},
                        {"field": "axis", "type": "nominal", "title": "of"},
                        {"field": "text", "type": "nominal", "title": "value"},
                    ],
                },
            },
            {
                "data": {"values": ticks},
                "transform": [axis_names],
                "mark": {"type": "text", "fontSize": 10, "limit": 90},
                "encoding": {"text": {"field": "text", "type": "nominal"}},
            },
        ],
    }


@dataclass(frozen=True)
class _Scale:
    """Where values stand on one axis: by number, its logarithm, or by category."""

    key: str
    low: float
    high: float
    log: bool = False
    categories: tuple[str, ...] = ()

    def place(self, value: float | str | None) -> float | None:
        """Return 0 (below) to 1 (above); None where it has no place."""
        if self.categories:
            text = _text(value)
            if text not in self.categories:
                return None
            return self.categories.index(text) / (len(self.categories) - 1)
        number = _number(value)
        if number is None:
            return None
        low, high = self.low, self.high
        if self.log:
            low, high, number = math.log(low), math.log(high), math.log(number)
        # Halves: the difference of two finite doubles may be infinite.
        return round((number / 2 - low / 2) / (high / 2 - low / 2), 4)

    def ticks(self) -> list[tuple[float, str]]:
        """Return what stands beside the axis."""
        if self.categories:
            return [(i / (len(self.categories) - 1), c) for i, c in enumerate(self.categories)]
        return [(0.0, short(self.low)), (1.0, short(self.high))]

    def said(self) -> str:
        """Return its extent in words."""
        if self.categories:
            return ", ".join(self.categories)
        return f"{short(self.low)} to {short(self.high)}"


def _scale(key: str, lines: Sequence[Line]) -> _Scale | None:
    """Return the scale of an axis; None where it tells the lines nothing apart."""
    values = [value for line in lines if (value := line.values.get(key)) is not None]
    numbers = [_number(value) for value in values]
    known = [number for number in numbers if number is not None]
    words = {_text(v) for v, number in zip(values, numbers, strict=True) if number is None}
    if words:
        # "None" among numbers is a word: max_depth has both.
        categories = sorted({_text(value) for value in values}, key=_natural)
        if not 1 < len(categories) <= _MAX_CATEGORIES:
            return None
        return _Scale(key, 0, 1, categories=tuple(categories))
    if not known or min(known) == max(known):
        return None
    low, high = min(known), max(known)
    return _Scale(key, low, high, log=low > 0 and high / low >= _LOG_FROM)


def _number(value: float | str | None) -> float | None:
    try:
        return finite(float(value)) if value is not None else None
    except ValueError:
        return None


def _text(value: float | str | None) -> str:
    if value is None:
        return "–"
    return short(value) if isinstance(value, float) else str(value)[:40]


def _natural(text: str) -> tuple[bool, float, str]:
    number = _number(text)
    return (number is None, number or 0.0, text)
