"""Running a notebook from top to bottom, as one tracked run."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_jupyter.errors import BadInput, UsageError
from mlops_jupyter.notebooks import launching as _launching
from mlops_jupyter.notebooks import parameter_files as _files
from mlops_jupyter.notebooks import parameters as _parameters
from mlops_jupyter.notebooks import placing as _placing
from mlops_jupyter.notebooks import source as _source
from mlops_jupyter.notebooks.job import Job
from mlops_jupyter.results import Event, ignore_events
from mlops_jupyter.settings import ENV_RUN_ID

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlops_jupyter.notebooks.parameters import Parameter
    from mlops_jupyter.notebooks.records import NotebookRun
    from mlops_jupyter.notebooks.source import Source
    from mlops_jupyter.results import Events
    from mlops_jupyter.tracking.writer import OpenRun
    from mlops_jupyter.workspace import Workspace


def run(
    workspace: Workspace,
    notebook: str | os.PathLike[str],
    *,
    parameters: Sequence[str] | Mapping[str, object] | None = None,
    parameters_file: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None = None,
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
    parameters_file : path or sequence of paths, optional
        YAML or JSON files with such values; later ones win, and `parameters` over all of them.
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
        Takes a step for each cell, and how it is getting on.

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
    kernel_used = _launching.choose_kernel(source, kernel)
    known = _parameters.read(source)
    values = _values(known, source, parameters, parameters_file)
    _parameters.require(known, values)
    wanted = None if output_dir is None else _placing.wanted_output(source, Path(output_dir))

    events(Event(f"running {source.path.name}"))
    started = time.monotonic()
    job = Job(workspace, source, _parameters.as_logged(known, values), started=started)
    with _launching.launching(kernel_used) as launch:
        if launch.hears_code:  # it learns later which run it is of
            launch.start(source.path.parent, job.environment(None))
        opened = _open(
            workspace,
            source,
            name=name,
            experiment=experiment,
            parent_run_id=parent_run_id,
            extra_tags=extra_tags or {},
        )
        return job.run(opened, launch, output=wanted, values=values, timeout=timeout, events=events)


def _values(
    known: Mapping[str, Parameter] | None,
    source: Source,
    parameters: Sequence[str] | Mapping[str, object] | None,
    files: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None,
) -> dict[str, Any]:
    """Return the values that were given, each checked where it stands."""
    unseen = known is None and source.language != "python"
    values: dict[str, Any] = {}
    for path in [files] if isinstance(files, (str, os.PathLike)) else files or ():
        found = _files.read(path)
        for name, value in found.values.items():
            try:
                values |= {name: value} if unseen else _parameters.check(known, {name: value})
            except BadInput as error:
                raise BadInput(f"{found.place(name)}: {error.message}", error.hint) from None
    given = _parameters.check_unseen(parameters) if unseen else _parameters.check(known, parameters)
    return {**values, **given}


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
