"""Logging a model that was just trained."""

from __future__ import annotations

import functools
import importlib.metadata
from typing import TYPE_CHECKING, Any

from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.store.opening import quiet_logs

if TYPE_CHECKING:
    from mlops_jupyter.workspace import Workspace

_EXAMPLE_ROWS = 5
# Modules whose packages are required anyway; looking up the others takes half a second, once.
_COVERED = {"sklearn", "builtins", "numpy", "scipy", "pandas"}
_NOISY = ("mlflow.sklearn", "mlflow.models", "mlflow.utils", "mlflow.types")


def log_model(workspace: Workspace, estimator: Any, features: Any, *, remote: bool) -> str:
    """Log a fitted scikit-learn estimator to the active run; return its URI.

    It is serialised before this returns, so what is stored is what was trained. Requirements come
    from package metadata: MLflow would import the model in a new process to infer them, which
    takes seconds.

    Parameters
    ----------
    workspace : Workspace
        Its ``[privacy]`` decides on the input example.
    estimator : object
        The fitted estimator.
    features : array-like, shape (n_samples, n_features)
        What it was fitted on; the first five rows give the signature.
    remote : bool
        Whether the store is on a server.
    """
    from mlflow.models import Model, infer_signature

    signature = example = None
    with quiet_logs(*_NOISY):  # advice about formats
        head = _head(features)
        if head is not None and hasattr(estimator, "predict"):
            signature = infer_signature(head, estimator.predict(head))
            if workspace.settings.privacy.input_examples == "always" or (
                workspace.settings.privacy.input_examples == "local" and not remote
            ):
                example = head
        # cloudpickle as MLflow's own autologging has it: skops is slower by half, and its list of
        # trusted types travels inside the model, so that it is no safer to load.
        info = Model.log(
            artifact_path=None,
            name="model",
            flavor=_SklearnFlavor,
            flavor_name="mlflow.sklearn",
            sk_model=estimator,
            serialization_format="cloudpickle",
            signature=signature,
            input_example=example,
            pip_requirements=requirements(estimator),
            tags={tags.MODEL: type(estimator).__name__},
            validate_serving_input=False,
        )
    return str(info.model_uri)


class _SklearnFlavor:
    """``mlflow.sklearn``, for a model that this process has just called ``predict`` on.

    ``mlflow.sklearn.log_model`` has no word for `validate_serving_input`, and so would load the
    model again and let it predict the example a second time while the cell waits.
    """

    @staticmethod
    def save_model(*, validate_serving_input: bool, **kwargs: Any) -> None:
        """Save as ``mlflow.sklearn`` does."""
        import mlflow.sklearn

        assert not validate_serving_input  # noqa: S101 - read by Model.log itself
        mlflow.sklearn.save_model(**kwargs)


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


def _head(features: Any) -> Any:
    """Return a copy of the first rows; None where the features cannot be cut that way."""
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


@functools.cache
def _distributions() -> dict[str, list[str]]:
    return dict(importlib.metadata.packages_distributions())


@functools.cache
def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
