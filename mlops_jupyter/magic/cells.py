"""Tracking cells: between IPython's events and the tracking session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops_jupyter.commands.app import HowToTrack
from mlops_jupyter.tracking.attempts import cell_key
from mlops_jupyter.tracking.capture.context import relative
from mlops_jupyter.tracking.capture.notebook_file import notebook_path
from mlops_jupyter.tracking.records import Tracking
from mlops_jupyter.tracking.session import Session, forget

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.interactiveshell import InteractiveShell

    from mlops_jupyter.tracking.capture.reads import Reads
    from mlops_jupyter.workspace import Workspace


class CellTracker:
    """Frames cells for the session; see `mlops_jupyter.commands.app.Tracker`.

    Parameters
    ----------
    shell : InteractiveShell
        The kernel's shell.
    display : callable
        Shows a Result under the cell that is running.
    reads : Reads
        The files this notebook has read since the extension was loaded.
    """

    def __init__(
        self, shell: InteractiveShell, display: Callable[[object], None], reads: Reads
    ) -> None:
        self._shell = shell
        self._display = display
        self._reads = reads
        self._session: Session | None = None
        self._how = HowToTrack()
        self._framed: object = None

    def on(self, workspace: Workspace, experiment: str | None, how: HowToTrack) -> Tracking:
        """Track every cell from the next one on."""
        self.off()
        self._session = self._open(workspace, experiment, how)
        self._how = how
        self._shell.events.register("pre_run_cell", self._before_cell)
        self._shell.events.register("post_run_cell", self._after_cell)
        if how.notebook:
            self._session.open_notebook_run(how.name)
        return self.state()

    def off(self) -> Tracking:
        """Track no longer."""
        if self._session is not None:
            self._shell.events.unregister("pre_run_cell", self._before_cell)
            self._shell.events.unregister("post_run_cell", self._after_cell)
            self._session.stop()
            self._session = None
            self._framed = None
        return self.state()

    def forget(self) -> None:
        """Track no longer, and let go of the last run."""
        self.off()
        forget()

    def state(self) -> Tracking:
        """Say whether tracking is on."""
        session = self._session
        if session is None:
            return Tracking(on=False)
        notebook = notebook_path(self._shell.user_ns)
        return Tracking(
            on=True,
            experiment=session.experiment,
            store=session.destination.shown,
            store_reason=session.destination.reason,
            notebook=relative(session.workspace, notebook) if notebook else None,
            notes=session.notes,
        )

    def this_cell(
        self, workspace: Workspace, experiment: str | None, how: HowToTrack, source: str
    ) -> None:
        """Track what the cell that is running trains, to its end."""
        around = self._session
        session = self._open(workspace, experiment or (around.experiment if around else None), how)
        session.begin(name=how.name, source=source, cell=self._cell_key(source))
        session.tell_notes()  # no line of its own has told them

        def cell_is_over(result: Any) -> None:
            self._shell.events.unregister("post_run_cell", cell_is_over)
            self._tell(session, result.error_before_exec or result.error_in_exec, how)
            session.stop()
            if around is not None and around is self._session:
                around.start()

        self._shell.events.register("post_run_cell", cell_is_over)

    def _open(self, workspace: Workspace, experiment: str | None, how: HowToTrack) -> Session:
        session = Session(
            workspace,
            experiment or workspace.settings.tracking.experiment,
            namespace=self._shell.user_ns,
            reads=self._reads,
            keep_all_models=how.keep_models == "all",
            no_source=how.no_source,
            unasked=how.unasked,
        )
        session.start()
        return session

    def _before_cell(self, info: Any) -> None:
        if self._session is None or self._framed is not None:  # a cell that runs another one
            return
        self._framed = info
        source = info.raw_cell or ""
        key = self._cell_key(source, getattr(info, "cell_id", None))
        # The name is the whole notebook's, where that is one run.
        name = None if self._how.notebook else self._how.name
        self._session.begin(name=name, source=source, cell=key)

    def _after_cell(self, result: Any) -> None:
        if self._session is None or result.info is not self._framed:
            return
        self._framed = None
        self._tell(self._session, result.error_before_exec or result.error_in_exec, self._how)

    def _tell(self, session: Session, error: BaseException | None, how: HowToTrack) -> None:
        summary = session.end(error)
        if summary is not None and (not how.quiet or not summary.run_id):
            self._display(summary)

    def _cell_key(self, source: str, cell_id: str | None = None) -> str:
        notebook = notebook_path(self._shell.user_ns)
        return cell_key(str(notebook) if notebook else None, cell_id, source)
