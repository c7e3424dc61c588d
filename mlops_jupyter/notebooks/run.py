"""Running a notebook from top to bottom, as one tracked run."""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_jupyter.errors import BadInput, Conflict, NotebookFailed, UsageError
from mlops_jupyter.notebooks import execution as _execution
from mlops_jupyter.notebooks import parameters as _parameters
from mlops_jupyter.notebooks import source as _source
from mlops_jupyter.notebooks.records import NotebookRun
from mlops_jupyter.results import Event, ignore_events
from mlops_jupyter.settings import ENV_NOTEBOOK, ENV_RUN_ID, ENV_TRACKING_URI, ENV_WORKSPACE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlops_jupyter.notebooks.source import Source
    from mlops_jupyter.results import Events
    from mlops_jupyter.tracking.writer import OpenRun
    from mlops_jupyter.workspace import Workspace


def run(
    workspace: Workspace,
    notebook: str | os.PathLike[str],
    *,
    parameters: Sequence[str] | Mapping[str, object] | None = None,
    name: str | None = None,
    experiment: str | None = None,
    output_dir: str | os.PathLike[str] | None = None,
    timeout: float | None = None,
    kernel: str | None = None,
    parent_run_id: str | None = None,
    extra_tags: Mapping[str, str] | None = None,
    events: Events = ignore_events,
) -> NotebookRun:
    """Execute a notebook as one run, and keep the executed notebook with it.

    The kernel's folder is the notebook's, as in JupyterLab. The notebook itself is not changed.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    notebook : path
        The notebook, inside the workspace.
    parameters : sequence of str or mapping, optional
        Values for variables of its cell tagged ``parameters``: ``["name=value"]``, or by name.
    name : str, optional
        Name of the run; the notebook's by default.
    experiment : str, optional
        Experiment of the run; named as the notebook by default.
    output_dir : path, optional
        Where to put the executed notebook, instead of ``.mlops/executed/``.
    timeout : float, optional
        Seconds for the whole notebook.
    kernel : str, optional
        Another kernel than the notebook names.
    parent_run_id : str, optional
        The run it belongs to, as MLflow's nested runs do; that of ``MLOPS_RUN_ID`` by default.
    extra_tags : mapping, optional
        Further tags of the run; those that say what it is stay ours.
    events : callable, optional
        Takes a step for each cell.

    Returns
    -------
    NotebookRun
        The run, finished.

    Raises
    ------
    NotFound, BadInput, UsageError, Conflict
        The notebook, a parameter, the kernel or the output cannot be used. Nothing was started.
    StoreUnavailable
        The tracking store does not answer. Nothing was started.
    NotebookFailed
        A cell raised, the kernel died, or time ran out. The run is FAILED, and keeps the executed
        notebook; ``result`` holds the `NotebookRun`.

    Examples
    --------
    >>> import mlops_jupyter as mlops
    >>> ws = mlops.Workspace.find()
    >>> done = mlops.run(ws, "notebooks/train.ipynb", parameters={"n_trees": 20})
    >>> done.status, done.parameters
    ('FINISHED', {'n_trees': 20})
    """
    if timeout is not None and not timeout > 0:
        raise UsageError(f"timeout is {timeout:g} s", "give a number of seconds above 0")
    source = _source.read(workspace, notebook)
    kernel_used = _execution.choose_kernel(source, kernel)
    known = _parameters.read(source)
    if known is None and source.language != "python":
        values = _parameters.check_unseen(parameters)
    else:
        values = _parameters.check(known, parameters)
    wanted = None if output_dir is None else _wanted_output(source, Path(output_dir))

    events(Event(f"running {source.path.name}"))
    opened = _open(
        workspace,
        source,
        name=name,
        experiment=experiment,
        parent_run_id=parent_run_id,
        extra_tags=extra_tags or {},
    )
    output = wanted or _own_output(workspace, source, opened.run_id)
    job = _Job(workspace, source, opened, output, _parameters.as_logged(known, values))
    return job.run(values=values, kernel=kernel_used, timeout=timeout, events=events)


def _open(
    workspace: Workspace,
    source: Source,
    *,
    name: str | None,
    experiment: str | None,
    parent_run_id: str | None,
    extra_tags: Mapping[str, str],
) -> OpenRun:
    from mlops_jupyter.tracking import tags, writer
    from mlops_jupyter.tracking.capture import context
    from mlops_jupyter.tracking.store import waiting

    recorded = waiting.recording_store(workspace)  # here first, as the runs of its cells
    shown = context.relative(workspace, source.path)
    return writer.open_run(
        workspace,
        experiment=experiment or source.path.stem,
        name=name or source.path.stem,
        run_kind="notebook",
        # Set by `mlops pipeline run`, and by the notebook that this one is started from.
        parent_run_id=parent_run_id or os.environ.get(ENV_RUN_ID) or None,
        extra_tags={
            **({tags.STAGE: _stage(stage)} if (stage := os.environ.get("DVC_STAGE")) else {}),
            **extra_tags,
            tags.NOTEBOOK: shown,
            tags.SOURCE_NAME: shown,
            tags.SOURCE_TYPE: "NOTEBOOK",
            **waiting.marks(recorded, workspace.store),
        },
        store=recorded,
    )


