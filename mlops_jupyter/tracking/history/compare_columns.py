"""Fitting what is compared into columns, so that what differs is still seen to differ."""

from __future__ import annotations

from collections.abc import Sequence

_FEWEST = 3  # columns, however wide


def apart(values: Sequence[str], width: int) -> list[str]:
    """Shorten values; long ones that begin alike are shown from where they part.

    Examples
    --------
    >>> apart(["/data/flights/2013/june.csv", "/data/flights/2013/july.csv"], 12)
    ['…13/june.csv', '…13/july.csv']
    >>> apart(["a", "b"], 12)
    ['a', 'b']
    """
    flat = [" ".join(value.split()) or repr(value) for value in values]
    if len(set(flat)) < len(set(values)):  # they differ in their spaces alone
        flat = [repr(value) for value in values]
    if all(len(value) <= width for value in flat):
        return flat
    long = [value for value in flat if len(value) > width]
    start = _alike(long) if len(set(long)) > 1 else 0
    # Some of what is alike stays, as far as the longest rest leaves room.
    rest = max(len(value) for value in long) - start
    start = max(min(start, start - (width - 1 - rest)), 0) if start + 1 >= width // 2 else 0
    return [_cut(value, start, width) if len(value) > width else value for value in flat]


def headings(named: Sequence[tuple[str, str]], width: int) -> list[str]:
    """Shorten labels; those that are no longer distinct are told apart by their ids.

    Examples
    --------
    >>> headings([("forest", "3f2a91b2"), ("trees", "77aa00cc")], 20)
    ['forest', 'trees']
    >>> headings([("forest with 10", "3f2a91b2"), ("forest with 20", "77aa00cc")], 10)
    ['3f2a91b2', '77aa00cc']
    """
    shown = [" ".join(label.split()) for label, _ in named]
    cut = [label if len(label) <= width else f"{label[: width - 1]}…" for label in shown]
    if len(set(cut)) == len(cut):
        return cut
    return [identity[:8] for _, identity in named]


def pick(widths: Sequence[int], room: int) -> int:
    """Return how many columns fit.

    Examples
    --------
    >>> pick([10, 10, 10, 10, 10], 45), pick([90, 90], 45)
    (4, 2)
    """
    used = 0
    for count, width in enumerate(widths):
        used += width
        if used > room and count >= _FEWEST:
            return count
    return len(widths)


def _alike(values: Sequence[str]) -> int:
    """Return how many characters all begin with."""
    columns = enumerate(zip(*values, strict=False))
    shortest = min(map(len, values))
    return next((place for place, column in columns if len(set(column)) > 1), shortest)


def _cut(value: str, start: int, width: int) -> str:
    shown = f"…{value[start:]}" if start else value
    return shown if len(shown) <= width else f"{shown[: width - 1]}…"
