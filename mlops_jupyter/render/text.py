"""Plain text for terminals: numbers, ages, sizes, and text that cannot drive a terminal."""

from __future__ import annotations

import math
import unicodedata
from datetime import UTC, datetime

_GROUPED = 10_000
_BREAKS = "\n\t\u2028\u2029"  # the last two end a line for some viewers
_UNITS = ("B", "kB", "MB", "GB", "TB")


def clean(text: object) -> str:
    r"""Return text without control and bidirectional characters, on one line.

    A run's name comes from a store that others write to; an escape sequence in it must not
    reach a terminal.

    Examples
    --------
    >>> clean("a\x1b[2Jb\nc")
    'a[2Jb c'
    """
    spaced = "".join(" " if char in _BREAKS else char for char in str(text))
    return "".join(char for char in spaced if unicodedata.category(char) not in ("Cc", "Cf"))


def shorten(text: str, width: int) -> str:
    r"""Return text on one line, cut to a width.

    Examples
    --------
    >>> shorten("a  long\n text", 8), shorten("short", 8)
    ('a long …', 'short')
    """
    flat = " ".join(text.split())
    return flat if len(flat) <= width else f"{flat[: width - 1]}…"


def number(value: float | None, digits: int = 4) -> str:
    """Return a number as a person would write it; years and times of day below 10,000 plainly.

    Examples
    --------
    >>> number(0.712345), number(336776), number(2013), number(None), number(1e-9)
    ('0.7123', '336,776', '2013', '–', '1e-09')
    >>> number(float("inf")), number(-1e300)
    ('∞', '-1e+300')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, float) and math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if isinstance(value, int) or (float(value).is_integer() and abs(value) < 1e15):
        return f"{int(value):,}" if abs(value) >= _GROUPED else str(int(value))
    if 1000 <= abs(value) < 1e15:
        return f"{value:,.1f}" if abs(value) >= _GROUPED else f"{value:.1f}"
    return f"{value:.{digits}g}"


def size(bytes_: float) -> str:
    """Return a size in decimal units.

    Examples
    --------
    >>> size(999), size(4_812_345)
    ('999 B', '4.8 MB')
    """
    value = float(bytes_)
    for unit in _UNITS[:-1]:
        if value < 999.5:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} {_UNITS[-1]}"


def duration(seconds: float | None) -> str:
    """Return a duration.

    Examples
    --------
    >>> duration(0.034), duration(5.25), duration(75), duration(3720), duration(None)
    ('34 ms', '5.2 s', '1 min 15 s', '1 h 2 min', '–')
    """
    if seconds is None:
        return "–"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min {int(seconds % 60)} s"
    return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60)} min"


def when(moment: datetime | None, now: datetime | None = None) -> str:
    """Return a moment relative to now, in local time once it is older than a day.

    Examples
    --------
    >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    >>> when(datetime(2026, 1, 1, 11, 57, tzinfo=UTC), noon)
    '3 min ago'
    """
    if moment is None:
        return "–"
    age = ((now or datetime.now(UTC)) - moment).total_seconds()
    if age < 60:
        return "just now"
    if age < 3600:
        return f"{int(age // 60)} min ago"
    if age < 86400:
        return f"{int(age // 3600)} h ago"
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def plural(count: int, noun: str, plural_form: str = "") -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> plural(1, "run"), plural(2, "run"), plural(0, "entry", "entries")
    ('1 run', '2 runs', '0 entries')
    """
    return f"{count:,} {noun if count == 1 else plural_form or noun + 's'}"
