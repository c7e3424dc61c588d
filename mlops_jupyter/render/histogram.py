"""A distribution, or two over each other, as a picture that every notebook viewer shows.

The SVG travels as a ``data:`` image: inline ``<svg>`` is dropped from outputs that are not
trusted. An image sees no style sheet, so its colours are ones that read on light and on dark.
"""

from __future__ import annotations

import base64
import math
from typing import TYPE_CHECKING

from mlops_jupyter.render import html
from mlops_jupyter.render.text import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops_jupyter.render.html import Markup

WIDTH, HEIGHT = 180, 44
FILLED = "#8c96a3"
LINE = "#1f83d6"
TEXT = "#7b7b7b"
_TEXT_HEIGHT = 11
_SIGNS = "▁▂▃▄▅▆▇█"
_LETTER = 6.2  # width of a capital letter at 9 px


def histogram(
    filled: Sequence[float],
    line: Sequence[float],
    *,
    alt: str,
    ends: tuple[str, str] = ("", ""),
    labels: Sequence[str] = (),
    size: tuple[int, int] = (WIDTH, HEIGHT),
) -> Markup:
    """Draw two histograms over the same bins: one filled, one as a line.

    Parameters
    ----------
    filled, line : sequence of float
        Heights per bin; both are scaled to the highest of all.
    alt : str
        What the picture says, for those who do not see it; also shown when pointed at.
    ends : pair of str
        What stands below the first and the last bin.
    labels : sequence of str
        A name for each bar: bars then stand apart, and `ends` is not used.
    size : pair of int
        Width and height of the bars in pixels; there is room below them where there are words.

    Returns
    -------
    Markup
        An ``<img>``.

    Examples
    --------
    >>> str(histogram([0.2, 0.8], [0.5, 0.5], alt="a"))[:40]
    '<img src="data:image/svg+xml;base64,PHN2'
    """
    top = max([*filled, *line], default=0) or 1
    width, height = size
    below = _TEXT_HEIGHT if labels or any(ends) else 0
    step = width / max(len(filled), 1)
    gap = min(step / 5, 4) if labels else 0
    back = _outline([h / top for h in filled], step, gap, height)
    front = _outline([h / top for h in line], step, gap, height)
    svg = html.element(
        "svg",
        html.element("path", d=back, fill=FILLED, fill_opacity=".6"),
        html.element("path", d=front, fill="none", stroke=LINE, stroke_width="1.6"),
        _names(labels, step, height) if labels else _ends(ends, width, height),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"-1 -1 {width + 2} {height + below + 2}",
        font_family="sans-serif",
        font_size="9",
    )
    encoded = base64.b64encode(str(svg).encode("utf-8", "replace")).decode("ascii")
    return html.element(
        "img",
        src=f"data:image/svg+xml;base64,{encoded}",
        alt=alt,
        title=alt,
        width=width + 2,
        height=height + below + 2,
        style="max-width:none;vertical-align:middle",
    )


def sparkline(heights: Sequence[float]) -> str:
    """Return a histogram as signs of a terminal.

    Examples
    --------
    >>> sparkline([0, 1, 4, 8])
    '▁▁▄█'
    """
    top = max(heights, default=0) or 1
    return "".join(_SIGNS[max(math.ceil(height / top * len(_SIGNS)), 1) - 1] for height in heights)


def _outline(heights: Sequence[float], step: float, gap: float, tall: int) -> str:
    """Return the path around bars; with a gap each bar is closed by itself."""
    parts = []
    for i, height in enumerate(heights):
        left, right = _short(i * step + gap), _short((i + 1) * step - gap)
        top = _short(tall * (1 - height))
        if gap or i == 0:
            parts.append(f"M{left} {tall}")
        parts.append(f"V{top}H{right}")
        if gap or i == len(heights) - 1:
            parts.append(f"V{tall}")
    return "".join(parts)


def _names(labels: Sequence[str], step: float, height: int) -> Markup:
    """Name the bars, unless the names must be cut so short that they no longer differ."""
    room = max(int(step / _LETTER), 1)
    shown = [_cut(label, room) for label in labels]
    if len(set(shown)) < len(shown):
        return html.join()
    words = (_text(name, (i + 0.5) * step) for i, name in enumerate(shown))
    return _below(height, *words, text_anchor="middle")


def _ends(ends: tuple[str, str], width: int, height: int) -> Markup:
    if not any(ends):
        return html.join()
    return _below(height, _text(ends[0], 0), _text(ends[1], width, text_anchor="end"))


def _below(height: int, *words: Markup, **attributes: object) -> Markup:
    """Put words under the bars; what they have in common is said once."""
    down = f"translate(0 {height + _TEXT_HEIGHT - 1})"
    return html.element("g", *words, fill=TEXT, transform=down, **attributes)


def _text(content: str, x: float, **attributes: object) -> Markup:
    return html.element("text", clean(content), x=_short(x), **attributes)


def _cut(label: str, room: int) -> str:
    return label if len(label) <= room else label[: max(room - 1, 1)] + "…" * (room > 1)


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
