"""From two frames to a problem: which task it is, and its rows as numbers."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from mlops_jupyter.drift.memory.plain import family, plain
from mlops_jupyter.drift.pairs import Both, text
from mlops_jupyter.drift.performance import classes
from mlops_jupyter.drift.performance.probabilities import classes_named, matrix_of
from mlops_jupyter.drift.performance.rows import Problem, Rows, Wanted
from mlops_jupyter.drift.performance_record import Task
from mlops_jupyter.errors import BadInput, NotFound

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Series = pd.Series[Any]

SIDES = Both("the reference", "current")
_CLASSES = ("text", "true or false")
_FEW = 10  # whole numbers with so few different values are classes, as Evidently has it


@dataclass(frozen=True)
class Columns:
    """The columns of one side that matter; the target is empty where there is none."""

    target: Series
    prediction: Series | None
    probabilities: list[Series]


def read(wanted: Wanted, frames: Both[pd.DataFrame]) -> Problem:
    """Return the problem that two frames are of.

    Raises
    ------
    NotFound
        A column is not there.
    BadInput
        Its values cannot be what they are said to be.
    """
    import pandas as pd

    _check(wanted)
    if lacks(frames.reference, wanted.target):
        raise no_column(wanted.target, frames.reference.columns, SIDES.reference)

    def columns(frame: pd.DataFrame, side: str) -> Columns:
        empty = pd.Series([None] * len(frame), dtype="object")
        return Columns(
            empty if lacks(frame, wanted.target) else column_of(frame, wanted.target, side),
            None if wanted.prediction is None else column_of(frame, wanted.prediction, side),
            [column_of(frame, name, side) for name in wanted.probability_columns],
        )

    both = Both(*map(columns, frames, SIDES))
    task = wanted.task or _task(wanted, both)
    if task == "regression":
        return Problem(task, both.map(lambda side: _numbers(wanted, side)))
    return _classification(wanted, task, both)


def _check(wanted: Wanted) -> None:
    if wanted.task not in (None, *get_args(Task)):
        raise BadInput(
            f"there is no task {wanted.task!r}", f"say one of {', '.join(get_args(Task))}"
        )
    if wanted.target in (wanted.prediction, *wanted.probability_columns):
        raise BadInput(
            f"{wanted.target} is named as target and as prediction",
            "name the column with what was true as target, what the model said as prediction",
        )


def lacks(frame: pd.DataFrame, name: str) -> bool:
    """Whether a frame has no column of a name."""
    return all(text(column) != name for column in frame.columns)


def column_of(frame: pd.DataFrame, name: str, side: str) -> Series:
    """Return the one column of a name, in the plainest type that holds it."""
    places = [place for place, column in enumerate(frame.columns) if text(column) == name]
    if not places:
        raise no_column(name, frame.columns, side)
    if len(places) > 1:
        raise BadInput(f"{name} is the name of several columns of {side}", "rename all but one")
    return plain(frame.iloc[:, places[0]])


def no_column(name: str, columns: Iterable[object], side: str) -> NotFound:
    """Return the error about a column that is not there, with what may have been meant."""
    names = [text(column) for column in columns]
    close = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(names[:8])}"
    return NotFound(f"no column {name!r} in {side}", hint)


def _task(wanted: Wanted, both: Both[Columns]) -> Task:
    """Tell the task by the target's values; whole numbers may be either classes or amounts."""
    filled = [side.target for side in both if side.target.notna().any()]
    for target in filled:
        if family(target) not in ("numbers", *_CLASSES):
            raise BadInput(
                f"the target {wanted.target} holds {family(target)}: neither numbers nor classes"
            )
    target = filled[0] if filled else both.reference.target
    if family(target) == "numbers" and _are_amounts(wanted, both, target):
        return "regression"
    declared = len(wanted.probabilities) if isinstance(wanted.probabilities, Mapping) else 0
    return "binary" if max(target.nunique(), declared) <= 2 else "multiclass"


def _are_amounts(wanted: Wanted, both: Both[Columns], target: Series) -> bool:
    import numpy as np

    values = _there(target)
    whole = _are_whole(values)
    if wanted.probabilities is not None:
        if not whole:
            raise BadInput(
                f"the target {wanted.target} holds fractions, and fractions have no probabilities",
                "name the column with the classes as target, or leave the probabilities out",
            )
        return False
    few = len(np.unique(values))
    if not whole or few > _FEW:
        return True
    predicted = both.reference.prediction
    if predicted is None or family(predicted) != "numbers":
        return False
    said = _there(predicted)
    if _are_whole(said):
        return False
    if few <= 2 and bool(((said >= 0) & (said <= 1)).all()):
        raise BadInput(
            f"{wanted.prediction} holds numbers between 0 and 1, the target {wanted.target} "
            "two classes",
            f"if it is the probability of the second, say so: --probability {wanted.prediction} "
            f"(in Python: probability={wanted.prediction!r})",
        )
    return True


