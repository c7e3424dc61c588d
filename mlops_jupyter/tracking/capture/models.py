"""Storing a model that was just trained."""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.metadata
import pickle
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.store.opening import quiet_logs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlflow import MlflowClient

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


def log_model(
    client: MlflowClient,
    run_id: str,
    workspace: Workspace,
    model: Any,
    features: Any,
    *,
    remote: bool,
) -> str:
    """Store a fitted model with a run; return its id.

    It is serialised before this returns, so what is stored is what was trained. Requirements come
    from package metadata: MLflow would import the model in a new process to infer them, which
    takes seconds. The steps are those of ``mlflow.models.Model.log``, which would also load the
    model again to let it predict its example, and ask for the history of each metric.

    Parameters
    ----------
    client : MlflowClient
        Of the run's store.
    run_id : str
        The run that trained it.
    workspace : Workspace
        Its ``[privacy]`` decides on the input example.
    model : object
        What was fitted; `flavor_of` knows how to store it.
    features : array-like, shape (n_samples, n_features)
        What it was fitted on; the first five rows give the signature.
    remote : bool
        Whether the store is on a server.

    Raises
    ------
    TypeError
        It cannot be saved, such as one that holds a lock.
    """
    from mlflow.entities import LoggedModelOutput, LoggedModelStatus
    from mlflow.exceptions import MlflowException

    run = client.get_run(run_id)
    logged = client.create_logged_model(
        run.info.experiment_id,
        "model",
        run_id,
        tags={tags.MODEL: type(model).__name__},
        params=run.data.params,
    )
    status = LoggedModelStatus.FAILED
    try:
        with tempfile.TemporaryDirectory() as folder, quiet_logs(*_NOISY), _requirements_trusted():
            saved = Path(folder) / "model"
            try:
                _save(saved, logged, workspace, model, features, remote=remote)
            except (MlflowException, pickle.PicklingError) as error:  # no word of the store yet
                raise TypeError(f"it cannot be saved: {error}") from error
            client.log_model_artifacts(logged.model_id, str(saved))
        status = LoggedModelStatus.READY
    finally:
        client.finalize_logged_model(logged.model_id, status)
    client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, 0)])
    _last_logged(logged.model_id)
    return str(logged.model_id)


def _save(
    folder: Path, logged: Any, workspace: Workspace, model: Any, features: Any, *, remote: bool
) -> None:
    from mlflow.models import Model

    flavor = flavor_of(model)
    assert flavor is not None  # noqa: S101 - whoever calls has asked
    signature, example = _signature(model, features, flavor)
    allowed = workspace.settings.privacy.input_examples
    as_saved = _FLAVORS[flavor]
    importlib.import_module(as_saved.module).save_model(
        **{as_saved.argument: model},
        **as_saved.options,
        path=str(folder),
        mlflow_model=Model(
            artifact_path=logged.artifact_location,
            model_uuid=logged.model_id,
            run_id=logged.source_run_id,
            model_id=logged.model_id,
        ),
        signature=signature,
        input_example=(
            example if allowed == "always" or (allowed == "local" and not remote) else None
        ),
        pip_requirements=requirements(model),
    )


@contextlib.contextmanager
def _requirements_trusted() -> Iterator[None]:
    """Spare MLflow from looking up again what `requirements` has just looked up."""
    from mlflow.utils import environment

    name = "warn_dependency_requirement_mismatches"
    original = getattr(environment, name, None)
    if original is None:
        yield
        return
    setattr(environment, name, lambda *_args, **_kwargs: None)
    try:
        yield
    finally:
        setattr(environment, name, original)


def _last_logged(model_id: str) -> None:
    """Have ``mlflow.last_logged_model()`` mean this one, as after MLflow's own logging."""
    from mlflow.tracking import fluent

    last = getattr(fluent, "_last_logged_model_id", None)
    if last is not None:
        last.set(model_id)


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
