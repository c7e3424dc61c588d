"""What was true, what was predicted, and how sure the model was: row by row, as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlops_jupyter.drift.pairs import Both

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mlops_jupyter.drift.performance_record import Task

    Numbers = NDArray[np.float64]
    Codes = NDArray[np.int64]
    Mask = NDArray[np.bool_]

# A column for the greater of two classes, or one for each class.
Probabilities = str | Mapping[object, str]


@dataclass(frozen=True)
class Wanted:
    """What is to be judged.

    Attributes
    ----------
    target : str
        The column with what was true.
    prediction : str or None
        The column with what was predicted.
    probabilities : str or mapping of class to str, or None
        The columns with the probabilities of classes.
    task : str or None
        The task, where it is not to be told by the target's values.
    """

    target: str
    prediction: str | None = None
    probabilities: Probabilities | None = None
    task: Task | None = None

    @property
    def probability_columns(self) -> list[str]:
        """The columns with probabilities."""
        if self.probabilities is None:
            return []
        if isinstance(self.probabilities, str):
            return [self.probabilities]
        return list(self.probabilities.values())


@dataclass(frozen=True)
class Rows:
    """The rows of one side that have a prediction.

    Attributes
    ----------
    kept : numpy.ndarray, shape (rows of the frame,)
        Which rows of the frame these are.
    labelled : numpy.ndarray, shape (rows,)
        Which of these have a label.
    truth, predicted : numpy.ndarray, shape (rows,)
        Numbers, or places in `Problem.classes`; of no meaning where there is no label.
    probabilities : numpy.ndarray, shape (rows, known classes), or None
        Of each class that has one.
    """

    kept: Mask
    labelled: Mask
    truth: Numbers | Codes
    predicted: Numbers | Codes
    probabilities: Numbers | None = None

    @property
    def chances(self) -> Numbers:
        """The probabilities, asked for only where there are some."""
        if self.probabilities is None:
            raise AssertionError
        return self.probabilities

    @property
    def with_labels(self) -> Rows:
        """The labelled ones."""
        chosen = self.labelled
        kept = self.kept.copy()
        kept[self.kept] = chosen
        return Rows(
            kept,
            chosen[chosen],
            self.truth[chosen],
            self.predicted[chosen],
            None if self.probabilities is None else self.probabilities[chosen],
        )


@dataclass(frozen=True)
class Problem:
    """What a model solves, and how it did on both sides.

    Attributes
    ----------
    task : str
        ``regression``, ``binary`` or ``multiclass``.
    rows : Both of Rows
        Either side.
    classes : list of str
        The names of classes; those without a probability last.
    known : int
        How many of them have a probability.
    named : list of str
        Those that columns of probabilities are named for.
    """

    task: Task
    rows: Both[Rows]
    classes: list[str] = field(default_factory=list)
    known: int = 0
    named: list[str] = field(default_factory=list)
