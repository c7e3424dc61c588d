"""What a fitted model builds on, by input column.

========================  ===================================================================
model                     importance of a feature
========================  ===================================================================
trees of scikit-learn     ``feature_importances_``: how much splits on it lower the impurity
                          (Breiman et al., Classification and Regression Trees, 1984)
XGBoost, LightGBM         the gain of all splits on it (XGBoost's ``total_gain``; its own
                          default, the mean of a split, does not add up)
linear                    the coefficient's size times the feature's standard deviation, over
                          at most 1,000 rows of the training data, evenly spaced
others                    not known
========================  ===================================================================

The features that were made of one column are added up, and all divided by their sum. What shares
a column's information (a correlated one) takes from its share, by any of these.
"""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.capture import objects
from mlops_jupyter.tracking.capture.column_sources import Untraceable, traced

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from mlflow import MlflowClient
    from numpy.typing import NDArray

    from mlops_jupyter.workspace import Workspace

# What a run has where not all columns fit into its tag.
FILE = "importance.json"
_TAG = 4500  # characters; a store takes 5,000

_ROWS = 1000
_FIRST = 20
_BUDGET_S = 0.05
# Nodes of a forest, which scikit-learn walks through for its importances: 0.1 s at most.
_NODES = 5_000_000


@dataclass(frozen=True)
class Importances:
    """What a model builds on.

    Attributes
    ----------
    method : str
        How it was told.
    shares : dict
        Input column -> share, the greatest first; empty where it is not known.
    why_not : str
        Why it is not.
    """

    method: str = ""
    shares: dict[str, float] = field(default_factory=dict)
    why_not: str = ""


