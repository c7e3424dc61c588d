"""What trains together: one cell, or one ``with`` block, and the runs it makes.

One ``fit`` makes one run. A second one makes them siblings under a run of the scope's own, so
that none is lost or overwritten. Fits may come from several threads.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from mlops_jupyter.tracking import fluent, tags
from mlops_jupyter.tracking.capture.resources import Meter
from mlops_jupyter.tracking.captures import Captures
from mlops_jupyter.tracking.fitted import Fit, Fitted, hold
from mlops_jupyter.tracking.records import TrackedCell
from mlops_jupyter.tracking.store.metric_buffer import BUFFER
from mlops_jupyter.tracking.writer import OpenRun, traceback_of

if TYPE_CHECKING:
    from mlops_jupyter.tracking.session import Session
    from mlops_jupyter.tracking.writer import Final


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
    cell : str, optional
        What tells the cell from others: its attempts are counted by it.
    """

    def __init__(
        self, session: Session, *, name: str | None, source: str, cell: str | None = None
    ) -> None:
        self.session = session
        self.name = name
        self.source = source
        self.cell = cell
        self.captures = Captures(session, source)
        self.open_run: OpenRun | None = None  # where `mlops log` writes
        self.closed = False
        self._logged = False
        self._started = time.monotonic()
        self._lock = threading.RLock()
        self._parent: OpenRun | None = None
        self._fitted = Fitted(session.client_of, keep_all=session.keep_all_models)
        self._foreign: list[str] = []  # the user's own runs that something was trained in
        self._trained = False
        self._meter = Meter()
        self._meter.start()

    def fit_started(self, label: str, given: dict[str, Any]) -> Fit | None:
        """Make a run active for this fit, unless the user has one."""
        import mlflow

        with self._lock:
            self._trained = True
            try:
                self.session.follow_the_user()
                active = mlflow.active_run()
                if active is not None and not self._is_ours(active.info.run_id):
                    fit = self._in_the_users_run(label, active.info.run_id)
                    self.captures.attempt("the data", self.captures.given, fit, given)
                    return fit
                if _in_main_thread():
                    self._finish_open("FINISHED")
                if self._fitted.own:
                    self._nest()
                run = self._create(label)
                if _in_main_thread():
                    self.open_run = run
                    self._fitted.thin_out()
                fluent.activate(run.entity)
                fit = self._fitted.add(
                    Fit(label, run.run_id, run, _in_main_thread(), meter=Meter())
                )
            except Exception as error:  # noqa: BLE001 - told, not raised: see the session
                self.captures.problem("the run", error)
                return None
        self.captures.attempt("the data", self.captures.given, fit, given)
        if fit.meter is not None:
            fit.meter.start()
            fit.meter.watch()
        return fit

    def fit_ended(self, fit: Fit | None, model: Any, features: Any) -> None:
        """Add what MLflow's autologging leaves out: the model and the data."""
        if fit is None:
            return
        self._measured(fit)
        fit.model = hold(model)
        self.captures.note("parameters", "metrics")
        self.captures.of_fit(fit, model, features)
        self._let_go(fit)

    def fit_failed(self, fit: Fit | None, error: BaseException) -> None:
        """End the fit's run, also where the user's own code catches the error."""
        if fit is not None and fit.run is not None:
            self._measured(fit)
            self._end(fit.run, "FAILED", error)

    def logging_failed(self, fit: Fit | None, model: Any, features: Any, reason: str) -> None:
        """Say that MLflow's part is missing; the model and the data are not its part."""
        if fit is not None:  # else the run is missing, which is told
            self.captures.left_out(f"some parameters or metrics: {reason}"[:300])
            self._measured(fit)
            self.captures.of_fit(fit, model, features)
            self._let_go(fit)

    def not_tracked(self, error: Exception) -> None:
        """Say that what trains from here on makes no runs."""
        self._trained = True
        self.captures.problem("what is trained from here on", error)

    @property
    def trained(self) -> list[tuple[OpenRun, Any]]:
        """The runs of our own that something was trained in, with what was trained."""
        found = [(fit.run, fit.model()) for fit in self._fitted.own]
        return [(run, model) for run, model in found if run and model is not None]

    @property
    def has_runs(self) -> bool:
        """Whether there is a run of this scope, ours or the user's."""
        return bool(self._fitted.fits or self._foreign or self._parent or self._logged)

    def logging_run(self) -> OpenRun:
        """Return the run that `mlops log` writes to inside this scope, made when missing."""
        with self._lock:
            if self.open_run is None:
                self.open_run = self._create(None)
                self._logged = True
            return self.open_run

    def close(self, error: BaseException | None) -> TrackedCell | None:
        """End the scope's runs and say what was captured; None when there are none."""
        status: Final = "FINISHED"
        if error is not None:
            status = "KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED"
        attempt = self.captures.attempt
        with self._lock:
            self.closed = True
            first = self._fitted.first_run
            top = self._parent or self.open_run or first
            if top is not None:
                attempt("resources", self._measured_whole, top)
                attempt("the code", self._keep_surroundings, top)
                attempt("the data", self.captures.of_cell, top, self._fitted.fits)
            attempt("the end of the run", self._finish_open, status, error)
            if self._parent is not None:
                attempt("the end of the run", self._end, self._parent, status, error)
            attempt("models", self._fitted.thin_out)
            if top is not None:
                self.captures.left_out(*BUFFER.problems())
        for run_id in self._foreign:
            attempt("the code", self._keep_around, self._users_run(run_id))
        return self._foreign_summary(status) if top is None else self._summary(top, status)

    def _users_run(self, run_id: str) -> OpenRun:
        return OpenRun(self.session.client, run_id, "", "", self.session.experiment, "")

    def _in_the_users_run(self, label: str, run_id: str) -> Fit:
        """The user's own run wins: what is captured goes into it."""
        if run_id not in self._foreign:
            self._foreign.append(run_id)
        return self._fitted.add(Fit(label, run_id, None, _in_main_thread()))

    def _let_go(self, fit: Fit) -> None:
        """A fit of another thread is over when it returns: nothing is logged to it later."""
        if fit.run is not None and not fit.in_main_thread:
            self._end(fit.run, "FINISHED")

    def _create(self, label: str | None) -> OpenRun:
        nested = self._parent is not None
        name = f"{label}-{len(self._fitted.fits) + 1}" if nested and label else self.name
        return self.session.create_run(
            name=name,
            parent_run_id=self._parent.run_id if self._parent else None,
            extra_tags={tags.MODEL: label, **self.captures.sources()} if label else {},
            code=self.captures.code(),
        )

    def _nest(self) -> None:
        """Before the second fit: put a run of the scope's own above the first one."""
        first = self._fitted.own[0]
        if self._parent is not None or first.run is None:
            return
        self._parent = self.session.create_run(
            name=self.name,
            parent_run_id=None,
            extra_tags={},
            code=self.captures.code(),
            started_ms=first.run.started_ms,  # it holds what the first one began
        )
        self._meter.watch()
        first.run.set_tags({tags.PARENT: self._parent.run_id})
        first.run.name = f"{first.label}-1"
        self.session.client.update_run(first.run_id, name=first.run.name)

    def _measured(self, fit: Fit) -> None:
        """Keep what a fit took, once."""
        if fit.run is not None and fit.meter is not None:
            meter, fit.meter = fit.meter, None
            self.captures.attempt("resources", fit.run.log_usage, meter.stop())

    def _measured_whole(self, top: OpenRun) -> None:
        """Keep what the cell took, with its run; a fit's own run has its own figures too."""
        for fit in self._fitted.fits:
            self._measured(fit)  # those that the stop button has ended
        own = self._fitted.first_run
        top.log_usage(self._meter.stop(), prefix="cell_" if top is own else "")

    def _finish_open(self, status: Final, error: BaseException | None = None) -> None:
        if self.open_run is not None:
            run, self.open_run = self.open_run, None
            self._end(run, status, error)

    def _end(self, run: OpenRun, status: Final, error: BaseException | None = None) -> None:
        """End a run once, in the store and in this thread's fluent state of MLflow."""
        if run is self.open_run:
            self.open_run = None
        try:
            if not run.over:
                run.finish(status, traceback_of(error))
        finally:
            # Also where the store refused: MLflow would put all later fits into this run.
            fluent.deactivate(run.run_id, status)

    def _keep_surroundings(self, run: OpenRun) -> None:
        self.captures.around(run)
        if self.cell is not None:
            run.set_tags(self.session.attempts.next(self.cell, run))

    def _keep_around(self, users_run: OpenRun) -> None:
        self.captures.around(users_run)
        if digests := self.captures.sources():  # our own runs have them from the beginning
            users_run.set_tags(digests)

    def _is_ours(self, run_id: str) -> bool:
        ours = (*(fit.run for fit in self._fitted.fits), self.open_run, self._parent)
        return any(run_id == run.run_id for run in ours if run)

    def _summary(self, top: OpenRun, status: Final) -> TrackedCell:
        metric = value = best = None
        try:
            metric, value, best = self._fitted.main_metric(top)
        except Exception as error:  # noqa: BLE001
            self.captures.problem("the summary", error)
        return self._told(
            top.run_id,
            top.name,
            top.over or status,
            uid=top.uid,
            attempt=top.attempt,
            metric=metric,
            value=value,
            best=best,
        )

    def _foreign_summary(self, status: Final) -> TrackedCell | None:
        """A fit inside the user's own run: say what was added to it."""
        if not self._foreign:
            return self._told("", "", status) if self._trained else None
        last = self._foreign[-1]
        try:
            shown = self.session.client.get_run(last).info
        except Exception as error:  # noqa: BLE001 - told, not raised: see the session
            self.captures.problem("the summary", error)
            return self._told(last, "", status)
        return self._told(last, shown.run_name, shown.status)

    def _told(self, run_id: str, name: str, status: Any, **more: Any) -> TrackedCell:
        if not run_id and not self.captures.problems:
            self.captures.left_out("the run, for a reason that is not known")
        return TrackedCell(
            run_id=run_id,
            name=name,
            experiment=self.session.experiment,
            status=status,
            models=[fit.label for fit in self._fitted.fits],
            captured=self.captures.captured,
            not_captured=self.captures.problems,
            duration_s=time.monotonic() - self._started,
            **more,
        )


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
