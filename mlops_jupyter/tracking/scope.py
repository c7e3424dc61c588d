"""What trains together: one cell, or one ``with`` block, and the runs it makes.

One ``fit`` makes one run. A second one makes them siblings under a run of the scope's own, so
that none is lost or overwritten.
"""

from __future__ import annotations

import time
import traceback
from typing import TYPE_CHECKING, Any

from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.capture import inputs, models
from mlops_jupyter.tracking.history.summaries import main_metric
from mlops_jupyter.tracking.records import TrackedCell
from mlops_jupyter.tracking.store.opening import quiet_links

if TYPE_CHECKING:
    from mlops_jupyter.tracking.session import Session
    from mlops_jupyter.tracking.writer import Final, OpenRun


class Scope:
    """Makes the runs of one cell.

    Parameters
    ----------
    session : Session
        Whose cell it is.
    name : str, optional
        Name of the run.
    source : str
        The cell's source, kept with the run.
    """

    def __init__(self, session: Session, *, name: str | None, source: str) -> None:
        self.session = session
        self.name = name
        self.source = source
        self.problems: list[str] = []
        self.captured: list[str] = []
        self._started = time.monotonic()
        self._fits: list[OpenRun] = []
        self._estimators: list[str] = []
        self._parent: OpenRun | None = None
        self.open_run: OpenRun | None = None
        self._foreign_run_id: str | None = None
        self._trained = False

    def fit_started(self, estimator: Any, _features: Any) -> None:
        """Make a run active for this fit, unless the user has one."""
        import mlflow

        self._trained = True
        try:
            active = mlflow.active_run()
            if active is not None and not self._is_ours(active.info.run_id):
                self._foreign_run_id = active.info.run_id  # the user's own run wins
                return
            self._foreign_run_id = None
            self._finish_open("FINISHED")
            if self._fits:
                self._nest()
            self.open_run = self._create(type(estimator).__name__)
            mlflow.start_run(run_id=self.open_run.run_id)
        except Exception as error:  # noqa: BLE001 - see the module above: told, not raised
            self._problem("the run", error)

    def fit_ended(self, estimator: Any, features: Any) -> None:
        """Add what MLflow's autologging leaves out: the model and the data."""
        import mlflow

        active = mlflow.active_run()
        if active is not None:
            self._note("parameters", "metrics")
            self._add_model_and_data(active.info.run_id, estimator, features)

    def logging_failed(self, estimator: Any, features: Any, reason: str) -> None:
        """Say that MLflow's part is missing; the model and the data are not its part."""
        import mlflow

        self.problems.append(f"some parameters or metrics: {reason}"[:300])
        active = mlflow.active_run()
        if active is not None:
            self._add_model_and_data(active.info.run_id, estimator, features)

    def _add_model_and_data(self, run_id: str, estimator: Any, features: Any) -> None:
        try:
            models.log_model(
                self.session.workspace, estimator, features, remote=self.session.store.remote
            )
            self._note("model")
        except Exception as error:  # noqa: BLE001
            self._problem("the model", error)
        try:
            found, skipped = inputs.collect(self.session.workspace, self.session.reads)
            inputs.log(self.session.client, run_id, found)
            self.problems += skipped
            if found:
                self._note("data " + ", ".join(sorted({i.version or i.name for i in found})))
        except Exception as error:  # noqa: BLE001
            self._problem("the data", error)

    def logging_run(self) -> OpenRun:
        """Return the run that `mlops log` writes to inside this scope, made when missing."""
        if self.open_run is None:
            self.open_run = self._create(None)
        return self.open_run

    def close(self, error: BaseException | None) -> TrackedCell | None:
        """End the scope's runs and say what was captured; None when there are none."""
        status: Final = "FINISHED"
        if error is not None:
            status = "KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED"
        top = self._parent or self.open_run or (self._fits[0] if self._fits else None)
        try:
            if top is not None:
                self._log_source(top)
        except Exception as failure:  # noqa: BLE001
            self._problem("the code", failure)
        try:
            self._finish_open(status, error)
            if self._parent is not None:
                self._parent.finish(status, _traceback(error))
        except Exception as failure:  # noqa: BLE001
            self._problem("the end of the run", failure)
        return self._summary(top, status) if top is not None else self._foreign_summary(status)

    def _create(self, estimator: str | None) -> OpenRun:
        nested = self._parent is not None
        name = f"{estimator}-{len(self._fits) + 1}" if nested and estimator else self.name
        run = self.session.create_run(
            name=name,
            parent_run_id=self._parent.run_id if self._parent else None,
            tags={tags.MODEL: estimator} if estimator else {},
        )
        if estimator:
            self._fits.append(run)
            self._estimators.append(estimator)
        return run

    def _nest(self) -> None:
        """Before the second fit: put a run of the scope's own above the first one."""
        if self._parent is not None:
            return
        first = self._fits[0]
        self._parent = self.session.create_run(name=self.name, parent_run_id=None, tags={})
        first.set_tags({tags.PARENT: self._parent.run_id})
        self.session.client.update_run(first.run_id, name=f"{self._estimators[0]}-1")
        self._note("code")

    def _finish_open(self, status: Final, error: BaseException | None = None) -> None:
        """End the run that is open, in the store and in MLflow's fluent state."""
        if self.open_run is None:
            return
        import mlflow

        run, self.open_run = self.open_run, None
        active = mlflow.active_run()
        try:
            run.finish(status, _traceback(error))
        finally:
            # Also where the store refused: MLflow would put all later fits into this run.
            if active is not None and active.info.run_id == run.run_id:
                with quiet_links():
                    mlflow.end_run(status)

    def _log_source(self, run: OpenRun) -> None:
        if self.source.strip():
            self.session.client.log_text(run.run_id, self.source, "code/cell.py")
        self._note("code")

    def _is_ours(self, run_id: str) -> bool:
        return any(
            run_id == run.run_id for run in (*self._fits, self.open_run, self._parent) if run
        )

    def _note(self, *what: str) -> None:
        self.captured += [entry for entry in what if entry not in self.captured]

    def _problem(self, what: str, error: Exception) -> None:
        first_line = next(iter(str(error).splitlines()), "")
        self.problems.append(f"{what}: {type(error).__name__}: {first_line}")

    def _summary(self, top: OpenRun, status: Final) -> TrackedCell:
        metrics: dict[str, float] = {}
        name = top.name
        try:
            stored = self.session.client.get_run((self._fits[-1] if self._fits else top).run_id)
            metrics = dict(stored.data.metrics)
        except Exception as error:  # noqa: BLE001
            self._problem("the summary", error)
        metric = main_metric(metrics)
        return TrackedCell(
            run_id=top.run_id,
            uid=top.uid,
            name=name,
            experiment=top.experiment,
            status=status,
            models=self._estimators,
            metric=metric,
            value=metrics.get(metric) if metric else None,
            captured=self.captured,
            not_captured=self.problems,
            duration_s=time.monotonic() - self._started,
        )

    def _foreign_summary(self, status: Final) -> TrackedCell | None:
        """A fit inside the user's own run: say what was added to it."""
        if self._foreign_run_id is None:
            return self._untracked_summary(status) if self._trained else None
        return TrackedCell(
            run_id=self._foreign_run_id,
            name="your own run",
            experiment=self.session.experiment,
            status=status,
            captured=self.captured,
            not_captured=self.problems,
            duration_s=time.monotonic() - self._started,
        )

    def _untracked_summary(self, status: Final) -> TrackedCell:
        """A fit that no run could be made for: say so, and why."""
        return TrackedCell(
            run_id="",
            name="",
            experiment=self.session.experiment,
            status=status,
            not_captured=self.problems or ["the run, for a reason that is not known"],
            duration_s=time.monotonic() - self._started,
        )


def _traceback(error: BaseException | None) -> str | None:
    if error is None:
        return None
    return "".join(traceback.format_exception(error))[-4000:]