def _stage(addressing: str) -> str:
    """Return a stage's name out of what DVC calls it: with its file, where that is elsewhere."""
    return addressing.rpartition(":")[2]


class _Job:
    """One run of one notebook, whatever becomes of it."""

    def __init__(
        self,
        workspace: Workspace,
        source: Source,
        opened: OpenRun,
        output: Path,
        logged: dict[str, Any],
    ) -> None:
        self._workspace = workspace
        self._source = source
        self._run = opened
        self._output = output
        self._logged = logged
        self._execution = _execution.Execution()
        self._started = time.monotonic()

    def run(
        self,
        *,
        values: Mapping[str, Any],
        kernel: tuple[str, str],
        timeout: float | None,
        events: Events,
    ) -> NotebookRun:
        """Execute, and close the run under all circumstances."""
        try:
            if self._logged:
                self._run.log_params(self._logged)
            _execution.execute(
                self._execution,
                self._source,
                self._output,
                parameters=values,
                kernel=kernel,
                environment=self._environment(),
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
            f"see {result.output}, or `mlops show run:{self._run.run_id[:8]}`",
            result=result,
        )

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            ENV_WORKSPACE: str(self._workspace.root),
            ENV_RUN_ID: self._run.run_id,
            ENV_NOTEBOOK: str(self._source.path),
            ENV_TRACKING_URI: self._workspace.store.uri,
        }

    def _place(self) -> str:
        done = self._execution
        return f", cell {done.executed} of {done.total}" if done.executed else ""

    def _close(self, status: Any, error: str | None) -> NotebookRun:
        """Keep the executed notebook, end the run, and tell what it came to."""
        from mlops_jupyter.tracking.capture import context, surroundings

        if self._output.exists():
            with contextlib.suppress(ValueError):  # Papermill was stopped while it wrote the file
                surroundings.keep_executed(
                    self._run,
                    self._workspace,
                    self._output,
                    notebook=self._source.path,
                    remote=self._workspace.store.remote,
                )
        self._run.finish(status, error)
        kept_here = self._deliver()
        metrics = self._run.client.get_run(self._run.run_id).data.metrics
        return NotebookRun(
            run_id=self._run.run_id,
            uid=self._run.uid,
            name=self._run.name,
            experiment=self._run.experiment,
            status=status,
            notebook=context.relative(self._workspace, self._source.path),
            output=context.relative(self._workspace, self._output),
            parameters=self._logged,
            cells_executed=self._execution.executed,
            cells_total=self._execution.total,
            duration_s=round(time.monotonic() - self._started, 3),
            metrics=metrics,
            error=error,
            kept_here=kept_here,
        )

    def _deliver(self) -> str | None:
        """Bring the run to the server, to the end; return why it is here alone."""
        from mlops_jupyter.tracking.transfer.syncing import delivered

        if not self._workspace.store.remote:
            return None
        return delivered(self._workspace, self._run.run_id)


def _own_output(workspace: Workspace, source: Source, run_id: str) -> Path:
    """Return where this run's executed notebook goes: a folder of its own."""
    folder = workspace.state_dir / "executed" / run_id
    folder.mkdir(parents=True)
    return folder / source.output_name


def _wanted_output(source: Source, folder: Path) -> Path:
    """Return the output in the user's folder; only an executed notebook is overwritten."""
    output = Path(os.path.abspath(folder)) / source.output_name
    if source.is_text and folder.exists() and folder.samefile(source.path.parent):
        raise Conflict(
            f"{output} would be taken for the pair of {source.path.name}",
            "choose another --output-dir, or leave it out",
        )
    if output.exists():
        if output.samefile(source.path):
            raise Conflict(
                f"{output} is the notebook itself; running it there would overwrite it",
                "choose another --output-dir, or leave it out",
            )
        if not _is_executed(output):
            raise Conflict(
                f"{output} is there already, and is not an executed notebook",
                "choose another --output-dir, or move it away",
            )
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{folder} cannot be made: {error.strerror}", "choose another") from None
    return output


def _is_executed(path: Path) -> bool:
    """Whether Papermill wrote it."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return bool(content["metadata"]["papermill"]["start_time"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
