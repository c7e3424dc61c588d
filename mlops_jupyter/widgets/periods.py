"""The periods of current that can be chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_jupyter.drift import parts, periods
from mlops_jupyter.drift.sides.sources import is_expression
from mlops_jupyter.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlops_jupyter.drift.sides import Source


@dataclass(frozen=True)
class Period:
    """A period.

    Attributes
    ----------
    label : str
        What it is called.
    rows : int
        Its rows; 0 for a gap.
    taken : callable
        Returns current with these rows alone.
    """

    label: str
    rows: int
    taken: Callable[[], Source]


def periods_of(after: Source, by: str, time: str | None) -> list[Period]:
    """Return the periods of current, as ``%mlops drift --by`` cuts them.

    Parameters
    ----------
    after : Source
        Current.
    by : str
        A unit of time, or a column whose values are the periods.
    time : str, optional
        The column that says when.

    Raises
    ------
    NotFound
        No such unit or column.
    BadInput
        Nothing says when, or it is a table of a database that would be cut by a unit of time.

    Examples
    --------
    >>> side = drift.sides.read(ws, june, "current")
    >>> [(period.label, period.rows) for period in periods_of(side, "carrier", None)]
    [('B6', 66), ('EV', 71), ('UA', 63)]
    """
    if is_expression(after.table):
        return _of_a_database(after, by, time)
    cut = periods.chosen(after, by, time)
    slices = periods.cut_up(after.frame(cut.columns), cut)
    masks = (slices.codes == place for place in range(len(slices.labels)))
    return [
        # A mask of bytes for each period would be held; made anew it costs a millisecond.
        Period(
            label,
            int(mask.sum()),
            lambda place=place: parts.at(after, slices.codes == place),  # type: ignore[misc]
        )
        for place, (label, mask) in enumerate(zip(slices.labels, masks, strict=True))
    ]


def _of_a_database(after: Source, by: str, time: str | None) -> list[Period]:
    """Return the values of a column: a database is asked for rows, and not for their places."""
    column = by.removeprefix("column:")
    if time is not None or column not in after.names:
        raise BadInput(
            f"{after.label} is in a database: it is explored by the values of a column, "
            f"not by {by}",
            "make the period a column of the query",
        )
    return [
        Period(
            part.label,
            part.rows.current,
            lambda part=part: parts.only(after, [part]),  # type: ignore[misc]
        )
        for part in parts.parts_of(after, after, column).listed
    ]
