"""The verdict on a model from two sides, of which only the columns that it takes are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_jupyter.drift.pairs import Both
from mlops_jupyter.drift.performance.judging import ROWS, judged
from mlops_jupyter.drift.performance.problems import SIDES, no_column
from mlops_jupyter.drift.performance.roles import assumed
from mlops_jupyter.drift.performance.rows import Wanted
from mlops_jupyter.drift.report import Finding
from mlops_jupyter.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlops_jupyter.drift.performance.rows import Probabilities
    from mlops_jupyter.drift.performance_record import Performance
    from mlops_jupyter.drift.report import ColumnDrift
    from mlops_jupyter.drift.sides import Source

_VALUES = 30  # of a column that makes segments without being named
_COLUMNS = 12


def of_sides(
    sides: Both[Source],
    *,
    target: str | None = None,
    prediction: str | None = None,
    probabilities: Probabilities | None = None,
    segments: Sequence[str] = (),
    seed: int = 0,
) -> tuple[Performance | None, list[Finding]]:
    """Say how the error of a model moved, where both what was true and what was said are there.

    Parameters
    ----------
    sides : Both of Source
        The reference and current. Of more than a million rows a sample is read.
    target, prediction, probabilities, segments, seed
        As for `judged`; target and prediction are found by these names where not given. A
        prediction that is found so and cannot be judged is a finding, and no error.

    Examples
    --------
    >>> from mlops_jupyter.drift.sides import read
    >>> sides = Both(*(read(ws, frame, "current") for frame in (june, july)))
    >>> of_sides(sides)
    (None, [])
    """
    asked = prediction is not None or bool(probabilities)
    names = sides.map(lambda side: side.names)
    target, prediction = assumed(
        [name for name in names.reference if name in names.current or name == target],
        target,
        prediction,
    )
    if target is None or (prediction is None and not probabilities):
        return None, []
    chances = Wanted(target, prediction, probabilities).probability_columns
    given = [target, *([prediction] if prediction else []), *chances, *segments]
    wanted = list(dict.fromkeys(given))
    for name in wanted:
        if name not in {*names.reference, *names.current}:
            raise no_column(name, names.reference, SIDES.reference)
    # Where current lacks the target, that is a finding; where a side lacks another, `judged` says.
    rows = sides.map(lambda side: side.rows)
    try:
        frames = sides.map(
            lambda side: side.frame(
                [name for name in wanted if name in side.names], limit=ROWS, seed=seed
            )
        )
        return judged(
            frames.reference,
            frames.current,
            target=target,
            prediction=prediction,
            probabilities=probabilities,
            segments=segments,
            of=(rows.reference, rows.current),
            seed=seed,
        )
    except BadInput as error:
        if asked:
            raise
        # Nobody asked for it: columns only happen to have these names.
        message = f"whether a model is still good is not said: {error.message}"
        message += f"; {error.hint}" if error.hint else ""
        return None, [Finding(kind="not_compared", column=prediction, message=message)]


def segments_of(columns: Iterable[ColumnDrift]) -> list[str]:
    """Return the columns by which rows are told apart where none is named: those of categories."""
    found = [
        column.column
        for column in columns
        if column.type == "categorical"
        and column.role is None
        and column.of is None
        and 1 < column.reference.unique <= _VALUES
    ]
    return found[:_COLUMNS]
