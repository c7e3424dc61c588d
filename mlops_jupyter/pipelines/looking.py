"""``mlops pipeline status`` and ``show``: what would run and why, and what comes after what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops_jupyter.pipelines import project as _project
from mlops_jupyter.pipelines.records import PipelineGraph, PipelineStatus, StageNode, StageState
from mlops_jupyter.pipelines.states import reasons

if TYPE_CHECKING:
    from mlops_jupyter.pipelines.project import Project
    from mlops_jupyter.workspace import Workspace


def status(workspace: Workspace) -> PipelineStatus:
    """Say which stages would run, and because of what.

    Parameters
    ----------
    workspace : Workspace
        The workspace.

    Raises
    ------
    NotFound
        There is no pipeline.
    BadInput
        ``dvc.yaml`` is wrong.

    Examples
    --------
    >>> import mlops_jupyter as mlops
    >>> ws = mlops.Workspace.find()
    >>> _ = mlops.pipeline.add(ws, "notebooks/train.ipynb")
    >>> [stage.state for stage in mlops.pipeline.status(ws).stages if stage.name == "train"]
    ['stale']
    """
    with _project.opened(workspace) as project, _project.told(project.root):
        found: list[StageState] = []
        running: set[str] = set()
        for stage in project.stages():
            state = _state(project, stage, running)
            if state.state in ("stale", "follows"):
                running.add(stage.name)
            found.append(state)
        return PipelineStatus(stages=found)


def _state(project: Project, stage: Any, running: set[str]) -> StageState:
    why, after = reasons(project, stage), project.before(stage)
    if stage.frozen:
        return StageState(name=stage.name, state="frozen", reasons=why, after=after)
    follows = bool(running & set(after))
    state = "stale" if why else "follows" if follows else "unchanged"
    return StageState(name=stage.name, state=state, reasons=why, after=after)


def show(workspace: Workspace) -> PipelineGraph:
    """Show the stages, and which comes after which.

    Parameters
    ----------
    workspace : Workspace
        The workspace.

    Raises
    ------
    NotFound
        There is no pipeline.
    BadInput
        ``dvc.yaml`` is wrong.

    Examples
    --------
    >>> import mlops_jupyter as mlops
    >>> ws = mlops.Workspace.find()
    >>> _ = mlops.pipeline.add(ws, "notebooks/train.ipynb", name="again")
    >>> [stage.command for stage in mlops.pipeline.show(ws).stages if stage.name == "again"]
    ['mlops run notebooks/train.ipynb -f params.yaml:again']
    """
    with _project.opened(workspace) as project, _project.told(project.root):
        return PipelineGraph(stages=[node_of(project, stage) for stage in project.stages()])


def node_of(project: Project, stage: Any) -> StageNode:
    """Return a stage as it stands in ``dvc.yaml``."""
    from dvc.dependency import ParamsDependency

    paths = [dep for dep in stage.deps if not isinstance(dep, ParamsDependency)]
    sections = [dep for dep in stage.deps if isinstance(dep, ParamsDependency)]
    return StageNode(
        name=stage.name,
        command=stage.cmd if isinstance(stage.cmd, str) else "\n".join(stage.cmd or ()),
        dependencies=[project.shown(dep.fs_path) for dep in paths],
        outputs=[project.shown(out.fs_path) for out in stage.outs],
        parameters=[
            name if project.shown(dep.fs_path) == _project.PARAMS else f"{dep.def_path}:{name}"
            for dep in sections
            for name in dep.params or [dep.def_path]
        ],
        after=project.before(stage),
    )
