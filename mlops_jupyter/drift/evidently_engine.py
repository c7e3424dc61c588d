"""The engine `evidently`: Evidently's default method and threshold for each column.

`DataDriftPreset` computes each column's drift three times, with plots. Here the same parts are
called once per column: Evidently's choice of type, its choice of method, and the method itself.
A test holds the scores and verdicts to those of the preset.
"""

from __future__ import annotations

import contextlib
import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_jupyter.drift.report import ColumnType, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

    from mlops_jupyter.drift.columns import Pair

SHARE_THRESHOLD = 0.5  # the default of DataDriftPreset
_TYPES: dict[str, ColumnType] = {"num": "numeric", "cat": "categorical", "text": "text"}
_PASSED_OVER = {"datetime": "dates", "list": "lists", "unknown": "values of this type"}


@dataclass(frozen=True)
class Verdict:
    """What an engine says of one column; the fields are those of `ColumnDrift`."""

    column: str
    type: ColumnType
    method: str
    score: float | None
    threshold: float
    drifted: bool
    low_is_drift: bool


def version() -> str:
    """Return the engine's name and version."""
    import importlib.metadata

    return f"Evidently {importlib.metadata.version('evidently')}"


def compare(pair: Pair) -> Verdict | Finding:
    """Return Evidently's verdict on one column, or why there is none.

    Parameters
    ----------
    pair : Pair
        The column on both sides.
    """
    with _quiet():
        # Both are what ValueDrift, the metric of DataDriftPreset, calls for each column.
        from evidently.core.datasets import infer_column_type
        from evidently.legacy.calculations.stattests import get_stattest

        try:
            # Evidently looks at the current side alone for the type.
            kind = infer_column_type(pair.current)
            if kind.value not in _TYPES:
                return _not_compared(
                    pair, f"Evidently has no method for {_PASSED_OVER.get(kind.value, kind.value)}"
                )
            test = get_stattest(pair.reference, pair.current, kind, None)
            outcome = test(pair.reference, pair.current, kind, None)
        except (ValueError, TypeError) as error:
            # A method that cannot work on these values says so only by raising.
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            return _not_compared(pair, f"Evidently's method does not work on it ({reason})")
    return Verdict(
        column=pair.column,
        type=_TYPES[kind.value],
        method=test.display_name,
        score=float(outcome.drift_score) if math.isfinite(outcome.drift_score) else None,
        threshold=float(outcome.actual_threshold),
        drifted=bool(outcome.drifted),
        low_is_drift=test.display_name.endswith("p_value"),
    )


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


def _not_compared(pair: Pair, why: str) -> Finding:
    return Finding(
        kind="not_compared", column=pair.column, message=f"{pair.column} was not compared: {why}"
    )


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
