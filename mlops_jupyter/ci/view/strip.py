"""Drift as a picture that stands alone: a row for each column, a cell for each period.

A cell has the number in it, so that colour only repeats it; sizes are fixed, since what shows the
picture (a pull request, a mail) has its own fonts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.render.html import element, join
from mlops_jupyter.render.text import clean, number, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops_jupyter.drift.report import DriftReport
    from mlops_jupyter.render.html import Markup

_MOST = 30  # rows, and periods (the newest)
_NAME, _CELL, _ROW, _LETTERS = 190, 62, 22, 24
_INK, _QUIET, _LOUD = "#1f2328", "#dafbe1", "#ffc1bc"
_GROUND, _MUTED = "#ffffff", "#59636e"


def svg(report: DriftReport) -> str:
    """Return the strip of a report: its worst columns, over time where that was asked for.

    Parameters
    ----------
    report : DriftReport
        What was found.

    Returns
    -------
    str
        SVG without script or style sheet.
    """
    heads, rows = _over_time(report) if report.periods else _overall(report)
    width = _NAME + _CELL * len(heads) + 10
    height = _ROW * (len(rows) + 2) + 10
    title = f"{clean(report.reference.label)} → {clean(report.current.label)}"
    parts = [
        element("title", f"Drift: {title}"),
        element("rect", width=width, height=height, fill=_GROUND),
        _text(6, 16, shorten(title, max(30, width // 8)), weight="bold"),
        *(_text(_at(i), _ROW + 16, shorten(head, 8), fill=_MUTED) for i, head in enumerate(heads)),
    ]
    for place, (name, cells) in enumerate(rows):
        top = _ROW * (place + 2)
        parts.append(_text(6, top + 16, shorten(name, _LETTERS)))
        parts += [_cell(i, top, *cell) for i, cell in enumerate(cells)]
    picture = element(
        "svg",
        join(*parts),
        xmlns="http://www.w3.org/2000/svg",
        role="img",
        width=width,
        height=height,
        viewBox=f"0 0 {width} {height}",
        font_family="sans-serif",
        font_size="12",
    )
    return f"{picture}\n"


_Cell = tuple[str, bool, str]  # number, drifted, what it says in words


def _overall(report: DriftReport) -> tuple[list[str], list[tuple[str, list[_Cell]]]]:
    ordered = sorted(report.columns, key=lambda each: not each.drifted)[:_MOST]
    rows = [
        (clean(each.column), [_shown(each.score, each.drifted, each.method)]) for each in ordered
    ]
    return ["score"], rows


def _over_time(report: DriftReport) -> tuple[list[str], list[tuple[str, list[_Cell]]]]:
    assert report.periods is not None  # noqa: S101 - asked before
    periods = report.periods
    first = max(0, len(periods.periods) - _MOST)

    def loudest(severities: Sequence[float | None]) -> float:
        return max((each for each in severities if each is not None), default=0.0)

    ordered = sorted(periods.columns, key=lambda each: -loudest(each.severities))[:_MOST]
    rows = []
    for each in ordered:
        pairs = zip(each.scores[first:], each.severities[first:], strict=True)
        cells = [_shown(score, (how_far or 0.0) >= 1, each.method) for score, how_far in pairs]
        rows.append((clean(each.column), cells))
    return [clean(each.label) for each in periods.periods[first:]], rows


def _shown(score: float | None, drifted: bool, method: str) -> _Cell:
    said = "not compared" if score is None else f"{method} {number(score)}"
    return ("–" if score is None else number(score, 2), drifted, said + ", drift" * drifted)


def _cell(place: int, top: int, shown: str, drifted: bool, said: str) -> Markup:
    box = element(
        "rect",
        x=_at(place) - 4,
        y=top + 2,
        width=_CELL - 4,
        height=_ROW - 4,
        rx=3,
        fill=_LOUD if drifted else _QUIET,
    )
    words = _text(_at(place), top + 16, shown, weight="bold" if drifted else "normal")
    return element("g", element("title", said), box, words)


def _at(place: int) -> int:
    return _NAME + _CELL * place


def _text(x: int, y: int, shown: str, *, weight: str = "normal", fill: str = _INK) -> Markup:
    return element("text", shown, x=x, y=y, fill=fill, font_weight=weight)
