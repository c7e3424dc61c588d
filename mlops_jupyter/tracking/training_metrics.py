"""A bound on what MLflow computes on the training data inside each ``fit``.

It predicts all of it three times. A lazy learner (nearest neighbours, Gaussian processes) takes
many times as long for that as for its fit, so the first rows are timed before: more of them while
they are quick, since each call has a cost of its own, which in a forest outweighs that of the rows.
"""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_SAMPLE_ROWS = 200
_GROWTH = 5
_SHARE = 0.25  # of the budget, which a further sample may take
_PREDICTIONS = 3  # predict, predict_proba and score
_NAME = "_log_estimator_content"


def bound(budget_s: float, left_out: Callable[[str], None]) -> Callable[[], None]:
    """Have MLflow leave metrics of the training data out where they would take too long.

    Parameters
    ----------
    budget_s : float
        Seconds they may take.
    left_out : callable
        Is told, when they are left out.

    Returns
    -------
    callable
        Takes the bound away again. Where a later MLflow has no such function, there is none.
    """
    from mlflow.sklearn import utils

    original = getattr(utils, _NAME, None)
    if original is None:
        return lambda: None

    @functools.wraps(original)
    def bounded(*args: Any, estimator: Any, X: Any, **kwargs: Any) -> Any:  # noqa: N803 - MLflow's
        if _expected_seconds(estimator, X, budget_s) <= budget_s:
            return original(*args, estimator=estimator, X=X, **kwargs)
        # The same words for every fit, so that fifty in a cell are told once.
        left_out(
            f"training metrics: predicting the training data would take over "
            f"{budget_s:g} s (training_metrics_limit_s in mlops.toml)"
        )
        return {}

    setattr(utils, _NAME, bounded)
    return lambda: setattr(utils, _NAME, original)


def _expected_seconds(estimator: Any, features: Any, budget_s: float) -> float:
    """Predict the first rows, and reckon for all."""
    shape = getattr(features, "shape", None)
    rows = int(shape[0]) if shape else 0
    if rows <= _SAMPLE_ROWS or not hasattr(estimator, "predict"):
        return 0.0
    sample = _SAMPLE_ROWS
    while True:
        try:
            took = _seconds(estimator, features, sample)
        except Exception:  # noqa: BLE001 - whatever it is, MLflow meets it too, and says so
            return 0.0
        expected = took * _PREDICTIONS * rows / sample
        sample *= _GROWTH
        if expected <= budget_s or sample >= rows or took * _GROWTH > budget_s * _SHARE:
            return expected


def _seconds(estimator: Any, features: Any, rows: int) -> float:
    head = features.iloc[:rows] if hasattr(features, "iloc") else features[:rows]
    begun = time.perf_counter()
    estimator.predict(head)
    return time.perf_counter() - begun