def importances_of(model: Any, features: Any = None) -> Importances:
    """Return what a fitted model builds on; it is asked, never fitted or changed.

    Parameters
    ----------
    model : object
        A fitted estimator of scikit-learn's, XGBoost's or LightGBM's, a pipeline or search of
        such, or a booster.
    features : array-like, shape (n_samples, n_features), optional
        What it was fitted on, or data like that: gives columns their names, and scales the
        coefficients of linear models.

    Examples
    --------
    >>> sorted(importances_of(model.fit(X, y)).shares)
    ['humid', 'temp']
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _importances_of(model, features)
    except Untraceable as reason:
        return Importances(why_not=str(reason))


def _importances_of(model: Any, features: Any) -> Importances:
    model = _found_by_search(model)
    steps, last = _unfolded(model)
    names = _names(model, features)
    method, sizes = _by_feature(last, steps, features)
    if names is None:
        width = getattr(model, "n_features_in_", len(sizes) if not steps else None)
        if width is None:
            raise Untraceable("the columns that the model takes have no names")
        names = [f"x{place}" for place in range(int(width))]
    sources: list[str] = list(names)
    for step in steps:
        sources = traced(step, sources)
    if len(sources) != len(sizes):
        raise Untraceable(
            f"the model has {len(sizes):,} features, and {len(sources):,} were followed"
        )
    return Importances(method, _shares(sources, sizes, names))


def _found_by_search(model: Any) -> Any:
    """Return what a search has fitted on all data, or what is fitted to a transformed target."""
    for _ in range(5):
        if hasattr(model, "best_estimator_"):
            model = model.best_estimator_
        elif type(model).__name__ == "TransformedTargetRegressor" and hasattr(model, "regressor_"):
            model = model.regressor_
        elif type(model).__name__.endswith("SearchCV"):
            raise Untraceable("the search has kept no model (refit=False)")
        else:
            break
    return model


def _unfolded(model: Any) -> tuple[list[Any], Any]:
    """Return the steps before the model itself, and that."""
    steps: list[Any] = []
    while type(model).__name__ == "Pipeline" and getattr(model, "steps", None):
        steps += [step for _, step in model.steps[:-1]]
        model = _found_by_search(model.steps[-1][1])
    return steps, model


def _names(model: Any, features: Any) -> list[str] | None:
    columns = getattr(features, "columns", None)
    if columns is not None:
        width = getattr(model, "n_features_in_", len(columns))
        if len(columns) == width:
            return [str(name) for name in columns]
    kept = getattr(getattr(features, "input_example_info", None), "input_example", None)
    if kept is not None and hasattr(
        kept, "columns"
    ):  # MLflow's head of XGBoost's and LightGBM's own kinds of data
        return [str(name) for name in kept.columns]
    for attribute in ("feature_names_in_", "feature_names", "feature_name_", "feature_name"):
        found = getattr(model, attribute, None)
        found = found() if callable(found) else found
        if found is not None and len(found):
            return [str(name) for name in found]
    return None


def _by_feature(model: Any, steps: Sequence[Any], features: Any) -> tuple[str, NDArray[np.float64]]:
    import numpy as np

    package = next(
        (
            name
            for kind in type(model).__mro__
            if (name := kind.__module__.partition(".")[0]) in ("xgboost", "lightgbm")
        ),
        "",
    )
    if package == "xgboost" and getattr(model, "booster", None) != "gblinear":
        return "gain", _gain_of_xgboost(model)
    if package == "lightgbm":
        booster = getattr(model, "booster_", model)
        return "gain", np.asarray(booster.feature_importance("gain"), dtype=float)
    _refuse_what_takes_long(model)
    sizes = getattr(model, "feature_importances_", None)
    if sizes is not None:
        return "feature_importances_", np.asarray(sizes, dtype=float)
    found = getattr(model, "coef_", None)
    if found is None:
        raise Untraceable(f"{type(model).__name__} does not say what it builds on")
    dense = found.toarray() if hasattr(found, "toarray") else np.asarray(found, dtype=float)
    coefficients = np.abs(dense).reshape(-1, dense.shape[-1]).sum(axis=0)
    return "coefficients", coefficients * _deviations(steps, features, len(coefficients))


def _gain_of_xgboost(model: Any) -> NDArray[np.float64]:
    import numpy as np

    booster = model.get_booster() if hasattr(model, "get_booster") else model
    width = booster.num_features()
    names = booster.feature_names or [f"f{place}" for place in range(width)]
    found = booster.get_score(importance_type="total_gain")
    return np.array([float(found.get(name, 0.0)) for name in names])


def _refuse_what_takes_long(model: Any) -> None:
    trees = getattr(model, "estimators_", None)
    if trees is None or not hasattr(trees, "__len__") or not len(trees):
        return
    listed = trees.ravel() if hasattr(trees, "ravel") else trees
    sizes = [getattr(getattr(tree, "tree_", None), "node_count", 0) for tree in listed]
    if sum(sizes) > _NODES:
        raise Untraceable(f"its {len(listed):,} trees have {sum(sizes):,} nodes: not looked at")


def _deviations(steps: Sequence[Any], features: Any, width: int) -> NDArray[np.float64]:
    """Return the standard deviation of each feature, as the model itself is given it."""
    import numpy as np

    if features is None or not hasattr(features, "shape"):
        if steps and type(steps[-1]).__name__ == "StandardScaler":
            return np.ones(width)
        raise Untraceable("coefficients say little without data that gives their scale")
    # The first rows are timed before: a step may be slow.
    begun = time.perf_counter()
    made = _transformed(steps, _some(features, _FIRST))
    took = time.perf_counter() - begun
    if took * min(_ROWS, features.shape[0]) / _FIRST > _BUDGET_S:
        rows = max(_FIRST, int(_FIRST * _BUDGET_S / took))
    else:
        rows = _ROWS
    if rows > _FIRST:
        made = _transformed(steps, _some(features, rows))
    dense = made.toarray() if hasattr(made, "toarray") else made
    values = np.asarray(dense, dtype=float)
    if values.ndim != 2 or values.shape[1] != width:
        raise Untraceable("the features that the model is given could not be followed")
    found: NDArray[np.float64] = np.nanstd(values, axis=0)
    return found


def _transformed(steps: Sequence[Any], rows: Any) -> Any:
    for step in steps:
        if step is not None and step != "passthrough":
            rows = step.transform(rows)
    return rows


def _some(features: Any, rows: int) -> Any:
    """Return rows in equal distances: the first ones of a sorted table tell little."""
    step = max(1, -(-features.shape[0] // rows))
    return features.iloc[::step] if hasattr(features, "iloc") else features[::step]


def _shares(
    sources: Sequence[str], sizes: NDArray[np.float64], names: Sequence[str]
) -> dict[str, float]:
    import numpy as np

    sums = dict.fromkeys(names, 0.0)
    for source, size in zip(sources, np.nan_to_num(np.abs(sizes)), strict=True):
        sums[source] += float(size)
    total = sum(sums.values())
    if not total or not np.isfinite(total):
        raise Untraceable("the model builds on no column: it is constant")
    ranked = sorted(sums, key=lambda name: -sums[name])
    return {name: sums[name] / total for name in ranked}


def log(client: MlflowClient, run_id: str, workspace: Workspace, model: Any, features: Any) -> None:
    """Record with a run what its model builds on: a tag, and a file where there is more."""
    found = importances_of(model, features)
    shares = {name: float(f"{share:.6g}") for name, share in found.shares.items()}
    known = {"method": found.method, "columns": len(shares), "shares": shares}
    if not shares:
        known = {"why_not": found.why_not[:500]}
    text = tags.as_tag(known)
    if len(text) > _TAG:
        uri = client.get_run(run_id).info.artifact_uri
        objects.store(workspace, client, run_id, uri, {FILE: text.encode("utf-8", "replace")})
        text = tags.as_tag(known | {"shares": _first(shares)})
    client.set_tag(run_id, tags.IMPORTANCE, text)


def _first(shares: dict[str, float]) -> dict[str, float]:
    """Return as many of the greatest as a tag holds."""
    kept, size = {}, 200
    for name, share in shares.items():
        size += len(tags.as_tag({name: share}))
        if size > _TAG:
            break
        kept[name] = share
    return kept
