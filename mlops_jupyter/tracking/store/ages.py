"""Spans of time as people write them."""

from __future__ import annotations

import re
from datetime import timedelta

from mlops_jupyter.errors import BadInput

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def age(text: str) -> timedelta:
    """Read an age.

    Raises
    ------
    BadInput
        It is none.

    Examples
    --------
    >>> age("30d"), age("1.5h")
    (datetime.timedelta(days=30), datetime.timedelta(seconds=5400))
    """
    match = re.fullmatch(r"(\d{1,6}(?:\.\d+)?)\s*([mhdw])", text.strip())
    if match is None:
        raise BadInput(f"{text!r} is no age", "such as 90m, 12h, 30d, 2w")
    return timedelta(**{_UNITS[match[2]]: float(match[1])})
