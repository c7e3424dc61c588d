"""A bound on what MLflow computes on the training data inside each ``fit``.

It predicts all of it three times. A lazy learner (nearest neighbours, Gaussian processes) takes
many times as long for that as for its fit, so the first rows are timed before.
"""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_SAMPLE_ROWS = 200
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
        expected = _expected_seconds(estimator, X)
        if expected <= budget_s:
            return original(*args, estimator=estimator, X=X, **kwargs)
        left_out(f"training metrics: predicting the training data would take {expected:.0f} s")
        return {}

    setattr(utils, _NAME, bounded)
    return lambda: setattr(utils, _NAME, original)


def _expected_seconds(estimator: Any, features: Any) -> float:
    """Predict the first rows, and reckon for all."""
    shape = getattr(features, "shape", None)
    rows = int(shape[0]) if shape else 0
    if rows <= _SAMPLE_ROWS or not hasattr(estimator, "predict"):
        return 0.0
    head = features.iloc[:_SAMPLE_ROWS] if hasattr(features, "iloc") else features[:_SAMPLE_ROWS]
    begun = time.perf_counter()
    try:
        estimator.predict(head)
    except Exception:  # noqa: BLE001 - whatever it is, MLflow meets it too, and says so
        return 0.0
    return (time.perf_counter() - begun) * _PREDICTIONS * rows / _SAMPLE_ROWS
