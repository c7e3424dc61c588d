"""MLflow's autologging, told apart into the moments a session needs.

MLflow brings parameters and metrics of every ``fit``, and of later cells on the model's
predictions. Its own model logging is off: it infers requirements by importing the model in a new
process, which takes seconds; `mlops_jupyter.tracking.capture.models` does that part.

This is the one place that touches MLflow's process-wide state.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from mlops_jupyter.tracking import predictions, thread_state, training_metrics
from mlops_jupyter.tracking.fits import TRAINERS, Events, is_nested

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlops_jupyter.tracking.fits import FitListener

# Of a search, so many of the best candidates become child runs; all are in its cv_results.csv.
_MAX_TUNING_RUNS = 20
# MLflow mirrors its process-wide choices into the environment; ours is for this session alone.
_MIRRORED = ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_NAME")


class Autolog:
    """Autologging for one session: `prepare`, `enable`, `disable`, and nothing left behind."""

    def __init__(
        self, listener: FitListener, tracking_uri: str, *, metrics_budget_s: float
    ) -> None:
        self._metrics_budget_s = metrics_budget_s
        self._tracking_uri = tracking_uri
        self._uri_as_set: str | None = None
        self._events = Events(listener)
        self._enabled: set[str] = set()
        self._undo: list[Callable[[], None]] = []

    @property
    def enabled(self) -> bool:
        """Whether it is on for any library."""
        return bool(self._undo)

    def enable(self, library: str, experiment_id: str) -> None:
        """Switch autologging on for one of `LIBRARIES`; MLflow is imported here."""
        if library in self._enabled:
            return
        self._enabled.add(library)
        if not self._undo:
            self._prepare(experiment_id)
        with self._as_ours():
            LIBRARIES[library](disable=False)
        self._undo.append(functools.partial(self._switch_off, library))
        for module, name in TRAINERS:
            if module == library:
                self._undo.append(self._events.watch_trainer(sys.modules[module], name))

    def disable(self) -> None:
        """Switch it off and put MLflow's state back as it was."""
        while self._undo:
            self._undo.pop()()
        self._enabled.clear()

    @property
    def chosen_by_user(self) -> str | None:
        """The store that the user has set by MLflow's own function meanwhile."""
        import mlflow

        uri = str(mlflow.get_tracking_uri())
        return None if uri == self._uri_as_set else uri

    def follow(self, uri: str, experiment_id: str) -> None:
        """Take the user's choice for ours."""
        import mlflow

        with _environment_kept():
            mlflow.set_experiment(experiment_id=experiment_id)
        self._uri_as_set = uri

    def forget_interrupted_fit(self) -> None:
        """Clear what a stop button may have left behind in the middle of a fit."""
        self._events.reset()

    def _prepare(self, experiment_id: str) -> None:
        import mlflow
        from mlflow.tracking import fluent
        from mlflow.utils.autologging_utils.events import AutologgingEventLogger

        uri_before = _set_before()
        experiment_before = getattr(fluent, "_active_experiment_id", None)
        with _environment_kept():
            mlflow.set_tracking_uri(self._tracking_uri)
            mlflow.set_experiment(experiment_id=experiment_id)
        self._uri_as_set = str(mlflow.get_tracking_uri())
        self._undo.append(lambda: _restore(uri_before, experiment_before))

        logger_before = AutologgingEventLogger.get_logger()
        AutologgingEventLogger.set_logger(self._events)
        self._undo.append(lambda: AutologgingEventLogger.set_logger(logger_before))
        self._undo += [
            _without_training_plots(),
            thread_state.per_thread(),
            _not_inside_scikit_learn(),
            _one_writer(),
            predictions.followed(),
            training_metrics.bound(self._metrics_budget_s, self._events.left_out),
        ]

    def _switch_off(self, library: str) -> None:
        with self._as_ours():
            LIBRARIES[library](disable=True)

    @contextlib.contextmanager
    def _as_ours(self) -> Iterator[None]:
        self._events.ours = True
        try:
            yield
        finally:
            self._events.ours = False


def _sklearn(*, disable: bool) -> None:
    import mlflow

    mlflow.sklearn.autolog(
        log_models=False,
        log_datasets=False,
        silent=True,
        disable=disable,
        max_tuning_runs=_MAX_TUNING_RUNS,
    )


def _xgboost(*, disable: bool) -> None:
    import mlflow.xgboost

    # No importance types: each would be a plot, drawn while the cell waits.
    mlflow.xgboost.autolog(
        importance_types=[], log_models=False, log_datasets=False, silent=True, disable=disable
    )


