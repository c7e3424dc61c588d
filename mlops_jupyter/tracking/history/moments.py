"""Dates, ages and durations as people write them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from mlops_jupyter.errors import UsageError

_UNITS = {
    "ms": 1, "s": 1000, "sec": 1000, "m": 60_000, "min": 60_000, "h": 3_600_000,
    "d": 86_400_000, "w": 7 * 86_400_000,
}  # fmt: skip
_AMOUNT = re.compile(r"(?P<number>\d{1,12}(\.\d{1,12})?)\s*(?P<unit>[a-z]*)")
_DAY = timedelta(days=1)


def test(sign: str, text: str) -> Callable[[int], bool]:
    """Return the test of a moment (milliseconds since 1970) against a date or an age.

    A date alone is its whole day for ``=`` and ``<=``, and its first moment otherwise.
    """
    first, last = interval(text)
    tests: dict[str, Callable[[int], bool]] = {
        "=": lambda found: first <= found < last,
        "!=": lambda found: not first <= found < last,
        "<": lambda found: found < first,
        "<=": lambda found: found < last,
        ">": lambda found: found > first,
        ">=": lambda found: found >= first,
    }
    return tests[sign]


def interval(text: str) -> tuple[int, int]:
    """Return the first millisecond that a date or an age means, and the first one after it.

    Examples
    --------
    >>> first, after = interval("2026-11-01")
    >>> (after - first) / 3_600_000
    24.0

    Raises
    ------
    UsageError
        It is neither.
    """
    now = datetime.now(UTC).astimezone()
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    days = {"today": today, "yesterday": today - _DAY}
    if text.lower() in days:
        return _milliseconds(days[text.lower()]), _milliseconds(days[text.lower()] + _DAY)
    if (age := _amount(text, bare=False)) is not None:
        moment = int(now.timestamp() * 1000 - age)
        return moment, moment + 1
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            found = found.astimezone()  # local time, as it is shown
        first = _milliseconds(found)
        if re.fullmatch(r"\d{4}-?\d{2}-?\d{2}", text):
            return first, _milliseconds(found + _DAY)
        return first, first + (1 if "." in text else 1000 if text.count(":") > 1 else 60_000)
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            "this is no date", "like 2026-11-01, '2026-11-01 14:30', today, yesterday, 7d, 2h"
        ) from None


def duration_ms(text: str) -> float:
    """Return a duration in milliseconds; a number alone is seconds.

    Examples
    --------
    >>> duration_ms("90"), duration_ms("1.5min"), duration_ms("200ms")
    (90000.0, 90000.0, 200.0)

    Raises
    ------
    UsageError
        It is none.
    """
    found = _amount(text, bare=True)
    if found is None:
        raise UsageError("this is no duration", "like 30 (seconds), 200ms, 5min, 2h")
    return found


def _amount(text: str, *, bare: bool) -> float | None:
    found = _AMOUNT.fullmatch(text.lower())
    if found is None or not (found["unit"] or bare):
        return None
    unit = _UNITS.get(found["unit"] or "s")
    return None if unit is None else float(found["number"]) * unit


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
