"""One run of one notebook, closed whatever becomes of it."""

from __future__ import annotations

import contextlib
import json
import os
import time
from typing import TYPE_CHECKING, Any

from mlops_jupyter.errors import NotebookFailed
from mlops_jupyter.notebooks import execution as _execution
from mlops_jupyter.notebooks import inside, placing, returned
from mlops_jupyter.notebooks.records import NotebookRun
from mlops_jupyter.settings import ENV_NOTEBOOK, ENV_RUN_ID, ENV_TRACKING_URI, ENV_WORKSPACE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mlops_jupyter.notebooks.launching import Launch
    from mlops_jupyter.notebooks.source import Source
    from mlops_jupyter.results import Events
    from mlops_jupyter.tracking.writer import OpenRun
    from mlops_jupyter.workspace import Workspace

# Beside the executed notebook, in the run.
_FOLDER = "execution"
LOG, CELLS, RETURNED = (f"{_FOLDER}/{name}" for name in ("log.txt", "cells.json", "returned.json"))


class Job:
    """A notebook that is run.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    source : Source
        The notebook.
    logged : mapping
        All its parameters, defaults included.
    started : float
        When, on the monotonic clock.
    """

    _run: OpenRun
    _output: Path
    _log: Path

    def __init__(
        self, workspace: Workspace, source: Source, logged: Mapping[str, Any], *, started: float
    ) -> None:
        self._workspace = workspace
        self._source = source
        self._logged = dict(logged)
        self._execution = _execution.Execution()
        self._started = started

    def environment(self, run_id: str | None) -> dict[str, str]:
        """Return the kernel's environment; its run may not be known yet."""
        here = {name: value for name, value in os.environ.items() if name != ENV_RUN_ID}
        ours = {
            ENV_WORKSPACE: str(self._workspace.root),
            ENV_NOTEBOOK: str(self._source.path),
            ENV_TRACKING_URI: self._workspace.store.uri,
        }
        return here | ours | ({ENV_RUN_ID: run_id} if run_id else {})

    def run(
        self,
        opened: OpenRun,
        launch: Launch,
        *,
        output: Path | None,
        values: Mapping[str, Any],
        timeout: float | None,
        events: Events,
    ) -> NotebookRun:
        """Execute, and close the run under all circumstances.

        Parameters
        ----------
        opened : OpenRun
            The run.
        launch : Launch
            The kernel; started here where it was not yet.
        output : Path, optional
            Where the user wants the executed notebook.
        values : mapping
            The given parameters.
        timeout : float, optional
            Seconds for the whole notebook.
        events : callable
            Takes each step.
        """
        self._run = opened
        folder = placing.own_folder(self._workspace, opened.run_id)
        self._output = output or folder / self._source.output_name
        self._log = folder / f"{self._output.stem}.log"
        first_lines = self._first_lines(opened) if launch.hears_code else []
        try:
            if not launch.started:
                launch.start(self._source.path.parent, self.environment(opened.run_id))
            if self._logged:
                opened.log_params(self._logged)
            _execution.execute(
                self._execution,
                self._source,
                self._output,
                log=self._log,
                parameters=values,
                launch=launch,
                first_lines=first_lines,
                timeout=timeout,
                events=events,
            )
        except KeyboardInterrupt:
            self._close("KILLED", f"stopped by the user{self._place()}")
            raise
        except BaseException as error:
            self._close("FAILED", f"{type(error).__name__}: {error}")
            raise
        failure = self._execution.failure
        if failure is None:
            return self._close("FINISHED", None)
        result = self._close("FAILED", f"{failure}{self._place()}")
        raise NotebookFailed(
            f"{self._source.path.name}{self._place()}: {failure}",
            f"see {result.output}, or `mlops show run:{opened.run_id[:8]}`",
            result=result,
        )

    def _first_lines(self, opened: OpenRun) -> list[str]:
        """Return what a kernel of Python is told: which run it is of, and to track its cells."""
        lines = [inside.setting({ENV_RUN_ID: opened.run_id})]
        if not inside.tracks_itself(self._source):
            lines.append(inside.tracking(opened.experiment))
        return lines

    def _place(self) -> str:
        done = self._execution
        return f", cell {done.executed} of {done.total}" if done.executed else ""

    def _close(self, status: Any, error: str | None) -> NotebookRun:
        """Keep what there is, end the run, and tell what it came to."""
        from mlops_jupyter.tracking.capture import context

        self._keep()
        inside.record(self._run, self._execution.seen)
        metrics = self._log_numbers()
        self._run.finish(status, error)
        done = self._execution
        return NotebookRun(
            run_id=self._run.run_id,
            uid=self._run.uid,
            name=self._run.name,
            experiment=self._run.experiment,
            status=status,
            notebook=context.relative(self._workspace, self._source.path),
            output=context.relative(self._workspace, self._output),
            parameters=self._logged,
            cells_executed=done.executed,
            cells_total=done.total,
            duration_s=round(time.monotonic() - self._started, 3),
            metrics=metrics,
            returned=done.returned,
            cells=list(done.cells),
            log=context.relative(self._workspace, self._log) if self._log.exists() else None,
            error=error,
            kept_here=self._deliver(),
        )

    def _keep(self) -> None:
        """Keep the executed notebook, and beside it the log, the cells' times, what it returned."""
        from mlops_jupyter.tracking.capture import objects, surroundings

        remote = self._workspace.store.remote
        if self._output.exists():
            with contextlib.suppress(ValueError):  # Papermill was stopped while it wrote the file
                surroundings.keep_executed(
                    self._run,
                    self._workspace,
                    self._output,
                    notebook=self._source.path,
                    remote=remote,
                )
        uri = str(self._run.entity.info.artifact_uri)
        files = self._files(remote=remote)
        objects.store(self._workspace, self._run.client, self._run.run_id, uri, files)

    def _files(self, *, remote: bool) -> dict[str, bytes | Path]:
        """Return what `[privacy]` lets be kept, without credentials."""
        from mlops_jupyter.tracking.capture.masking import of_this_process

        privacy, mask = self._workspace.settings.privacy, of_this_process().text
        code = privacy.allows("source", remote=remote)
        cells = [
            cell.model_dump(exclude=set() if code else {"line"}) for cell in self._execution.cells
        ]
        found = {CELLS: json.dumps({"cells": cells}, ensure_ascii=False, indent=1)} if cells else {}
        if code and privacy.allows("outputs", remote=remote):
            if self._execution.returned:
                found[RETURNED] = json.dumps(self._execution.returned, ensure_ascii=False, indent=1)
            if self._log.exists():
                found[LOG] = self._log.read_text(encoding="utf-8", errors="replace")
        return {name: mask(text).encode(errors="replace") for name, text in found.items()}

    def _log_numbers(self) -> dict[str, float | None]:
        """Log the numbers that were returned, and what was used; return the run's metrics."""
        from mlops_jupyter.tracking.capture.resources import PREFIX, Usage

        logged = self._run.client.get_run(self._run.run_id).data.metrics
        metrics = {name: value for name, value in logged.items() if not name.startswith(PREFIX)}
        numbers = returned.as_metrics(self._execution.returned)
        # What the notebook has logged itself under that name stays as it is.
        new = {name: value for name, value in numbers.items() if name not in metrics}
        if new:
            self._run.log_metrics(new)
        cells = self._execution.cells
        if cells:
            used = {
                "wall_seconds": round(sum(cell.duration_s for cell in cells), 4),
                "cpu_seconds": round(self._execution.cpu_seconds, 4),
                "peak_memory_megabytes": max(cell.peak_memory or 0 for cell in cells) / 1e6,
            }
            self._run.log_usage(Usage({name: value for name, value in used.items() if value}))
        return {**metrics, **new}

    def _deliver(self) -> str | None:
        """Bring the run to the server, to the end; return why it is here alone."""
        if not self._workspace.store.remote:
            return None
        from mlops_jupyter.tracking.transfer.syncing import delivered

        return delivered(self._workspace, self._run.run_id)