def _lightgbm(*, disable: bool) -> None:
    import mlflow.lightgbm

    mlflow.lightgbm.autolog(log_models=False, log_datasets=False, silent=True, disable=disable)


def _whole(flavor: str, *, disable: bool) -> None:
    """Have MLflow log models too, of libraries whose ``fit`` returns what it trained."""
    autolog = importlib.import_module(f"mlflow.{flavor}").autolog
    autolog(log_datasets=False, silent=True, disable=disable)


# Module whose import tells that a library will be used -> the library.
WATCHED = {
    "sklearn": "sklearn",
    "xgboost": "xgboost",
    "lightgbm": "lightgbm",
    "statsmodels.api": "statsmodels",
    "statsmodels.formula.api": "statsmodels",
    "keras": "keras",
    "lightning": "lightning",
    "pytorch_lightning": "pytorch_lightning",
}
# Library -> what switches its autologging. The first three are what
# `mlops_jupyter.tracking.capture.models` knows to store.
LIBRARIES: dict[str, Callable[..., None]] = {
    "sklearn": _sklearn,
    "xgboost": _xgboost,
    "lightgbm": _lightgbm,
    "statsmodels": functools.partial(_whole, "statsmodels"),
    "keras": functools.partial(_whole, "keras"),
    "lightning": functools.partial(_whole, "pytorch"),
    "pytorch_lightning": functools.partial(_whole, "pytorch"),
}


def _not_inside_scikit_learn() -> Callable[[], None]:
    """Have MLflow pass over what scikit-learn itself calls: folds, candidates, trees of a forest.

    They would be runs of their own, or not, depending on threads and on the order of imports.
    Neither does it log in a forked process, where `fit` would wait for ever: its threads, which
    write, did not come along.
    """
    from mlflow.utils import autologging_utils

    name = "autologging_is_disabled"  # looked up when a function is patched, asked at each call
    original = getattr(autologging_utils, name, None)
    if original is None:
        return lambda: None
    process = os.getpid()

    def is_disabled(integration: str) -> bool:
        return original(integration) or os.getpid() != process or is_nested()

    setattr(autologging_utils, name, is_disabled)
    return lambda: setattr(autologging_utils, name, original)


def _one_writer() -> Callable[[], None]:
    """Have MLflow write what it logs by one thread in place of eight.

    In SQLite they wait for one another anyway, and the first datasets and child runs of a search
    collided (``UNIQUE constraint failed``).
    """
    from mlflow.utils.autologging_utils import client

    name = "_AUTOLOGGING_QUEUEING_CLIENT_THREAD_POOL"
    before = getattr(client, name, None)
    if before is None:
        return lambda: None
    writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mlops-autolog")
    setattr(client, name, writer)

    def undo() -> None:
        setattr(client, name, before)
        writer.shutdown(wait=False)

    return undo


def _without_training_plots() -> Callable[[], None]:
    """Keep MLflow from drawing three plots of the training data inside each ``fit``.

    They take 0.3 s of the cell's time, most of what autologging costs, and there is no option.
    Where a later MLflow has no such function, the plots are drawn; nothing else changes.
    """
    from mlflow.sklearn import utils

    name = "_get_classifier_artifacts"
    original = getattr(utils, name, None)
    if original is None:
        return lambda: None
    setattr(utils, name, lambda *_args, **_kwargs: [])
    return lambda: setattr(utils, name, original)


def _set_before() -> str | None:
    """Return the URI that was set; what the environment alone says is to stay there alone."""
    import mlflow
    from mlflow.tracking._tracking_service import utils

    if hasattr(utils, "_tracking_uri"):
        found: str | None = utils._tracking_uri  # noqa: SLF001 - the public way tells both as one
        return found
    return mlflow.get_tracking_uri() if mlflow.is_tracking_uri_set() else None


def _restore(uri: str | None, experiment_id: str | None) -> None:
    """Put the user's tracking URI and experiment back."""
    import mlflow
    from mlflow.tracking import fluent
    from mlflow.tracking._tracking_service import utils

    with _environment_kept():
        if uri is not None:
            mlflow.set_tracking_uri(uri)
        elif hasattr(utils, "_tracking_uri"):
            utils._tracking_uri = None  # noqa: SLF001 - there is no public way to unset it
    if hasattr(fluent, "_active_experiment_id"):
        fluent._active_experiment_id = experiment_id  # noqa: SLF001 - nor to unset this


@contextlib.contextmanager
def _environment_kept() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in _MIRRORED}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
