"""Both sides at the same time: NumPy and Arrow compute outside Python's lock."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from mlops_jupyter.drift.pairs import Both

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
U = TypeVar("U")

_MANY = 100_000  # values of a side from which a thread is worth its start


def at_once(change: Callable[[T], U], both: Both[T], size: Callable[[T], int]) -> Both[U]:
    """Return what a function makes of either side, at the same time where both are much work.

    Parameters
    ----------
    change : callable
        The function.
    both : Both
        What it is given.
    size : callable
        How many values it has to go through, by what it is given.

    Examples
    --------
    >>> at_once(sorted, Both([3, 1], [2]), len)
    Both(reference=[1, 3], current=[2])
    """
    if min(both.map(size)) < _MANY:
        return both.map(change)
    with ThreadPoolExecutor(1) as thread:
        reference = thread.submit(change, both.reference)
        current = change(both.current)
        return Both(reference.result(), current)
