"""Sides without rows or columns: nothing of them is compared, and that is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.drift.columns import check_wanted, only_on_one_side
from mlops_jupyter.drift.judging import AllJudged
from mlops_jupyter.drift.report import Finding

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
    sizes = ((source.rows, "row"), (len(source.names), "column"))
    size = ", ".join(f"{count:,} {noun}{'' if count == 1 else 's'}" for count, noun in sizes)
    return Finding(kind="empty", message=f"{side}, {source.label}, is empty: {size}")
