"""Many columns, some at a time: a query of a thousand takes more memory than it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

T = TypeVar("T")


def in_parts(things: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield some at a time.

    Examples
    --------
    >>> list(in_parts("abcde", 2))
    ['ab', 'cd', 'e']
    """
    for start in range(0, len(things), size):
        yield things[start : start + size]
