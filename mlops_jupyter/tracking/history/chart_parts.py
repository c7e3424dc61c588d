"""What charts have in common: frame, colours, and numbers cut down to what a picture shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

# Each has a contrast of 3 or more to white and to the dark theme's #111 (a test counts it).
COLOURS = (
    "#1f83d6", "#d9660a", "#2a9254", "#c14fb4", "#a8741a",
    "#7b78d8", "#d8505a", "#1a909c", "#7d8590", "#6c8f1f",
)  # fmt: skip
PALE = "#7f8894"
_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
WIDTH, HEIGHT = 480, 220
# MLflow's SQL stores keep an infinity as the largest double.
_LARGEST = 1.797e308


def frame(title: str, notes: Sequence[str], height: Any = HEIGHT) -> dict[str, Any]:
    """Return what every chart begins with; `notes` say below its title what was left out."""
    heading: dict[str, Any] = {"text": title or " ", "anchor": "start", "limit": WIDTH}
    if notes:
        heading |= {"subtitle": "; ".join(notes), "subtitleFontSize": 10}
    return {
        "$schema": _SCHEMA,
        "title": heading,
        "width": WIDTH,
        "height": height,
        "config": {"view": {"stroke": None}, "axis": {"labelFontSize": 11}},
    }


def colour(names: Sequence[str]) -> dict[str, Any]:
    """Return the encoding that tells curves apart; one alone needs no legend."""
    legend = {"orient": "bottom", "columns": 2, "labelLimit": 220, "title": None}
    return {
        "field": "name",
        "type": "nominal",
        "sort": None,
        "scale": {
            "domain": list(names),
            "range": [COLOURS[i % len(COLOURS)] for i in range(len(names))],
        },
        "legend": legend if len(names) > 1 else None,
    }


def named(key: str, field: str, names: Sequence[str]) -> dict[str, Any]:
    """Return the transform that gives rows a name by its number: a long one is stored once."""
    values = [{key: number, field: name} for number, name in enumerate(names)]
    return {"lookup": key, "from": {"data": {"values": values}, "key": key, "fields": [field]}}


def distinct(names: Sequence[str]) -> list[str]:
    """Tell equal names apart by a number: runs may share one."""
    taken: set[str] = set()
    found: list[str] = []
    for name in names:
        distinct, count = name, 1
        while distinct in taken:
            count += 1
            distinct = f"{name} ({count})"
        taken.add(distinct)
        found.append(distinct)
    return found


def finite(value: float | None) -> float | None:
    """Return a number for a chart, to seven digits; None for what is none."""
    if value is None or not math.isfinite(value) or abs(value) >= _LARGEST:
        return None
    return float(f"{value:.7g}")


def short(value: float | None) -> str:
    """Return a number in the few digits that a picture has room for."""
    return f"{value:.4g}"


def downsample(
    points: Sequence[tuple[float, float | None]], limit: int
) -> list[tuple[float, float | None]]:
    """Cut a curve down, keeping its first and last point and the extremes of each part.

    Parameters
    ----------
    points : sequence of (float, float or None)
        In the order of their first number; None is a gap.
    limit : int
        At most so many are left; 8 or more.

    Examples
    --------
    >>> spike = [(float(x), 9.0 if x == 777 else 0.0) for x in range(1000)]
    >>> (777.0, 9.0) in downsample(spike, 20)
    True
    """
    if len(points) <= limit:
        return list(points)
    # Of each part the lowest, the highest and, where there are gaps, the first; the ends once.
    gaps = any(y is None for _, y in points)
    parts = (limit - 2) // (3 if gaps else 2)
    kept = {0, len(points) - 1}
    for part in range(parts):
        inside = range(part * len(points) // parts, (part + 1) * len(points) // parts)
        there = [i for i in inside if points[i][1] is not None]
        if len(there) < len(inside):
            kept.add(next(i for i in inside if points[i][1] is None))
        if there:
            kept.add(min(there, key=lambda i: points[i][1] or 0.0))
            kept.add(max(there, key=lambda i: points[i][1] or 0.0))
    return [points[i] for i in sorted(kept)]
