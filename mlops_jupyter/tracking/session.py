"""The tracking session of one process: which cell trains, and which run that makes.

Who calls whom: a face (or `mlops_jupyter.tracking.script`) opens a `Session` and frames each cell
with `begin` and `end`; MLflow's autologging reports each ``fit`` to it in between.

Tracking must never break a cell: what fails in here is kept as a problem and told in the cell's
summary.
"""

from __future__ import annotations

import atexit
import os
from functools import partial
from typing import TYPE_CHECKING, Any

from mlops_jupyter.errors import UsageError
from mlops_jupyter.settings import ENV_RUN_ID
from mlops_jupyter.tracking import figures, tags, writer
from mlops_jupyter.tracking.attempts import Attempts
from mlops_jupyter.tracking.autolog import WATCHED, Autolog
from mlops_jupyter.tracking.capture import models
from mlops_jupyter.tracking.capture.imports import ImportWatcher
from mlops_jupyter.tracking.capture.reads import Reads
from mlops_jupyter.tracking.captures import Captures
from mlops_jupyter.tracking.listening import Listener
from mlops_jupyter.tracking.scope import Scope
from mlops_jupyter.tracking.store import failures, readiness, waiting
from mlops_jupyter.tracking.store import opening as stores
from mlops_jupyter.tracking.store.metric_buffer import BUFFER
from mlops_jupyter.tracking.store.patience import PATIENCE
from mlops_jupyter.tracking.transfer import courier
from mlops_jupyter.workspace import Store

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from mlops_jupyter.tracking.capture.code import CodeState
    from mlops_jupyter.tracking.records import TrackedCell
    from mlops_jupyter.tracking.writer import OpenRun
    from mlops_jupyter.workspace import Workspace

_current: Session | None = None
# The one whose model the user may still be scoring, when it is over.
_latest: Session | None = None


def current() -> Session | None:
    """Return the process's session, while there is one."""
    return _current


def to_log_to(*, curve: bool = False) -> Session | None:
    """Return the session whose run logged values belong to: this one, or the last that trained.

    A `curve`, values with a step, is a training: it belongs to this one.
    """
    if _latest is None or (_current is not None and (curve or _current.has_a_run_of_its_own)):
        return _current
    if _current is not None and _current.workspace != _latest.workspace:
        return _current
    return _latest


def forget() -> None:
    """Let go of the last session: later logs have no run to go to."""
    global _latest  # noqa: PLW0603 - see Session.start
    _latest = None