def _there(column: Series) -> NDArray[Any]:
    """Return the numbers of a column, whatever holds them: categories may be numbers too."""
    return column.dropna().to_numpy(dtype="float64")


def _are_whole(values: NDArray[Any]) -> bool:
    import numpy as np

    return bool((np.isfinite(values) & (np.trunc(values) == values)).all())


def _numbers(wanted: Wanted, side: Columns) -> Rows:
    import numpy as np

    if side.prediction is None:
        raise BadInput("a regression needs a column with the predictions", "name it as prediction")
    truth = _floats(wanted.target, side.target)
    predicted = _floats(str(wanted.prediction), side.prediction)
    kept = np.isfinite(predicted)
    truth, predicted = truth[kept], predicted[kept]
    return Rows(kept, np.isfinite(truth), truth, predicted)


def _floats(name: str, column: Series) -> NDArray[Any]:
    import numpy as np

    if column.notna().any() and family(column) not in ("numbers", "true or false"):
        raise BadInput(
            f"{name} holds {family(column)}, where a regression has numbers",
            "name a column of numbers",
        )
    return column.to_numpy(dtype="float64", na_value=np.nan)


def _classification(wanted: Wanted, task: Task, both: Both[Columns]) -> Problem:
    targets = [side.target for side in both]
    predictions = [side.prediction for side in both if side.prediction is not None]
    booleans = classes.are_booleans([*targets, *predictions])
    met = classes.names_in(targets, booleans=booleans)
    named = classes_named(wanted, met, booleans=booleans)
    known = _known(both, named, booleans=booleans)
    if task == "binary" and len(known) > 2:
        raise BadInput(
            f"the target {wanted.target} has {len(known)} classes, not two",
            "leave the task out, or say task='multiclass'",
        )
    found = classes.names_in([*targets, *predictions], booleans=booleans)
    names = [*known, *(name for name in found if name not in known)]
    rows = Both(
        *(
            _classified(wanted, side, names, known, where, named=named, booleans=booleans)
            for side, where in zip(both, SIDES, strict=True)
        )
    )
    if wanted.prediction is not None:
        _check_words(wanted, rows, names, met)
    return Problem(task, rows, names, len(known), named)


def _known(both: Both[Columns], named: list[str], *, booleans: bool) -> list[str]:
    """Return the classes that the model can say: those of the reference, and those named."""
    known = {*classes.names_in([both.reference.target], booleans=booleans), *named}
    if len(known) < 2:
        said = [side.prediction for side in both if side.prediction is not None]
        known |= {*classes.names_in([*said, both.current.target], booleans=booleans)}
    for words in ({"0", "1"}, {"False", "True"}):
        if known.issubset(words):  # the other class is known without having been met
            known = words
    return classes.in_order(known)


def _classified(
    wanted: Wanted,
    side: Columns,
    names: list[str],
    known: list[str],
    where: str,
    *,
    named: list[str],
    booleans: bool,
) -> Rows:
    import numpy as np

    truth = classes.codes_of(side.target, names, booleans=booleans)
    chances = None
    if wanted.probabilities is not None:
        chances = matrix_of(wanted, side.probabilities, known, named, where)
    if side.prediction is not None:
        predicted = classes.codes_of(side.prediction, names, booleans=booleans)
    elif chances is not None:
        predicted = _most_likely(chances)
    else:
        raise BadInput("neither predictions nor probabilities are named", "name one as prediction")
    kept = predicted >= 0
    if chances is not None:
        kept &= ~np.isnan(chances).any(axis=1)
        chances = chances[kept]
    return Rows(kept, truth[kept] >= 0, truth[kept], predicted[kept], chances)


def _most_likely(chances: NDArray[Any]) -> NDArray[Any]:
    """Return the likeliest class of each row, the second of two at one half, -1 where missing."""
    import numpy as np

    missing = np.isnan(chances).any(axis=1)
    if chances.shape[1] == 2:
        likeliest = (chances[:, 1] >= 0.5).astype("int64")
    else:
        likeliest = np.argmax(np.nan_to_num(chances), axis=1)
    return np.where(missing, -1, likeliest)


def _check_words(wanted: Wanted, rows: Both[Rows], names: list[str], true: list[str]) -> None:
    """Refuse predictions in other words than the target's: all of them would be wrong."""
    said = {names[code] for code in set(rows.reference.predicted.tolist())}
    if not said or not true or said & set(true):
        return
    if any({*said, *true} <= words for words in ({"0", "1"}, {"False", "True"})):
        return
    raise BadInput(
        f"{wanted.prediction} says {_some(said)} where the target {wanted.target} has "
        f"{_some(set(true))}: no prediction of the reference is one of its classes",
        "give both in the same words",
    )


def _some(names: set[str]) -> str:
    listed = sorted(names)
    return ", ".join(repr(name[:40]) for name in listed[:3]) + ("…" if len(listed) > 3 else "")
