"""Sides with few rows, or none: nothing of an empty side is compared, and that is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.drift.columns import check_wanted, only_on_one_side
from mlops_jupyter.drift.judging import AllJudged
from mlops_jupyter.drift.report import Finding
from mlops_jupyter.drift.severity import FEW_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlops_jupyter.drift.judging import How
    from mlops_jupyter.drift.pairs import Both
    from mlops_jupyter.drift.sides import Source


def about_empty(sides: Both[Source]) -> list[Finding]:
    """Return a finding for each side that has no rows or no columns.

    Examples
    --------
    >>> from mlops_jupyter.drift.pairs import Both
    >>> sides = Both(*(drift.sides.read(ws, frame, "current") for frame in (june, july[:0])))
    >>> about_empty(sides)[0].message
    'current, DataFrame, is empty: 0 rows, 5 columns'
    """
    return [_about(source) for source in sides if not (source.rows and source.names)]


def about_few(sides: Both[Source]) -> list[Finding]:
    """Return the finding about sides with so few rows that a verdict says little.

    Examples
    --------
    >>> from mlops_jupyter.drift.pairs import Both
    >>> sides = Both(*(drift.sides.read(ws, frame, "current") for frame in (june, july[:9])))
    >>> about_few(sides)[0].message
    'current has 9 rows: the verdicts say little'
    """
    small = [
        f"{source.side} has {_counted(source.rows, 'row')}"
        for source in sides
        if source.rows < FEW_ROWS
    ]
    if not small:
        return []
    return [Finding(kind="few_rows", message=f"{', '.join(small)}: the verdicts say little")]


def nothing_judged(sides: Both[Source], how: How, wanted: Sequence[str] | None = None) -> AllJudged:
    """Return what is known of the columns where a side is empty: which ones it lacks.

    Parameters
    ----------
    sides : Both of Source
        The reference and current.
    how : How
        What the user chose; a column in it that there is not is an error here too.
    wanted : sequence of str, optional
        The columns to look at; all by default.

    Raises
    ------
    NotFound
        A column that is named is on neither side.
    BadInput
        No column is asked for, or one twice.
    """
    names = list(dict.fromkeys([*sides.reference.names, *sides.current.names]))
    if names:  # else no name could be right
        how.choices.check(names)
        if wanted is not None:
            check_wanted(wanted, names)
    return AllJudged([], list(_lacking(sides, names, wanted)), set())


def _lacking(
    sides: Both[Source], names: Sequence[str], wanted: Sequence[str] | None
) -> Iterator[Finding]:
    known = sides.map(lambda side: set(side.names))
    if not all(known):
        return  # that it has no column at all is said already
    for name in names:
        if (wanted is None or name in wanted) and not all(name in side for side in known):
            yield only_on_one_side(name, in_reference=name in known.reference)


def _about(source: Source) -> Finding:
    side = "the reference" if source.side == "reference" else source.side
    size = f"{_counted(source.rows, 'row')}, {_counted(len(source.names), 'column')}"
    return Finding(kind="empty", message=f"{side}, {source.label}, is empty: {size}")


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
