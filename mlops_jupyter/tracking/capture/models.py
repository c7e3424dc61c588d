"""Storing a model that was just trained."""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
from typing import TYPE_CHECKING, Any, NamedTuple

from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.store.opening import quiet_logs

if TYPE_CHECKING:
    from mlops_jupyter.workspace import Workspace

_EXAMPLE_ROWS = 5
# Modules whose packages are required anyway; looking up the others takes half a second, once.
_COVERED = {"sklearn", "builtins", "numpy", "scipy", "pandas"}
_NOISY = (
    "mlflow.sklearn", "mlflow.xgboost", "mlflow.lightgbm",
    "mlflow.models", "mlflow.utils", "mlflow.types",
)  # fmt: skip


def flavor_of(model: Any) -> str | None:
    """Return the MLflow flavor that stores a model; None where MLflow's own logging has to.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> flavor_of(DecisionTreeClassifier())
    'sklearn'
    """
    packages = [kind.__module__.partition(".")[0] for kind in type(model).__mro__]
    # XGBoost's and LightGBM's estimators are scikit-learn's too: the first that fits.
    return next((name for name in packages if name in _FLAVORS), None)


def example_of(features: Any) -> Any:
    """Return a copy of the first rows; None where the features cannot be cut that way."""
    # MLflow's autologging has kept the head of XGBoost's and LightGBM's own kinds of data.
    kept = getattr(features, "input_example_info", None)
    if kept is not None:
        return kept.input_example
    try:
        rows = (
            features.iloc[:_EXAMPLE_ROWS] if hasattr(features, "iloc") else features[:_EXAMPLE_ROWS]
        )
    except (TypeError, IndexError, KeyError):
        return None
    if isinstance(rows, (list, tuple)):
        import numpy as np

        return np.asarray(rows)
    return rows.copy() if hasattr(rows, "copy") else rows


def log_model(workspace: Workspace, model: Any, features: Any, *, remote: bool) -> str:
    """Log a fitted model to the active run; return its id.

    It is serialised before this returns, so what is stored is what was trained. Requirements come
    from package metadata: MLflow would import the model in a new process to infer them, which
    takes seconds.

    Parameters
    ----------
    workspace : Workspace
        Its ``[privacy]`` decides on the input example.
    model : object
        What was fitted; `flavor_of` knows how to store it.
    features : array-like, shape (n_samples, n_features)
        What it was fitted on; the first five rows give the signature.
    remote : bool
        Whether the store is on a server.
    """
    from mlflow.models import Model

    flavor = flavor_of(model)
    assert flavor is not None  # noqa: S101 - whoever calls has asked
    with quiet_logs(*_NOISY):  # advice about formats
        signature, example = _signature(model, features, flavor)
        allowed = workspace.settings.privacy.input_examples
        info = Model.log(
            artifact_path=None,
            name="model",
            flavor=_Unchecked,
            flavor_name=f"mlflow.{flavor}",
            saved_as=_FLAVORS[flavor],
            model=model,
            signature=signature,
            input_example=(
                example if allowed == "always" or (allowed == "local" and not remote) else None
            ),
            pip_requirements=requirements(model),
            tags={tags.MODEL: type(model).__name__},
            validate_serving_input=False,
        )
    return str(info.model_id)


def _signature(model: Any, features: Any, flavor: str) -> tuple[Any, Any]:
    """Return the signature and the rows it comes from; both None where there is no telling."""
    from mlflow.models import infer_signature

    head = example_of(features)
    if head is None or not hasattr(model, "predict"):
        return None, head
    given = head
    if flavor == "xgboost" and type(model).__name__ == "Booster":
        import xgboost

        given = xgboost.DMatrix(head)
    return infer_signature(head, model.predict(given)), head


class _Saved(NamedTuple):
    """How a flavor of MLflow saves: its module, the name of its argument, further ones."""

    module: str
    argument: str
    options: dict[str, Any]


# cloudpickle as MLflow's own autologging has it: skops is slower by half, and its list of
# trusted types travels inside the model, so that it is no safer to load.
_FLAVORS = {
    "sklearn": _Saved("mlflow.sklearn", "sk_model", {"serialization_format": "cloudpickle"}),
    "xgboost": _Saved("mlflow.xgboost", "xgb_model", {}),
    "lightgbm": _Saved("mlflow.lightgbm", "lgb_model", {"serialization_format": "cloudpickle"}),
}


class _Unchecked:
    """A flavor's ``save_model``, for a model that this process has just called ``predict`` on.

    The flavors' own ``log_model`` have no word for `validate_serving_input`, and so would load
    the model again and let it predict the example a second time while the cell waits.
    """

    @staticmethod
    def save_model(
        *, saved_as: _Saved, model: Any, validate_serving_input: bool, **kwargs: Any
    ) -> None:
        """Save as the flavor does."""
        assert not validate_serving_input  # noqa: S101 - read by Model.log itself
        save = importlib.import_module(saved_as.module).save_model
        save(**{saved_as.argument: model}, **saved_as.options, **kwargs)


def requirements(estimator: Any) -> list[str]:
    """Return pinned requirements: the packages of the estimator's parts, and what loads it."""
    packages = {"scikit-learn", "cloudpickle", "numpy", "scipy", "pandas"}
    modules = {type(part).__module__.partition(".")[0] for part in _parts(estimator)}
    if others := modules - _COVERED:
        by_module = _distributions()
        for module in others:
            packages.update(by_module.get(module, ()))
    return [f"{name}=={v}" for name in sorted(packages) if (v := _version(name))]


def _parts(estimator: Any) -> list[Any]:
    """Return the estimator and every object among its parameters."""
    params = estimator.get_params(deep=True) if hasattr(estimator, "get_params") else {}
    return [estimator, *params.values()]


@functools.cache
def _distributions() -> dict[str, list[str]]:
    return dict(importlib.metadata.packages_distributions())


@functools.cache
def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
