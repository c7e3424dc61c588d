"""Parts of predictions: `predict_proba(X)[:, 1]` is what most scores of two classes are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def followed() -> Callable[[], None]:
    """Have MLflow know a view of a prediction for the prediction.

    It knows predictions by their identity, so that of ``roc_auc_score(y, proba[:, 1])`` in a
    later cell nothing would be logged.

    Returns
    -------
    callable
        Leaves it to MLflow again.
    """
    import mlflow.sklearn

    name = "get_info_for_metric_api_call"
    manager = getattr(mlflow.sklearn, "_AUTOLOGGING_METRICS_MANAGER", None)
    original = getattr(manager, name, None)
    if original is None:
        return lambda: None

    def info(given: Sequence[Any], named: Mapping[str, Any]) -> Any:
        found = original(given, named)
        if found[0] is not None:
            return found
        return original([_whole(part) for part in (*given, *named.values())], {})

    setattr(manager, name, info)
    return lambda: delattr(manager, name)


def _whole(value: Any) -> Any:
    """Return the array that a view looks at; anything else as it is."""
    import numpy as np

    whole = value.base if isinstance(value, np.ndarray) else None
    return whole if isinstance(whole, np.ndarray) else value
