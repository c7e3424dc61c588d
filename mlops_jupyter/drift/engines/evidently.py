"""The engine `evidently`: Evidently's default method and threshold for each column.

`DataDriftPreset` computes each column's drift three times, with plots. Here the same parts are
called once per column: Evidently's choice of type, its choice of method, and the method itself.
A test holds the scores and verdicts to those of the preset.
"""

from __future__ import annotations

import contextlib
import math
import warnings
from typing import TYPE_CHECKING, Any

from mlops_jupyter.drift.engines.verdicts import Choice, Verdict, not_compared

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

    from mlops_jupyter.drift.pairs import Pair
    from mlops_jupyter.drift.report import ColumnType, Finding

_TYPES: dict[str, ColumnType] = {"num": "numeric", "cat": "categorical", "text": "text"}
# The methods of Evidently that give a p-value, by its short names. Its registry does not say so.
P_VALUES = frozenset(
    {
        *("anderson", "chisquare", "cramer_von_mises", "empirical_mmd", "es", "fisher_exact"),
        *("g_test", "ks", "mannw", "t_test", "TVD", "z"),
    }
)
_PASSED_OVER = {"datetime": "dates", "list": "lists", "unknown": "values of this type"}


def version() -> str:
    """Return the engine's name and version."""
    import importlib.metadata

    return f"Evidently {importlib.metadata.version('evidently')}"


def methods() -> dict[str, tuple[ColumnType, ...]]:
    """Return the methods that Evidently knows by name, and the types of column each is for."""
    with _quiet():
        from evidently.legacy.calculations.stattests import registry

        known = registry._registered_stat_tests  # noqa: SLF001 - nothing public lists them
        return {
            name: tuple(_TYPES[kind.value] for kind in kinds if kind.value in _TYPES)
            for name, kinds in known.items()
        }


def compare(
    pair: Pair, choice: Choice | None = None, type_: ColumnType | None = None
) -> Verdict | Finding:
    """Return Evidently's verdict on one column, or why there is none.

    Parameters
    ----------
    pair : Pair
        The column on both sides.
    choice : Choice, optional
        Method and threshold, where they are not Evidently's defaults.
    type_ : str, optional
        What the column is taken for, where its values are a sample.
    """
    choice = choice or Choice()
    reference, current = pair.series()
    with _quiet():
        # Both are what ValueDrift, the metric of DataDriftPreset, calls for each column.
        from evidently.core.datasets import infer_column_type
        from evidently.legacy.calculations.stattests import get_stattest

        try:
            # Evidently looks at the current side alone for the type.
            kind = infer_column_type(current) if type_ is None else _kind(type_)
            if kind.value not in _TYPES:
                return not_compared(
                    pair, f"Evidently has no method for {_PASSED_OVER.get(kind.value, kind.value)}"
                )
            test = get_stattest(reference, current, kind, choice.method)
            outcome = test(reference, current, kind, choice.threshold)
        except (ValueError, TypeError) as error:
            # A method that cannot work on these values says so only by raising.
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            return not_compared(pair, f"Evidently's method does not work on it ({reason})")
    return Verdict(
        column=pair.column,
        type=_TYPES[kind.value],
        method=test.display_name,
        score=float(outcome.drift_score) if math.isfinite(outcome.drift_score) else None,
        threshold=float(outcome.actual_threshold),
        drifted=bool(outcome.drifted),
        low_is_drift=test.name in P_VALUES,
    )


def _kind(type_: ColumnType) -> Any:
    """Return Evidently's word for a type."""
    from evidently.legacy.core import ColumnType as Kind

    return next(Kind(value) for value, ours in _TYPES.items() if ours == type_)


def save_report(reference: pd.DataFrame, current: pd.DataFrame, path: Path) -> None:
    """Write Evidently's own full report: some megabytes of HTML with plots and scripts.

    Parameters
    ----------
    reference, current : pandas.DataFrame
        Only columns that have a verdict.
    path : Path
        The file to write.
    """
    with _quiet():
        from evidently import Report
        from evidently.presets import DataDriftPreset

        Report([DataDriftPreset()]).run(current, reference).save_html(str(path))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep Evidently's warnings off the screen, and its seeds out of the kernel.

    Its text method calls ``numpy.random.seed``, which would change what the user draws next.
    """
    import numpy as np

    state = np.random.get_state()  # noqa: NPY002 - the global state is what Evidently touches
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        np.random.set_state(state)  # noqa: NPY002
