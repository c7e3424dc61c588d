"""Charts of runs as Vega-Lite specifications: plain data, with their numbers inside.

A specification names no colour of paper or ink, so that JupyterLab's theme can; the colours of
marks read on light and on dark. Names from a store are only ever values in its data, never names
of fields or expressions, so that none of them is run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mlops_jupyter.results import Chart
from mlops_jupyter.tracking.history.chart_parts import (
    COLOURS,
    PALE,
    colour,
    distinct,
    downsample,
    finite,
    frame,
    named,
    short,
)
from mlops_jupyter.tracking.history.stored import Point

# Of one curve, and of all curves of a chart: what a notebook may grow by.
MAX_POINTS = 400
MAX_POINTS_OF_ALL = 3000
MAX_CURVES = 30
MAX_BARS = 40


@dataclass(frozen=True)
class Curve:
    """A metric of one run: its name in the legend, and its values in any order."""

    name: str
    points: Sequence[Point]


def curves(title: str, shown: Sequence[Curve], *, over: Literal["step", "time"] = "step") -> Chart:
    """Draw metrics over their steps, or over the seconds since each curve's first value.

    Parameters
    ----------
    title : str
        What the values are: the metric, or what the metrics have in common.
    shown : sequence of Curve
        At most `MAX_CURVES` are drawn, each cut down to its extremes where it has too many points.
    over : {"step", "time"}
        What runs to the right. Curves whose points all have one step are drawn over time, and
        those of one moment in the order of their points.

    Returns
    -------
    Chart
        Curves; a subtitle says what was left out.

    Examples
    --------
    >>> points = [Point(step, 1000 * step, 1 / (1 + step)) for step in range(5000)]
    >>> chart = curves("loss", [Curve("loss", points)])
    >>> chart.alt
    'loss over steps; loss: 5,000 points, 1 to 0.0002, lowest 0.0002, highest 1'
    >>> len(chart.spec["data"]["values"]) <= MAX_POINTS
    True
    """
    drawn = shown[:MAX_CURVES]
    names = distinct([curve.name for curve in drawn])
    axis = _axis_of(drawn, over)
    limit = max(min(MAX_POINTS, MAX_POINTS_OF_ALL // max(len(drawn), 1)), 8)
    rows: list[dict[str, Any]] = []
    told: list[str] = []
    for key, (name, curve) in enumerate(zip(names, drawn, strict=True)):
        along = _along(curve.points, axis)
        kept = downsample(along, limit)
        rows += [{"k": key, "x": x, "y": y} for x, y in kept]
        told.append(f"{name}: {_said(along)}")
    total = sum(len(curve.points) for curve in drawn)
    notes = []
    if len(rows) < total:
        notes.append(f"{len(rows):,} of {total:,} points, extremes kept")
    if len(shown) > len(drawn):
        notes.append(f"{len(drawn)} of {len(shown)} curves")
    spec: dict[str, Any] = {
        **frame(title, notes),
        "data": {"values": rows},
        "transform": [named("k", "name", names)],
        "mark": {"type": "line", "strokeWidth": 1.8, "point": len(rows) <= 60, "clip": True},
        "encoding": {
            "x": {
                "field": "x",
                "type": "quantitative",
                "title": _AXIS_TITLES[axis],
                **_x(axis, rows),
            },
            "y": {
                "field": "y",
                "type": "quantitative",
                "title": None,
                "scale": {"zero": False},
            },
            "color": colour(names),
            "tooltip": [
                {"field": "name", "type": "nominal", "title": "curve"},
                {"field": "x", "type": "quantitative", "title": _AXIS_TITLES[axis]},
                {"field": "y", "type": "quantitative", "title": "value", "format": ".5~g"},
            ],
        },
        # Without shift the wheel would take the notebook's scrolling.
        "params": [
            {
                "name": "zoom",
                "select": {"type": "interval", "zoom": "wheel![event.shiftKey]"},
                "bind": "scales",
            }
        ],
    }
    if len(names) > 1:
        spec["params"].append(
            {
                "name": "picked",
                "select": {"type": "point", "fields": ["name"]},
                "bind": "legend",
            }
        )
        spec["encoding"]["opacity"] = {"condition": {"param": "picked", "value": 1}, "value": 0.15}
    return Chart(title=title, alt=f"{title} over {_AXIS_WORDS[axis]}; {'; '.join(told)}", spec=spec)


def bars(
    title: str, values: Sequence[tuple[str, float | None]], *, marked: str | None = None
) -> Chart:
    """Draw one metric over several runs, in the order given.

    Parameters
    ----------
    title : str
        The metric.
    values : sequence of (str, float or None)
        Name of the run, value; those without a value have a name and no bar.
    marked : str, optional
        The run to stand out, such as the best one.

    Examples
    --------
    >>> bars("auc", [("forest", 0.71), ("trees", 0.69)], marked="forest").alt
    'auc: forest 0.71, trees 0.69'
    """
    drawn = values[:MAX_BARS]
    names = distinct([name for name, _ in drawn])
    rows = [
        {
            "name": name,
            "y": finite(value),
            "text": "" if finite(value) is None else short(value),
            "marked": marked is None or original == marked,
        }
        for name, (original, value) in zip(names, drawn, strict=True)
    ]
    notes = [f"{len(drawn)} of {len(values)} runs"] if len(values) > len(drawn) else []
    label = {"field": "name", "type": "nominal", "sort": names, "title": None}
    spec = {
        **frame(title, notes, height={"step": 22}),
        "data": {"values": rows},
        "encoding": {
            "y": {**label, "axis": {"labelLimit": 220}},
            "x": {
                "field": "y",
                "type": "quantitative",
                "title": None,
                "axis": {"tickCount": 5},
            },
            "tooltip": [
                {"field": "name", "type": "nominal", "title": "run"},
                {"field": "y", "type": "quantitative", "title": "value", "format": ".6~g"},
            ],
        },
        "layer": [
            {
                "mark": {"type": "bar", "height": 14},
                "encoding": {
                    "color": {
                        "field": "marked",
                        "type": "nominal",
                        "scale": {"domain": [True, False], "range": [COLOURS[0], PALE]},
                        "legend": None,
                    }
                },
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 4},
                "encoding": {"text": {"field": "text", "type": "nominal"}},
            },
        ],
    }
    told = ", ".join(f"{row['name']} {row['text'] or '–'}" for row in rows)
    return Chart(title=title, alt=f"{title}: {told}", spec=spec)


_Axis = Literal["step", "time", "order"]
_AXIS_TITLES: dict[_Axis, str] = {"step": "step", "time": "seconds", "order": "value no."}
_AXIS_WORDS: dict[_Axis, str] = {"step": "steps", "time": "time", "order": "their order"}


def _axis_of(shown: Sequence[Curve], over: Literal["step", "time"]) -> _Axis:
    def varies(part: str) -> bool:
        return any(len({getattr(p, part) for p in curve.points}) > 1 for curve in shown)

    if over == "step" and (varies("step") or all(len(c.points) < 2 for c in shown)):
        return "step"
    return "time" if varies("time") else "order"


def _along(points: Sequence[Point], axis: _Axis) -> list[tuple[float, float | None]]:
    """Return a curve's points from left to right, with gaps for what is no number."""
    if axis == "order":
        return [(float(i), finite(p.value)) for i, p in enumerate(points, 1)]
    if axis == "time":
        start = min((p.time for p in points), default=0)
        return sorted(
            (((p.time - start) / 1000, finite(p.value)) for p in points), key=lambda xy: xy[0]
        )
    in_order = sorted(points, key=lambda p: (p.step, p.time))
    return [(float(p.step), finite(p.value)) for p in in_order]


def _x(axis: _Axis, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the scale that runs to the right; few steps get a tick each, none in between."""
    found: dict[str, Any] = {"scale": {"zero": False, "nice": False}}
    places = [row["x"] for row in rows]
    if axis != "time" and places and 0 < max(places) - min(places) <= 10:
        found["axis"] = {
            "values": list(range(int(min(places)), int(max(places)) + 1)),
            "format": "d",
        }
    return found


def _said(points: Sequence[tuple[float, float | None]]) -> str:
    values = [y for _, y in points if y is not None]
    if not values:
        return "no value that is a number"
    gaps = len(points) - len(values)
    return (
        f"{len(points):,} point{'s' * (len(points) != 1)}, {short(values[0])} to "
        f"{short(values[-1])}, lowest {short(min(values))}, highest {short(max(values))}"
        + (f", {gaps:,} not a number" if gaps else "")
    )
