"""Which cells two runs differ in, by what ran: nbdime tells which cell became which."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from mlops_jupyter.tracking.history.compare_records import CellDifference

# nbdime looks at every pair of cells: 30 × 30 that have nothing in common take seconds.
_MOST_PAIRS = 250
# Of a cell, that are compared.
_MOST_CHARACTERS = 20_000


@dataclass(frozen=True)
class RanCell:
    """A cell that ran: its source, its execution count, and the frontend's id of it."""

    source: str
    count: int | None = None
    identity: str | None = None


@dataclass(frozen=True)
class Ran:
    """What a run ran.

    Attributes
    ----------
    cells : sequence of RanCell
        Before its own cell, each as it ran last.
    own : RanCell or None
        The cell that made the run.
    whole : bool
        Whether `cells` are known.
    """

    cells: Sequence[RanCell] = ()
    own: RanCell | None = None
    whole: bool = False


def last_of_each(executions: Sequence[RanCell], own: str | None) -> Ran:
    """Return each cell as it ran last: what a notebook's reader would see.

    Examples
    --------
    >>> ran = last_of_each([RanCell("n = 1", 1, "a"), RanCell("n = 2", 2, "a")], "n = 2")
    >>> ran.cells, ran.own.count
    ([], 2)
    """
    latest = {cell.identity: place for place, cell in enumerate(executions) if cell.identity}
    kept = [
        cell
        for place, cell in enumerate(executions)
        if not cell.identity or latest[cell.identity] == place
    ]
    if own is None:
        return Ran(kept, None, whole=True)
    if kept and kept[-1].source.strip() == own.strip():
        return Ran(kept[:-1], kept[-1], whole=True)
    return Ran(kept, RanCell(own), whole=True)


def differences(before: Ran, after: Ran) -> tuple[list[CellDifference], bool]:
    """Return how cells differ, the runs' own first, and whether similar ones were looked for.

    Cells around the own ones are only compared where both runs' are known.

    Examples
    --------
    >>> changes, _ = differences(Ran(own=RanCell("fit(5)")), Ran(own=RanCell("fit(9)")))
    >>> print(changes[0].diff)
    -fit(5)
    +fit(9)
    """
    found: list[CellDifference] = []
    ours, theirs = list(before.cells), list(after.cells)
    if before.own and after.own:
        if not _same(before.own, after.own):
            found.append(_changed(before.own, after.own, own=True))
    elif before.own or after.own:
        ours += [before.own] if before.own else []
        theirs += [after.own] if after.own else []
    if not (before.whole and after.whole):
        return found, True
    thorough = True
    matcher = difflib.SequenceMatcher(
        None, [_key(cell) for cell in ours], [_key(cell) for cell in theirs], autojunk=False
    )
    for how, a, a_end, b, b_end in matcher.get_opcodes():
        if how == "equal":
            continue
        gap = (ours[a:a_end], theirs[b:b_end])
        close = len(gap[0]) * len(gap[1]) <= _MOST_PAIRS
        thorough = thorough and close
        found += _of_gap(*gap) if close else _all_of(*gap)
    return found, thorough


def _of_gap(ours: list[RanCell], theirs: list[RanCell]) -> Iterator[CellDifference]:
    """Tell which of some cells became which."""
    if not ours or not theirs:
        yield from _all_of(ours, theirs)
        return
    import nbdime

    shift = 0  # how much further the place of a cell is in the second notebook
    for cells in nbdime.diff_notebooks(_notebook(ours), _notebook(theirs)):
        for op in cells.diff if cells.key == "cells" else ():
            if op.op == "addrange":
                start = op.key + shift
                shift += len(op.valuelist)
                yield from _all_of([], theirs[start : start + len(op.valuelist)])
            elif op.op == "removerange":
                shift -= op.length
                yield from _all_of(ours[op.key : op.key + op.length], [])
            else:
                yield _changed(ours[op.key], theirs[op.key + shift])


def _all_of(ours: Sequence[RanCell], theirs: Sequence[RanCell]) -> Iterator[CellDifference]:
    yield from (_alone("removed", cell) for cell in ours)
    yield from (_alone("added", cell) for cell in theirs)


def _changed(before: RanCell, after: RanCell, *, own: bool = False) -> CellDifference:
    lines = list(difflib.unified_diff(_lines(before), _lines(after), lineterm="", n=3))
    return CellDifference(
        change="changed",
        own=own,
        before=before.count,
        after=after.count,
        # Two lines name the files; where it is one piece, a third its place.
        diff="\n".join(lines[3 if sum(line.startswith("@@") for line in lines) == 1 else 2 :]),
    )


def _alone(change: Literal["added", "removed"], cell: RanCell) -> CellDifference:
    sign = "+" if change == "added" else "-"
    found = CellDifference(change=change, diff="\n".join(sign + line for line in _lines(cell)))
    place = {"after" if change == "added" else "before": cell.count}
    return found.model_copy(update=place)


def _same(before: RanCell, after: RanCell) -> bool:
    return _key(before) == _key(after)


def _key(cell: RanCell) -> str:
    """Return what makes two cells one: spaces at the ends of lines do not count."""
    return "\n".join(line.rstrip() for line in cell.source.strip().splitlines())


def _lines(cell: RanCell) -> list[str]:
    return _key(cell)[:_MOST_CHARACTERS].splitlines()


def _notebook(cells: Sequence[RanCell]) -> Any:
    """Return cells as a notebook that has nothing but sources to differ in."""
    from nbformat import from_dict

    shown = [replace(cell, source=_key(cell)[:_MOST_CHARACTERS]) for cell in cells]
    return from_dict(
        {
            "cells": [
                {
                    "cell_type": "code",
                    "source": cell.source,
                    "metadata": {},
                    "outputs": [],
                    "execution_count": None,
                }
                for cell in shown
            ],
            "metadata": {},
            "nbformat": 4,
            "nbformat_minor": 4,
        }
    )
