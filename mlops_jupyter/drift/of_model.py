"""What is asked of a model: what it builds on, which columns are its own, can it be judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mlops_jupyter.drift import importance, performance
from mlops_jupyter.drift.performance.problems import no_column
from mlops_jupyter.drift.report import Finding
from mlops_jupyter.errors import BadInput, NotFound, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops_jupyter.drift.importance import Importances
    from mlops_jupyter.drift.performance.rows import Probabilities
    from mlops_jupyter.drift.report import ColumnDrift
    from mlops_jupyter.workspace import Workspace


def weights(workspace: Workspace, model: str | None, reference: object) -> Importances | None:
    """Return what the model builds on that is named, or whose training data is the reference."""
    if model is not None:
        return importance.of(workspace, model)
    if isinstance(reference, str) and reference.startswith(("run:", "model:")):
        try:
            found = importance.of(workspace, reference)
        except (NotFound, UsageError):  # nobody asked for it: its data alone is meant
            return None
        return found if found.shares else None
    return None


def target_of(
    names: Sequence[str], target: str | None, weighing: Importances | None, *, asked: bool
) -> str | None:
    """Return the target: as named, as the model had it, or by its name where one is asked for."""
    if target is None and weighing is not None and weighing.target in names:
        return weighing.target
    return performance.assumed(names, target)[0] if asked else target


def label(weighing: Importances | None, columns: Sequence[ColumnDrift]) -> str | None:
    """Return the model that orders the columns, where it does."""
    if weighing is None or all(column.importance is None for column in columns):
        return None
    return weighing.label


def unjudged(
    names: Sequence[str],
    target: str | None,
    prediction: str | None,
    chances: Probabilities | None,
    segments: Sequence[str] | None,
) -> list[Finding]:
    """Say so where what is named of a model is not there, or is too little for its error."""
    for column in (target, prediction, *(segments or ())):
        if column is not None and column not in names:
            raise no_column(column, names, "reference or current")
    known, said = performance.assumed(names, target, prediction)
    if segments and (known is None or not (said or chances)):
        raise BadInput(
            "segments are of a model's error, and there is no target or no prediction",
            "name them: --target COLUMN --prediction COLUMN",
        )
    if (prediction or chances) and known is None:
        message = "no column says what was true (--target): whether the model is still good is open"
        return [Finding(kind="no_labels", message=message)]
    return []


def probabilities(
    given: str | Sequence[str] | Mapping[object, str],
) -> Probabilities | None:
    """Return the columns with probabilities, as typed or as given in Python."""
    if isinstance(given, str):
        return performance.parse_probabilities([given])
    if isinstance(given, Mapping):
        return given
    return performance.parse_probabilities(given)


def told(
    columns: Sequence[ColumnDrift],
    named: tuple[str | None, str | None, Probabilities | None],
    weights: Importances | None,
) -> tuple[list[ColumnDrift], list[Finding]]:
    """Give columns their role and their importance."""
    known = performance.roles([column.column for column in columns], *named)
    found = [column.model_copy(update={"role": known.get(column.column)}) for column in columns]
    if weights is None:
        return found, []
    found, notes = importance.weighed(weights, found)
    return found, [Finding(kind="no_importance", message=note) for note in notes]
