"""In which order runs are listed."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_jupyter.errors import UsageError
from mlops_jupyter.tracking.history.filters import Subject, as_number
from mlops_jupyter.tracking.history.filters import subject as read_subject

if TYPE_CHECKING:
    from mlops_jupyter.tracking.history.directions import Direction
    from mlops_jupyter.tracking.history.stored import StoredRun

_MORE_NAMES = {"time": "started", "took": "duration"}


@dataclass(frozen=True)
class Order:
    """What runs are sorted by.

    Attributes
    ----------
    subject : Subject
        What is compared.
    descending : bool or None
        None where the user did not say.
    """

    subject: Subject
    descending: bool | None = None


def parse(text: str) -> Order:
    """Read ``NAME``, ``NAME:asc`` or ``NAME:desc``.

    Examples
    --------
    >>> parse("metric.auc:desc")
    Order(subject=Subject(kind='metric', name='auc', start=0), descending=True)

    Raises
    ------
    UsageError
        There is no name.
    """
    found = re.fullmatch(r"(?P<name>.*?)(:(?P<way>asc|desc))?", text.strip(), re.DOTALL)
    name = found["name"] if found else ""
    if not name:
        raise UsageError(f"--sort {text!r} names nothing", "like: --sort test_auc, --sort time:asc")
    way = found["way"] if found else None
    return Order(read_subject(_MORE_NAMES.get(name, name)), None if way is None else way == "desc")


def settled(order: Order, direction: Direction | None) -> Order:
    """Return an order with its way: a metric's best and the newest come first."""
    if order.descending is not None:
        return order
    subject = order.subject
    by_time = subject.kind == "attribute" and subject.name in ("started", "ended")
    best_is_high = subject.kind == "metric" and direction == "higher"
    return Order(subject, by_time or best_is_high)


def ordered(
    runs: Iterable[StoredRun], read: Callable[[StoredRun], Any], *, descending: bool
) -> list[str]:
    """Return ids of runs in order; those without a value last, and the newest of equals first.

    Of each run only its value and its id are held.
    """
    present: list[tuple[Any, str]] = []
    missing: list[str] = []
    for run in runs:
        value = _comparable(read(run))
        if value is None:
            missing.append(run.run_id)
        else:
            present.append((value, run.run_id))
    # Runs come newest first; sorting keeps the order of equals, in reverse as well.
    present.sort(key=lambda pair: pair[0], reverse=descending)
    return [run_id for _, run_id in present] + missing


def _comparable(value: Any) -> tuple[int, float, str] | None:
    """Return what can be compared: numbers before text; None for what is missing."""
    if isinstance(value, list):
        value = ", ".join(value)
    if value is None:
        return None
    number = as_number(value) if isinstance(value, str) else float(value)
    if number is None:
        return (1, 0.0, value)
    return None if math.isnan(number) else (0, number, "")
