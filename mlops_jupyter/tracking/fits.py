"""Each ``fit`` as MLflow's autologging tells of it, one thread at a time.

MLflow reports every patched call to an event logger, a seam it has for this. A listener hears of
the outermost ones only: not of the fits inside a pipeline, a search or a cross-validation.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import threading
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from mlops_jupyter.tracking.capture.fit_arguments import given_to_fit, given_to_trainer
from mlops_jupyter.tracking.store import failures

if TYPE_CHECKING:
    from collections.abc import Callable

_FIT_NAMES = ("fit", "fit_predict", "fit_transform")
# Functions that train and return the model: (module, name) -> the model's class.
TRAINERS = {("xgboost", "train"): "Booster", ("lightgbm", "train"): "Booster"}


class FitListener(Protocol):
    """What a session wants to know of each outermost ``fit``; none of these may raise.

    What `fit_started` returns is handed to the others.
    """

    def fit_started(self, label: str, given: dict[str, Any]) -> Any:
        """A run must be active in this thread when this returns; `given` is data, by argument."""

    def fit_ended(self, fit: Any, model: Any, features: Any) -> None:
        """Parameters and metrics are logged; the model may follow."""

    def fit_failed(self, fit: Any, error: BaseException) -> None:
        """The user's own fit raised."""

    def logging_failed(self, fit: Any, model: Any, features: Any, reason: str) -> None:
        """MLflow could not log parameters and metrics; the fit itself went well."""

    def left_out(self, fit: Any, reason: str) -> None:
        """Something was not logged, on purpose."""

    def autolog_called(self, integration: str, *, disable: bool) -> None:
        """The user switched autologging on or off by MLflow's own function."""


@dataclass
class _Fitting:
    """The outermost fit of one thread."""

    subject: Any  # the estimator, or the module whose function trains
    name: str
    token: Any
    features: Any
    problem: str | None = None
    over: bool = False
    silence: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)


class Events:
    """Receives MLflow's autologging events and passes on the outermost fits.

    It answers to the methods of ``mlflow.utils.autologging_utils.AutologgingEventLogger``.
    """

    def __init__(self, listener: FitListener) -> None:
        self._listener = listener
        self._threads = threading.local()
        self.ours = False  # whether it is we who switch autologging

    def log_autolog_called(self, integration: str, _args: Any, kwargs: Any) -> None:
        """Autologging was switched on or off."""
        if not self.ours:
            self._listener.autolog_called(integration, disable=bool(kwargs.get("disable")))

    def log_patch_function_start(
        self, _session: Any, patched: Any, name: str, args: Any, kwargs: Any
    ) -> None:
        """A patched function begins; nested fits are passed over."""
        trains = _trainer(patched, name)
        if self._fitting is not None or not (trains or name in _FIT_NAMES) or is_nested():
            return
        subject = patched if trains else args[0]
        features = _features(args, kwargs)
        label = trains or type(subject).__name__
        # Known before the listener hears of it: what it does must not look like another fit.
        self._fitting = fitting = _Fitting(subject, name, None, features)
        fitting.token = self._listener.fit_started(
            label, given_to_trainer(features) if trains else given_to_fit(args, kwargs)
        )

    def log_original_function_start(self, *_args: object) -> None:
        """The user's function begins: nothing to do."""

    def log_original_function_success(
        self, _session: Any, patched: Any, name: str, args: Any, _kwargs: Any
    ) -> None:
        """The user's fit is done: what warns from here on is MLflow's own computing."""
        fitting = self._of(patched, name, args)
        # Filters of warnings belong to the process: another thread's may not be restored by us.
        if fitting and threading.current_thread() is threading.main_thread():
            fitting.silence.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")

    def log_original_function_error(
        self, _session: Any, patched: Any, name: str, args: Any, _kwargs: Any, error: Any
    ) -> None:
        """The user's fit raised."""
        fitting = self._of(patched, name, args)
        if fitting:
            self.reset()
            self._listener.fit_failed(fitting.token, error)

    def log_patch_function_success(
        self, _session: Any, patched: Any, name: str, args: Any, _kwargs: Any
    ) -> None:
        """MLflow has logged what it logs."""
        fitting = self._of(patched, name, args)
        if fitting:
            self._logged(fitting, model=None if _trainer(patched, name) else args[0])

    def log_patch_function_error(
        self, _session: Any, patched: Any, name: str, args: Any, _kwargs: Any, error: Any
    ) -> None:
        """MLflow failed to log."""
        fitting = self._of(patched, name, args)
        if fitting:
            fitting.problem = failures.in_words(error)
            self._logged(fitting, model=None if _trainer(patched, name) else args[0])

    def left_out(self, reason: str) -> None:
        """Say that something is not logged of this thread's fit."""
        if self._fitting is not None:
            self._listener.left_out(self._fitting.token, reason)

    def watch_trainer(self, module: Any, name: str) -> Callable[[], None]:
        """Wrap a function that returns what it trained, which MLflow's events do not tell.

        Returns
        -------
        callable
            Takes the wrapper away again.
        """
        patched = getattr(module, name)

        @functools.wraps(patched)
        def train(*args: Any, **kwargs: Any) -> Any:
            model = patched(*args, **kwargs)
            fitting = self._fitting
            if fitting is not None and fitting.over and fitting.subject is module:
                self._tell(fitting, model)
            return model

        setattr(module, name, train)

        def undo() -> None:
            if getattr(module, name) is train:
                setattr(module, name, patched)

        return undo

    def reset(self) -> None:
        """Forget this thread's fit, also one ended by the stop button (no event tells of that)."""
        if self._fitting is not None:
            self._fitting.silence.close()
            self._fitting = None

    @property
    def _fitting(self) -> _Fitting | None:
        return getattr(self._threads, "fitting", None)

    @_fitting.setter
    def _fitting(self, fitting: _Fitting | None) -> None:
        self._threads.fitting = fitting

    def _of(self, patched: Any, name: str, args: Any) -> _Fitting | None:
        """Return this thread's outermost fit if it is this call."""
        fitting = self._fitting
        subject = patched if _trainer(patched, name) else (args[0] if args else None)
        if fitting is None or fitting.name != name or fitting.subject is not subject:
            return None
        return fitting

    def _logged(self, fitting: _Fitting, *, model: Any) -> None:
        if model is None:  # a function trained: its wrapper will have the model
            fitting.over = True
        else:
            self._tell(fitting, model)

    def _tell(self, fitting: _Fitting, model: Any) -> None:
        try:
            if fitting.problem is None:
                self._listener.fit_ended(fitting.token, model, fitting.features)
            else:
                self._listener.logging_failed(
                    fitting.token, model, fitting.features, fitting.problem
                )
        finally:
            self.reset()


def _trainer(patched: Any, name: str) -> str | None:
    return TRAINERS.get((getattr(patched, "__name__", ""), name))


def _features(args: Any, kwargs: Any) -> Any:
    if len(args) > 1:
        return args[1]
    for name in ("X", "dtrain", "train_set"):
        if name in kwargs:
            return kwargs[name]
    return None


def is_nested() -> bool:
    """Whether scikit-learn itself calls: the folds of a cross-validation, a search's threads.

    Its own parallel calls go through one function, in whatever thread they run.
    """
    frame = sys._getframe(1)  # noqa: SLF001 - the one way to see who calls
    while frame is not None:
        if frame.f_globals.get("__name__") == "sklearn.utils.parallel":
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False