class Session:
    """Tracks what this process trains.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    experiment : str
        Where runs go.
    namespace : dict, optional
        The kernel's variables, for finding the notebook.
    reads : Reads, optional
        Files read so far, watched by the caller; the session watches for itself otherwise.
    keep_all_models : bool
        Keep each model of a cell that fits many; by default the best and the last.
    no_source : bool
        Keep nothing that is code, nor the notebook.
    unasked : bool
        Switched on by `mlops run`, not by the notebook.
    """

    def __init__(
        self,
        workspace: Workspace,
        experiment: str,
        *,
        namespace: dict[str, object] | None = None,
        reads: Reads | None = None,
        keep_all_models: bool = False,
        no_source: bool = False,
        unasked: bool = False,
    ) -> None:
        self.workspace = workspace
        self.experiment = experiment
        self.namespace = namespace
        self.keep_all_models = keep_all_models
        self.no_source = no_source
        self._unasked = unasked
        self.notes: list[str] = []
        # Written here first, so that no cell waits for a server; delivered afterwards.
        self.destination = workspace.store
        self.store = waiting.recording_store(workspace)
        readiness.check(workspace, self.store, experiment)
        self._courier = self._meet_courier()
        self.reads = reads or Reads()
        self._own_reads = reads is None
        self.last_run: OpenRun | None = None
        self.notebook_run: OpenRun | None = None
        self.attempts = Attempts(self.client_of)
        self._figures = figures.Figures()
        # Set by `mlops run`: all of this notebook's runs belong to that one.
        self.parent_run_id = os.environ.get(ENV_RUN_ID) or None
        self._scopes: list[Scope] = []
        self._client: MlflowClient | None = None
        self._experiment_ids: dict[str, str] = {}
        self._autolog = Autolog(
            Listener(self),
            self.store.uri,
            metrics_budget_s=workspace.settings.tracking.training_metrics_limit_s,
        )
        self._impatient: list[str] = []
        self._watcher = ImportWatcher(
            {module: partial(self._enable_autolog, library) for module, library in WATCHED.items()}
        )

    def start(self) -> None:
        """Become the process's session, and watch imports; nothing heavy is imported yet."""
        global _current  # noqa: PLW0603 - a process has one session, as MLflow has one state
        if _current is not None:
            _current.pause()
        _current = self
        self._process = os.getpid()
        atexit.register(self._leave)
        if self._own_reads:
            self.reads.start()
        if self._courier is not None:
            lent = {**PATIENCE, **waiting.run_context(self.store, self.destination)}
            self._impatient = [name for name in lent if name not in os.environ]
            os.environ.update({name: lent[name] for name in self._impatient})
        self._watcher.start()

    def stop(self) -> None:
        """Leave nothing behind."""
        atexit.unregister(self._leave)
        self.pause()
        if self.notebook_run is not None:
            run, self.notebook_run = self.notebook_run, None
            around = Captures(self, source="")
            around.attempt("the notebook's code", around.around, run)
            self.notes += around.problems
            run.finish("FINISHED")
        if self._courier is not None:
            self._courier.wake()

    def pause(self) -> None:
        """Leave nothing behind in this process; `start` goes on."""
        global _current  # noqa: PLW0603
        while self._scopes:  # switched off inside a cell that trained: its runs end here
            self.end()
        self._watcher.stop()
        if self._own_reads:
            self.reads.stop()
        self._autolog.disable()
        for name in self._impatient:
            os.environ.pop(name, None)
        if _current is self:
            _current = None

    def _leave(self) -> None:
        """Where the process ends first: end what is open."""
        if os.getpid() != self._process:  # a child's end, not ours
            return
        while self._scopes:
            self.end(KeyboardInterrupt("the process ended before this did"))
        self.stop()

    def begin(self, *, name: str | None = None, source: str = "", cell: str | None = None) -> None:
        """Open a scope: what trains until `end` belongs together."""
        self._scopes.append(Scope(self, name=name, source=source, cell=cell))

    def open_notebook_run(self, name: str | None) -> OpenRun:
        """Open one run for the whole notebook, until `stop`: all others belong to it."""
        run = self.create_run(name=name, parent_run_id=None, extra_tags={tags.KIND: "notebook"})
        self.notebook_run, self.parent_run_id = run, run.run_id
        self.last_run = None  # what is logged before anything trains goes to it all the same
        return run

    def tell_notes(self) -> None:
        """Put what is to know of the session into the summary of the innermost scope."""
        self._scopes[-1].captures.left_out(*self.notes)

    def end(self, error: BaseException | None = None) -> TrackedCell | None:
        """Close the innermost scope and its runs.

        Returns
        -------
        TrackedCell or None
            What was captured; None when nothing trained or logged.
        """
        if not self._scopes:
            return None
        scope = self._scopes.pop()
        if self._autolog.enabled:
            self._autolog.forget_interrupted_fit()
        told = scope.close(error)
        if BUFFER.pending():  # also what a later cell has logged to an earlier run
            BUFFER.flush()
        self._follow_figures(scope)
        if self._courier is None:
            return told
        if told is None:
            self._courier.nudge()  # the user's own code may have logged something
            return None
        self._courier.wake()
        news = self._courier.news()
        return told.model_copy(update={"not_captured": [*told.not_captured, *news]})

    def _follow_figures(self, scope: Scope) -> None:
        """Keep what a later cell draws of a model with the run that made it."""
        if self.namespace is None or self._scopes:
            return
        trained = scope.trained
        try:
            if trained:
                self._figures.trained(trained, scope.source, self.namespace)
            elif not scope.has_runs and (found := self._figures.of_cell(scope.source)):
                run, files = found
                if self.workspace.settings.privacy.allows("outputs", remote=self.leaves_here):
                    figures.keep(self.workspace, run, run.entity.info.artifact_uri, files)
        except Exception as failure:  # noqa: BLE001 - told, not raised
            self.notes.append(f"figures: {failures.in_words(failure)}")

    @property
    def leaves_here(self) -> bool:
        """Whether runs go to a server, now or when it is met: `[privacy]` asks that."""
        return self.store.remote or self.destination.remote

    @property
    def client(self) -> MlflowClient:
        """The client of this session's store."""
        if self._client is None:
            self._client = stores.client(self.workspace, self.store)
        return self._client

    def client_of(self) -> MlflowClient:
        """Return `client`, for those who outlive a change of store."""
        return self.client

    def follow_the_user(self) -> None:
        """Go where the user has pointed MLflow meanwhile, by its own function."""
        uri = self._autolog.chosen_by_user
        if uri is None:
            return
        from mlflow import MlflowClient

        self.store = self.destination = Store(uri, "mlflow.set_tracking_uri in this notebook")
        self._courier = None
        with stores.quiet_logs():
            self._client = MlflowClient(tracking_uri=uri)  # makes a missing one, as MLflow does
            self._experiment_ids.clear()
            self._autolog.follow(uri, self._experiment_id())
        self.attempts = Attempts(self.client_of)

    def models_by_mlflow(self, model: Any) -> bool:
        """Whether the user has switched on that MLflow stores models of this kind itself."""
        from mlflow.utils.autologging_utils import get_autologging_config

        return bool(get_autologging_config(models.flavor_of(model), "log_models", False))

    def create_run(
        self,
        *,
        name: str | None,
        parent_run_id: str | None,
        extra_tags: dict[str, str],
        code: CodeState | None = None,
        started_ms: int | None = None,
    ) -> OpenRun:
        """Create a run in this session's experiment."""
        global _latest  # noqa: PLW0603 - see `start`
        _latest = self
        self.last_run = writer.create(
            self.client,
            self.workspace,
            experiment_id=self._experiment_id(),
            experiment=self.experiment,
            name=name,
            extra_tags={**extra_tags, **waiting.marks(self.store, self.destination)},
            run_kind="cell" if self.namespace is not None else "script",
            parent_run_id=parent_run_id or self.parent_run_id,
            namespace=self.namespace,
            code=code,
            started_ms=started_ms,
        )
        return self.last_run

    @property
    def has_a_run_of_its_own(self) -> bool:
        """Whether logged values have a run here; in a script, each block has its own."""
        return self.last_run is not None or self.namespace is None

    @property
    def leaves_logs_to_the_notebook(self) -> bool:
        """Whether values belong to the notebook's own run: cells are to have none, or have none."""
        scope = self._scopes[-1] if self._scopes else None
        return self._unasked and self.last_run is None and (scope is None or not scope.open_run)

    def run_to_log(self, *, curve: bool = False) -> tuple[str, str]:
        """Return id and name of the run that logged values belong to.

        The run open in this cell; else the last one that was trained; else a run of their own.
        Values with a step are a `curve`: a training of its own, not a word on an earlier one.
        """
        curve = curve and self.notebook_run is None
        scope = self._scopes[-1] if self._scopes else None
        run = self.last_run or self.notebook_run
        if scope is not None and (scope.open_run or run is None or curve):
            run = scope.logging_run()
        if run is None:
            raise UsageError("nothing was trained yet", "log inside a tracked cell, or name a run")
        return run.run_id, run.name

    def scope_of_fit(self) -> Scope:
        """Return the scope that a fit which begins now belongs to.

        Outside a cell trains a button's callback, or a thread that a cell has left behind.
        """
        return self._scopes[-1] if self._scopes else Scope(self, name=None, source="")

    def fit_is_over(self, scope: Scope) -> None:
        """End a scope that no cell will end."""
        if scope not in self._scopes and not scope.closed:
            scope.close(None)

    def _experiment_id(self) -> str:
        if self.experiment not in self._experiment_ids:
            self._experiment_ids[self.experiment] = writer.ensure_experiment(
                self.client, self.workspace, self.experiment, self.store
            )
        return self._experiment_ids[self.experiment]

    def _meet_courier(self) -> courier.Courier | None:
        """Return who delivers to the server, where there is one, and note what is to know of it."""
        if not self.destination.remote:
            return None
        found = courier.met(self.workspace, self.destination)
        self.notes += found.news()
        return found

    def _enable_autolog(self, library: str) -> None:
        # Called from inside the user's import: it must not fail because of us.
        try:
            self._autolog.enable(library, self._experiment_id())
        except Exception as error:  # noqa: BLE001
            if self._scopes:  # the line that switched tracking on has been shown
                self._scopes[-1].not_tracked(error)
            else:
                self.notes.append(f"training is not tracked: {failures.in_words(error)}")
