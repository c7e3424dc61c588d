"""Tracking cells: between IPython's events and the tracking session."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from mlops_jupyter.tracking.capture.context import notebook_path, relative
from mlops_jupyter.tracking.records import Tracking
from mlops_jupyter.tracking.session import Session, forget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
        self._name: str | None = None
        self._inside_cell_magic = False
        self._framed: object = None

    def on(self, workspace: Workspace, experiment: str | None, *, name: str | None) -> Tracking:
        """Track every cell from the next one on."""
        self.off()
        self._session = self._open(workspace, experiment)
        self._name = name
        self._shell.events.register("pre_run_cell", self._before_cell)
        self._shell.events.register("post_run_cell", self._after_cell)
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
            store=session.store.shown,
            store_reason=session.store.reason,
            notebook=relative(session.workspace, notebook) if notebook else None,
            notes=session.notes,
        )

    def run_cell(
        self,
        workspace: Workspace,
        experiment: str | None,
        *,
        name: str | None,
        body: Callable[[], None],
    ) -> None:
        """Run one cell as a tracked one; what it raises is raised again, always.

        Papermill would otherwise see a success, and go on after a failed training.
        """
        whole_notebook = self._session
        session = self._open(workspace, experiment)
        session.begin(name=name, source=getattr(body, "source", ""))
        session.tell_notes()  # no line of its own has told them
        self._inside_cell_magic = True
        error: BaseException | None = None
        try:
            body()
        except BaseException as raised:
            error = raised
            raise
        finally:
            self._inside_cell_magic = False
            self._tell(session, error)
            session.stop()
            if whole_notebook is not None:
                whole_notebook.start()

    def body(self, source: str) -> Callable[[], None]:
        """Return a function that runs the cell's own code and raises what it raises."""

        def run() -> None:
            with self._one_traceback() as shown:
                result = self._shell.run_cell(source, store_history=False)
            error = result.error_before_exec or result.error_in_exec
            if error is not None:
                # The traceback through the user's lines alone, without ours around it.
                if shown:
                    with contextlib.suppress(AttributeError):
                        error._render_traceback_ = lambda: shown[-1]
                raise error

        run.source = source  # type: ignore[attr-defined]  # for the run's code artifact
        return run

    def _open(self, workspace: Workspace, experiment: str | None) -> Session:
        chosen = experiment or workspace.settings.tracking.experiment
        session = Session(workspace, chosen, namespace=self._shell.user_ns, reads=self._reads)
        session.start()
        return session

    def _before_cell(self, info: Any) -> None:
        # The body of a cell magic is a cell of its own to IPython; it is framed already.
        if self._session is None or self._inside_cell_magic or self._framed is not None:
            return
        self._framed = info
        self._session.begin(name=self._name, source=info.raw_cell or "")

    def _after_cell(self, result: Any) -> None:
        if self._session is None or result.info is not self._framed:
            return
        self._framed = None
        self._tell(self._session, result.error_before_exec or result.error_in_exec)

    def _tell(self, session: Session, error: BaseException | None) -> None:
        summary = session.end(error)
        if summary is not None:
            self._display(summary)

    @contextlib.contextmanager
    def _one_traceback(self) -> Iterator[list[list[str]]]:
        """Hold back the inner cell's traceback: the outer one shows it."""
        shown: list[list[str]] = []
        shell = self._shell
        before = vars(shell).get("_showtraceback")  # an outer %%mlops track holds it back too
        shell._showtraceback = lambda _kind, _error, lines: shown.append(lines)  # noqa: SLF001
        try:
            yield shown
        finally:
            if before is None:
                del shell._showtraceback  # noqa: SLF001 - the class's own method again
            else:
                shell._showtraceback = before  # noqa: SLF001
