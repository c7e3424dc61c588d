"""What the verbs of pipelines return; each is built when first used, for a quick start."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from mlops_jupyter.results import Record, Result

Outcome = Literal["ran", "restored", "unchanged", "failed", "stopped", "would run", "frozen"]


class ProposedPath(Record, defer_build=True):
    """A dependency or an output, and why it is thought to be one.

    Attributes
    ----------
    path : str
        Seen from the workspace.
    why : str
        Who says so: a run, the code, the user.
    """

    path: str
    why: str


class ProposedStage(Result, defer_build=True):
    """A stage of ``dvc.yaml`` for a notebook, as it would be written, or was.

    Attributes
    ----------
    name : str
        The stage.
    notebook : str
        Seen from the workspace.
    command : str
        What DVC runs.
    dependencies, outputs : list of ProposedPath
        What it reads and writes.
    parameters : dict
        Its section of ``params.yaml``.
    text : str
        The stage as it stands in ``dvc.yaml``.
    files : list of str
        What is written to: ``dvc.yaml``, ``params.yaml``, files of git's ignored names.
    notes : list of str
        What was left out, or has to be looked at.
    written : bool
        Whether it was written.
    """

    kind: ClassVar[str] = "pipeline_stage"

    name: str
    notebook: str
    command: str
    dependencies: list[ProposedPath] = Field(default_factory=list)
    outputs: list[ProposedPath] = Field(default_factory=list)
    parameters: dict[str, Any] = Field(default_factory=dict)
    text: str
    files: list[str] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)
    written: bool = False

    def to_text(self) -> str:
        """Return the stage for the terminal."""
        from mlops_jupyter.pipelines import view

        return view.stage_text(self)

    def to_html(self) -> str:
        """Return the stage for the notebook."""
        from mlops_jupyter.pipelines import view

        return view.stage_html(self)


class StageReason(Record, defer_build=True):
    """Why a stage has to run again.

    Attributes
    ----------
    what : str
        What of it changed.
    name : str
        Which: a path, a parameter.
    said : str
        In words.
    """

    what: Literal["dependency", "parameter", "output", "command", "always"]
    name: str
    said: str


class StageState(Record, defer_build=True):
    """A stage, held against ``dvc.lock``.

    Attributes
    ----------
    name : str
        The stage.
    state : str
        ``stale``: it would run; ``follows``: a stage before it would, and it may have to then.
    reasons : list of StageReason
        Why it is stale.
    after : list of str
        The stages whose outputs it reads.
    """

    name: str
    state: Literal["unchanged", "stale", "follows", "frozen"]
    reasons: list[StageReason] = Field(default_factory=list)
    after: list[str] = Field(default_factory=list)


class PipelineStatus(Result, defer_build=True):
    """Which stages would run, and why.

    Attributes
    ----------
    stages : list of StageState
        In the order in which they run.
    """

    kind: ClassVar[str] = "pipeline_status"

    stages: list[StageState]

    def to_text(self) -> str:
        """Return the states for the terminal."""
        from mlops_jupyter.pipelines import view

        return view.status_text(self)

    def to_html(self) -> str:
        """Return the states for the notebook."""
        from mlops_jupyter.pipelines import view

        return view.status_html(self)


class StageNode(Record, defer_build=True):
    """A stage, as it stands in ``dvc.yaml``.

    Attributes
    ----------
    name, command : str
        What DVC calls it, and runs.
    dependencies, outputs : list of str
        Paths from the workspace.
    parameters : list of str
        Names of what it takes from ``params.yaml`` or another such file.
    after : list of str
        The stages whose outputs it reads.
    """

    name: str
    command: str
    dependencies: list[str] = Field(default_factory=list)
    outputs: list[str] = Field(default_factory=list)
    parameters: list[str] = Field(default_factory=list)
    after: list[str] = Field(default_factory=list)


class PipelineGraph(Result, defer_build=True):
    """The stages, and which comes after which.

    Attributes
    ----------
    stages : list of StageNode
        In the order in which they run.
    """

    kind: ClassVar[str] = "pipeline"

    stages: list[StageNode]

    def to_text(self) -> str:
        """Return the graph for the terminal."""
        from mlops_jupyter.pipelines import view

        return view.graph_text(self)

    def to_html(self) -> str:
        """Return the graph for the notebook."""
        from mlops_jupyter.pipelines import view

        return view.graph_html(self)


class StageDone(Record, defer_build=True):
    """What became of a stage.

    Attributes
    ----------
    name : str
        The stage.
    outcome : str
        ``ran``; ``restored``: DVC had what it made of the same before; ``unchanged``: skipped.
    reasons : list of StageReason
        Why it ran.
    seconds : float
        How long it took.
    run_ids : list of str
        The tracked runs that it made.
    log : str, optional
        What it printed, as a file of the workspace.
    """

    name: str
    outcome: Outcome
    reasons: list[StageReason] = Field(default_factory=list)
    seconds: float = 0.0
    run_ids: list[str] = Field(default_factory=list)
    log: str | None = None


class PipelineRun(Result, defer_build=True):
    """A pass through the pipeline.

    Attributes
    ----------
    run_id : str, optional
        The run around those of the stages; None where no stage had to run.
    status : str
        How it ended.
    stages : list of StageDone
        In the order in which they were come to; those after one that failed are missing.
    lock_before, lock_after : str, optional
        MD5 of ``dvc.lock``, where there was one.
    duration_s : float
        Seconds.
    dry : bool
        Nothing was run.
    error : str, optional
        Why it stopped before the end.
    kept_here : str, optional
        Why its run is not on the tracking server yet.
    """

    kind: ClassVar[str] = "pipeline_run"

    run_id: str | None = None
    status: Literal["FINISHED", "FAILED", "KILLED"] = "FINISHED"
    stages: list[StageDone] = Field(default_factory=list)
    lock_before: str | None = None
    lock_after: str | None = None
    duration_s: float = 0.0
    dry: bool = False
    error: str | None = None
    kept_here: str | None = None

    def to_text(self) -> str:
        """Return what happened for the terminal."""
        from mlops_jupyter.pipelines import view

        return view.run_text(self)

    def to_html(self) -> str:
        """Return what happened for the notebook."""
        from mlops_jupyter.pipelines import view

        return view.run_html(self)


class PipelineExport(Result, defer_build=True):
    """The pipeline, written for another system.

    Attributes
    ----------
    file : str
        Seen from the workspace.
    stages : list of str
        Its steps.
    repository, commit : str
        What steps clone.
    notes : list of str
        What would keep steps from working, or is lost.
    """

    kind: ClassVar[str] = "pipeline_export"

    file: str
    stages: list[str]
    repository: str
    commit: str
    notes: list[str] = Field(default_factory=list)

    def to_text(self) -> str:
        """Return what was written for the terminal."""
        from mlops_jupyter.pipelines import view

        return view.export_text(self)

    def to_html(self) -> str:
        """Return what was written for the notebook."""
        from mlops_jupyter.pipelines import view

        return view.export_html(self)
