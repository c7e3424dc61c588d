"""``mlops pipeline run``: what ``dvc repro`` does, each stage a tracked run of one around them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from mlops_jupyter.errors import NotebookFailed
from mlops_jupyter.pipelines import execution, parent
from mlops_jupyter.pipelines import project as _project
from mlops_jupyter.pipelines.records import PipelineRun, StageDone
from mlops_jupyter.pipelines.states import reasons
from mlops_jupyter.results import Event, ignore_events

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops_jupyter.pipelines.project import Project
    from mlops_jupyter.pipelines.records import Outcome, StageReason
    from mlops_jupyter.results import Events
    from mlops_jupyter.workspace import Workspace

LOGS = "pipelines"


def run(
    workspace: Workspace,
    stages: Sequence[str] = (),
    *,
    force: bool = False,
    dry: bool = False,
    events: Events = ignore_events,
) -> PipelineRun:
    """Run the stages whose dependencies, parameters, outputs or command have changed.

    By DVC itself: ``dvc repro`` would run the same ones, and has nothing to do afterwards.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    stages : sequence of str
        Only these, and what they need; the whole pipeline by default.
    force : bool
        Run them also where nothing has changed.
    dry : bool
        Run nothing; say what would.
    events : callable, optional
        Takes what each stage prints.

    Returns
    -------
    PipelineRun
        What became of each stage.

    Raises
    ------
    NotFound
        There is no pipeline, or no such stage.
    BadInput
        ``dvc.yaml`` is wrong, or a dependency is missing.
    NotebookFailed
        A stage failed. Those after it were not run; what it left stays. ``result`` holds the
        `PipelineRun`.

    Examples
    --------
    >>> import mlops_jupyter as mlops
    >>> ws = mlops.Workspace.find()
    >>> _ = mlops.pipeline.add(ws, "notebooks/train.ipynb")
    >>> [(stage.name, stage.outcome) for stage in mlops.pipeline.run(ws, dry=True).stages]
    [('train', 'would run')]
    """
    with _project.opened(workspace) as project:
        return _Pass(project, force=force, dry=dry, events=events).run(stages)


class _Pass:
    """One pass through the pipeline."""

    def __init__(self, project: Project, *, force: bool, dry: bool, events: Events) -> None:
        self._project = project
        self._force = force
        self._dry = dry
        self._events = events
        self._done: list[StageDone] = []
        self._started = time.monotonic()
        self._lock = parent.content(project.lock)
        self._parent = parent.Parent(project.workspace, self._lock)
        self._now: Any = None  # the stage that is being run
        self._why: list[StageReason] = []
        self._command: execution.Command | None = None
        self._began = 0.0
        self._would: set[str] = set()

    def run(self, names: Sequence[str]) -> PipelineRun:
        """Go through the stages, and close the run under all circumstances."""
        from dvc.exceptions import ReproductionError

        with _project.told(self._project.root):
            targets = self._project.chosen(names)
        try:
            with _project.told(self._project.root):
                self._project.repo.reproduce(
                    targets=targets, force=self._force, dry=self._dry, repro_fn=self._stage
                )
        except KeyboardInterrupt:
            self._over("stopped")
            self._close("KILLED", f"stopped by the user{self._place()}")
            raise
        except BaseException as error:
            failure = _cause(error, ReproductionError)
            if failure is None or self._now is None:
                self._over("failed")
                self._close("FAILED", f"{type(error).__name__}: {error}")
                raise
            raise self._failed(failure) from error
        return self._close("FINISHED", None)

    def _stage(self, stage: Any, **options: Any) -> Any:
        """Take the place of DVC's own function for one stage."""
        from dvc.repo.reproduce import _reproduce_stage

        if not self._project.is_own(stage):  # data that a stage needs: its .dvc file
            return _reproduce_stage(stage, **options)
        self._now = None
        upstream = options.get("upstream")
        if self._dry:
            return self._planned(stage)
        if not options.get("force") and not stage.changed(upstream=upstream):
            self._note(stage, "frozen" if stage.frozen else "unchanged")
            return None
        self._why = reasons(self._project, stage)
        self._now, self._began = stage, time.monotonic()
        run_id = self._parent.open()
        file = f"{stage.name.replace('@', '_')}.log"
        log = self._project.workspace.state_dir / LOGS / run_id / file
        self._command = execution.Command(stage.name, log, self._events)
        self._events(Event(f"{stage.name}: {self._because()}"))
        environment = execution.environment(self._project.workspace, run_id)
        with execution.in_place_of_dvcs(self._command.run):
            done = _reproduce_stage(stage, run_env=environment, **options)
        self._over("ran" if self._command.ran else "restored")
        return done

    def _planned(self, stage: Any) -> Any:
        """Say whether it would run: it has changed, or one before it would run."""
        why = reasons(self._project, stage)
        follows = self._would & set(self._project.before(stage))
        if not stage.frozen and (self._force or why or follows):
            self._would.add(stage.name)
            self._note(stage, "would run", why)
        else:
            self._note(stage, "frozen" if stage.frozen else "unchanged")

    def _note(self, stage: Any, outcome: Outcome, why: Sequence[StageReason] = ()) -> None:
        self._done.append(StageDone(name=stage.name, outcome=outcome, reasons=list(why)))
        if outcome == "unchanged":
            self._events(Event(f"{stage.name}: unchanged, skipped"))

    def _over(self, outcome: Outcome) -> None:
        """Note what became of the stage that was being run."""
        if self._now is None or self._command is None:
            return
        name = self._now.name
        log = self._command.log
        self._done.append(
            StageDone(
                name=name,
                outcome=outcome,
                reasons=self._why,
                seconds=round(time.monotonic() - self._began, 3),
                run_ids=self._parent.children(name),
                log=self._project.shown(str(log)) if log.exists() else None,
            )
        )
        self._command = None

    def _failed(self, failure: BaseException) -> NotebookFailed:
        stage, command = self._now.name, self._command
        said = _project.words(failure, self._project.root)
        if command is not None and command.last and command.ran:
            said = command.last
        self._over("failed")
        result = self._close("FAILED", f"stage {stage}: {said}")
        log = result.stages[-1].log if result.stages else None
        hints = [f"see {log}"] if log else []
        if result.stages and result.stages[-1].run_ids:
            hints.append(f"`mlops show run:{result.stages[-1].run_ids[-1][:8]}`")
        hints.append("what it wrote is still there; the stages after it were not run")
        return NotebookFailed(f"stage '{stage}' failed: {said}", "; ".join(hints), result=result)

    def _close(self, status: Any, error: str | None) -> PipelineRun:
        after = parent.content(self._project.lock)
        result = PipelineRun(
            run_id=self._parent.run_id,
            status=status,
            stages=self._done,
            lock_before=parent.digest(self._lock),
            lock_after=parent.digest(after),
            duration_s=round(time.monotonic() - self._started, 3),
            dry=self._dry,
            error=error,
        )
        kept_here = self._parent.close(status, result)
        return result.model_copy(update={"kept_here": kept_here})

    def _place(self) -> str:
        return f", in stage {self._now.name}" if self._now is not None else ""

    def _because(self) -> str:
        if not self._why:
            return "run again" if self._force else "a stage before it has run"
        more = f" and {len(self._why) - 1} more" if len(self._why) > 1 else ""
        return f"{self._why[0].said}{more}"


def _cause(error: BaseException, kind: type[BaseException]) -> BaseException | None:
    """Return what made DVC give up; None where it was something else."""
    each: BaseException | None = error
    while each is not None:
        if isinstance(each, kind):
            return each.__cause__ or each
        each = each.__cause__
    return None
