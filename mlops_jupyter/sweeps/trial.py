"""One trial of a sweep: what a worker is told, does, and answers."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_jupyter._version import __version__
from mlops_jupyter.errors import NotebookFailed
from mlops_jupyter.sweeps import kernels
from mlops_jupyter.tracking import tags

if TYPE_CHECKING:
    from mlops_jupyter.notebooks.records import NotebookRun
    from mlops_jupyter.tracking.records import Status
    from mlops_jupyter.workspace import Workspace


@dataclass(frozen=True)
class Trial:
    """A point of the space, to be tried.

    Attributes
    ----------
    number : int
        From 1, the same however often it is tried.
    values : mapping
        What the notebook is given.
    """

    number: int
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Job:
    """All that a worker needs to run a trial.

    Attributes
    ----------
    workspace : Workspace
        Its folder is where the worker sees it too.
    notebook : str
        Absolute path.
    parent_run_id : str
        The sweep's run.
    name, experiment : str
        Of the trial's run.
    timeout : float, optional
        Seconds for the trial.
    kernel : str, optional
        Another kernel than the notebook names.
    metric : str, optional
        What trials are compared by.
    lost : int
        How many workers were lost with it before.
    """

    trial: Trial
    workspace: Workspace
    notebook: str
    parent_run_id: str
    name: str
    experiment: str
    timeout: float | None = None
    kernel: str | None = None
    metric: str | None = None
    lost: int = 0

    @property
    def key(self) -> str:
        """Names the trial among those of all sweeps."""
        return f"{self.parent_run_id}-{self.trial.number}"

    def again(self) -> Job:
        """Return the same for another worker."""
        return replace(self, lost=self.lost + 1)


@dataclass(frozen=True)
class Outcome:
    """What became of a trial's run.

    Attributes
    ----------
    run_id : str
        MLflow's id; empty where there is no run.
    metrics : mapping
        What was logged to it, the last values.
    error : str, optional
        Why it stopped before the end.
    """

    run_id: str
    status: Status
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    error: str | None = None
    duration_s: float | None = None


@dataclass(frozen=True)
class Site:
    """What a worker says of where it is.

    Attributes
    ----------
    version : str
        Of mlops-jupyter.
    host : str
        Name of its machine.
    sees : bool
        Whether it sees the workspace.
    """

    version: str
    host: str
    sees: bool


def look(proof: str) -> Site:
    """Say where this process is, and whether it sees a file that was just written."""
    return Site(__version__, platform.node(), Path(proof).exists())


def run(job: Job) -> Outcome:
    """Run a trial's notebook, here and now; a notebook that fails is an outcome too."""
    from mlops_jupyter.notebooks.run import run as run_notebook

    begun = time.monotonic()
    try:
        with kernels.named(job.key):
            done = run_notebook(
                job.workspace,
                job.notebook,
                parameters=dict(job.trial.values),
                name=job.name,
                experiment=job.experiment,
                timeout=job.timeout,
                kernel=job.kernel,
                parent_run_id=job.parent_run_id,
                extra_tags=_tags(job),
            )
    except NotebookFailed as error:
        if error.result is None:
            raise
        done = error.result  # type: ignore[assignment]  # a NotebookRun by contract
    return _outcome(done, time.monotonic() - begun)


def _outcome(done: NotebookRun, took: float) -> Outcome:
    return Outcome(done.run_id, done.status, dict(done.metrics), done.error, round(took, 3))


def _tags(job: Job) -> dict[str, str]:
    # Dates and paths are none of JSON's.
    values = json.dumps(dict(job.trial.values), default=str, ensure_ascii=False)
    found = {tags.SWEEP_TRIAL: str(job.trial.number), tags.SWEEP_VALUES: values}
    return found | ({tags.MAIN_METRIC: job.metric} if job.metric else {})
