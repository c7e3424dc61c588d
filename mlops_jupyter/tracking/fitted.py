"""The fits of one scope, and which of their models are kept."""

from __future__ import annotations

import math
import shutil
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlops_jupyter.tracking.history.directions import better
from mlops_jupyter.tracking.history.summaries import main_metric
from mlops_jupyter.tracking.store.locations import local_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlflow import MlflowClient

    from mlops_jupyter.tracking.capture.resources import Meter
    from mlops_jupyter.tracking.run_parts import DataInput
    from mlops_jupyter.tracking.writer import OpenRun

# A logged model that was registered carries this tag: it is no longer ours to remove.
_REGISTERED = "mlflow.modelVersions"


def _gone() -> None:
    return None


def hold(model: Any) -> Callable[[], Any]:
    """Refer to a model without keeping it in memory."""
    try:
        return weakref.ref(model)
    except TypeError:
        return _gone


@dataclass
class Fit:
    """One outermost ``fit``.

    Attributes
    ----------
    label : str
        Class of what is trained.
    run_id : str
        Where it is logged.
    run : OpenRun or None
        That run, when it is one of ours; None in the user's own.
    in_main_thread : bool
        Whether what follows in the cell may still be logged to it.
    model : callable
        Returns what was trained; None while that goes on, and when the notebook let go of it.
    model_id : str or None
        MLflow's id of the model that was kept.
    metric, value : str and float, or None
        Its main metric, once that was looked up.
    score : float or None
        The same, the higher the better; None before it was looked up.
    meter : Meter or None
        Measures what it takes; None once that is logged.
    given : list of DataInput
        Digests of the frames it was given, taken before it could change them.
    """

    label: str
    run_id: str
    run: OpenRun | None
    in_main_thread: bool
    model_id: str | None = None
    model: Callable[[], Any] = field(default=_gone, repr=False)
    metric: str | None = None
    value: float | None = None
    score: float | None = None
    meter: Meter | None = None
    given: list[DataInput] = field(default_factory=list)


class Fitted:
    """The fits of one scope, in order.

    Parameters
    ----------
    client : callable
        Returns the store's client.
    keep_all : bool
        Keep each model; by default the best and the last one of many.
    """

    def __init__(self, client: Callable[[], MlflowClient], *, keep_all: bool) -> None:
        self.fits: list[Fit] = []
        self._client = client
        self._keep_all = keep_all

    @property
    def first_run(self) -> OpenRun | None:
        """The first of our own runs."""
        return next((fit.run for fit in self.fits if fit.run is not None), None)

    @property
    def own(self) -> list[Fit]:
        """Those that are not in runs of the user's own."""
        return [fit for fit in self.fits if fit.run is not None]

    def add(self, fit: Fit) -> Fit:
        """Take in a fit that begins."""
        self.fits.append(fit)
        return fit

    def thin_out(self) -> int:
        """Remove models that are neither the best nor the last; return how many.

        To be called when nothing more will be logged for the last one.
        """
        kept = [fit for fit in self.own if fit.model_id is not None]
        if self._keep_all or len(kept) < 3:
            return 0
        for fit in kept:
            self._look_up(fit)
        best = max(kept, key=lambda fit: (fit.score or float("-inf"), self.fits.index(fit)))
        others = [fit for fit in kept if fit is not best and fit is not kept[-1]]
        return sum(self._remove(fit) for fit in others)

    def best(self) -> Fit | None:
        """Return the fit with the best main metric, the first of equals; None where none has one.

        To be called when nothing more will be logged for the last one.
        """
        for fit in self.own:
            self._look_up(fit)
        scored = [fit for fit in self.own if fit.metric is not None]
        return max(scored, key=lambda fit: fit.score or 0.0, default=None)

    def main_metric(self, top: OpenRun) -> tuple[str | None, float | None, str | None]:
        """Return the metric to show, its value and, of several fits, the name of its run.

        Parameters
        ----------
        top : OpenRun
            The run of the whole scope, for where nothing was fitted.
        """
        best = self.best()
        if best is not None and best.run is not None:
            return best.metric, best.value, best.run.name if len(self.own) > 1 else None
        metrics = dict(self._client().get_run(top.run_id).data.metrics)
        metric = main_metric(metrics)
        return metric, metrics.get(metric) if metric else None, None

    def _look_up(self, fit: Fit) -> None:
        """Find the fit's main metric, once."""
        if fit.score is not None:
            return
        metrics = self._client().get_run(fit.run_id).data.metrics
        name = main_metric(metrics)
        if name is None or math.isnan(metrics[name]):
            fit.score = float("-inf")
            return
        fit.metric, fit.value = name, float(metrics[name])
        fit.score = -fit.value if better(name) == "lower" else fit.value

    def _remove(self, fit: Fit) -> bool:
        client = self._client()
        assert fit.model_id is not None  # noqa: S101 - the caller has looked
        model = client.get_logged_model(fit.model_id)
        fit.model_id = None
        if _REGISTERED in model.tags:
            return False
        client.delete_logged_model(model.model_id)
        folder = local_folder(model.artifact_location)
        # MLflow names the folder by the model's id; nothing else is ever taken away.
        if folder is not None and folder.parent.name.startswith("m-"):
            shutil.rmtree(folder, ignore_errors=True)
        return True
