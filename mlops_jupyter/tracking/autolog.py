"""MLflow's autologging, told apart into the moments a session needs.

MLflow brings parameters and metrics of every ``fit``, and of later cells on the model's
predictions. Its own model logging is off: it infers requirements by importing the model in a new
process, which takes seconds; `mlops_jupyter.tracking.capture.models` does that part.

This is the one place that touches MLflow's process-wide state.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FIT_NAMES = ("fit", "fit_predict", "fit_transform")
# MLflow mirrors its process-wide choices into the environment; ours is for this session alone.
_MIRRORED = ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_NAME")


class FitListener(Protocol):
    """What a session wants to know of each outermost ``fit``; none of these may raise."""

    def fit_started(self, estimator: Any, features: Any) -> None:
        """A run must be active when this returns."""

    def fit_ended(self, estimator: Any, features: Any) -> None:
        """Parameters and metrics are logged; the model may follow."""

    def logging_failed(self, estimator: Any, features: Any, reason: str) -> None:
        """MLflow could not log parameters and metrics; the fit itself went well."""


class Autolog:
    """Autologging for one session: `enable`, `disable`, and nothing left behind."""

    def __init__(self, listener: FitListener, tracking_uri: str) -> None:
        self._listener = listener
        self._tracking_uri = tracking_uri
        self._undo: list[Callable[[], None]] = []

    @property
    def enabled(self) -> bool:
        """Whether it is on."""
        return bool(self._undo)

    def enable(self, experiment_id: str) -> None:
        """Switch autologging on for scikit-learn; MLflow is imported here."""
        if self.enabled:
            return
        import mlflow
        from mlflow.tracking import fluent
        from mlflow.utils.autologging_utils.events import AutologgingEventLogger

        uri_before = mlflow.get_tracking_uri() if mlflow.is_tracking_uri_set() else None
        experiment_before = getattr(fluent, "_active_experiment_id", None)
        with _environment_kept():
            mlflow.set_tracking_uri(self._tracking_uri)
            mlflow.set_experiment(experiment_id=experiment_id)
        self._undo.append(lambda: _restore(uri_before, experiment_before))

        logger_before = AutologgingEventLogger.get_logger()
        AutologgingEventLogger.set_logger(_Events(self._listener))
        self._undo.append(lambda: AutologgingEventLogger.set_logger(logger_before))

        self._undo.append(_without_training_plots())
        mlflow.sklearn.autolog(log_models=False, log_datasets=False, silent=True)
        self._undo.append(lambda: mlflow.sklearn.autolog(disable=True, silent=True))

    def disable(self) -> None:
        """Switch it off and put MLflow's state back as it was."""
        while self._undo:
            self._undo.pop()()


class _Events:
    """Receives MLflow's autologging events and passes on the outermost fits.

    It answers to the methods of ``mlflow.utils.autologging_utils.AutologgingEventLogger``, the
    seam MLflow has for this.
    """

    def __init__(self, listener: FitListener) -> None:
        self._listener = listener
        self._fitting: Any = None
        self._silence: contextlib.ExitStack | None = None

    def log_autolog_called(self, *_args: object, **_kwargs: object) -> None:
        """Autologging was switched on or off: nothing to do."""

    def log_patch_function_start(
        self, _session: Any, _patched: Any, name: str, args: Any, kwargs: Any
    ) -> None:
        """A patched function begins; nested fits (in pipelines, searches) are passed over."""
        if name in _FIT_NAMES and self._fitting is None:
            self._fitting = args[0]
            self._listener.fit_started(args[0], _features(args, kwargs))

    def log_original_function_start(self, *_args: object) -> None:
        """The user's function begins: nothing to do."""

    def log_original_function_success(
        self, _session: Any, _patched: Any, name: str, args: Any, _kwargs: Any
    ) -> None:
        """The user's fit is done: what warns from here on is MLflow's own computing."""
        if self._is_outermost(name, args):
            self._silence = contextlib.ExitStack()
            self._silence.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")

    def log_original_function_error(
        self, _session: Any, _patched: Any, name: str, args: Any, _kwargs: Any, _error: Any
    ) -> None:
        """The user's fit raised: the cell's end will tell."""
        if self._is_outermost(name, args):
            self.reset()

    def log_patch_function_success(
        self, _session: Any, _patched: Any, name: str, args: Any, kwargs: Any
    ) -> None:
        """MLflow has logged what it logs."""
        if self._is_outermost(name, args):
            try:
                self._listener.fit_ended(args[0], _features(args, kwargs))
            finally:
                self.reset()

    def log_patch_function_error(
        self, _session: Any, _patched: Any, name: str, args: Any, kwargs: Any, error: Any
    ) -> None:
        """MLflow failed to log."""
        if self._is_outermost(name, args):
            reason = f"{type(error).__name__}: {error}"
            try:
                self._listener.logging_failed(args[0], _features(args, kwargs), reason)
            finally:
                self.reset()

    def reset(self) -> None:
        """Forget a fit that ended, also by the stop button (MLflow reports no event for that)."""
        self._fitting = None
        if self._silence is not None:
            self._silence.close()
            self._silence = None

    def _is_outermost(self, name: str, args: Any) -> bool:
        return name in _FIT_NAMES and bool(args) and args[0] is self._fitting


def forget_interrupted_fit() -> None:
    """Clear what a stop button may have left behind in the middle of a fit."""
    from mlflow.utils.autologging_utils.events import AutologgingEventLogger

    events = AutologgingEventLogger.get_logger()
    if isinstance(events, _Events):
        events.reset()


def _features(args: Any, kwargs: Any) -> Any:
    return args[1] if len(args) > 1 else kwargs.get("X")


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
