"""``mlops pipeline export``: the stages as a pipeline of Kubeflow's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from mlops_jupyter import git, own_files
from mlops_jupyter.errors import BadInput, ToolFailed
from mlops_jupyter.pipelines import kubeflow
from mlops_jupyter.pipelines import project as _project
from mlops_jupyter.pipelines.looking import node_of
from mlops_jupyter.pipelines.records import PipelineExport

if TYPE_CHECKING:
    import os

    from mlops_jupyter.pipelines.project import Project
    from mlops_jupyter.pipelines.records import StageNode
    from mlops_jupyter.workspace import Workspace

FILE = "pipeline.kubeflow.yaml"
_OURS = b"written by mlops pipeline export"


def export(
    workspace: Workspace,
    *,
    to: Literal["kubeflow"] = "kubeflow",
    image: str | None = None,
    output: str | os.PathLike[str] | None = None,
) -> PipelineExport:
    """Write the pipeline as Kubeflow Pipelines v2 YAML, a step for each stage.

    A step clones the repository at the commit of now, takes its dependencies out of the DVC
    remote, runs its stage by ``dvc repro`` and puts the outputs into the remote. A stage's
    ``meta: kubeflow:`` in ``dvc.yaml`` says what it needs: ``image``, ``cpu``, ``memory``,
    ``gpu``, ``retries``, ``cache``.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    to : {"kubeflow"}
        For whom.
    image : str, optional
        Container image of the steps that name none: with git, the project's environment, and
        mlops-jupyter with its ``kubeflow`` extra.
    output : path, optional
        Where to write it; ``pipeline.kubeflow.yaml`` in the workspace by default.

    Raises
    ------
    MissingExtra
        kfp is not installed.
    NotFound
        There is no pipeline.
    BadInput
        There is no image, no commit or no DVC remote, without which no step could work.
    Conflict
        The file is there, and was not written by this.

    Examples
    --------
    >>> import subprocess, sys
    >>> import mlops_jupyter as mlops
    >>> ws = mlops.Workspace.find()
    >>> _ = mlops.pipeline.add(ws, "notebooks/train.ipynb")
    >>> dvc = [sys.executable, "-m", "dvc", "remote", "add", "-q", "-d", "-f"]
    >>> _ = subprocess.run([*dvc, "shelf", "s3://shelf"], check=True)
    >>> mlops.pipeline.export(ws, image="registry.example/flights:1").stages
    ['train']
    """
    if to != "kubeflow":
        raise BadInput(f"pipelines are not written for '{to}'", "there is: kubeflow")
    file = workspace.inside(workspace.root / FILE if output is None else output)
    own_files.refuse_others(file, _is_ours, "was not written by this command")
    with _project.opened(workspace) as project, _project.told(project.root):
        found = [
            (node_of(project, stage), kubeflow.options_of(stage)) for stage in project.stages()
        ]
        if image is None and (bare := next((n.name for n, o in found if not o.image), None)):
            raise BadInput(
                f"stage '{bare}' has no container image to run in",
                "name one with --image: with git, the project's environment, and "
                "mlops-jupyter[kubeflow]",
            )
        if not project.repo.config["core"].get("remote"):
            raise BadInput(
                "there is no DVC remote, through which steps hand their outputs on",
                "`dvc remote add -d NAME URL`, with a URL that the cluster reaches",
            )
        source = _Source.of(workspace)
        tracking, notes = _tracking(workspace)
        text = kubeflow.compiled(
            workspace.root.resolve().name,
            found,
            image=image or kubeflow.IMAGE,
            repository=source.repository,
            commit=source.commit,
            folder=source.folder,
            tracking=tracking,
        )
        notes = [*source.notes, *_left_behind(project, [node for node, _ in found]), *notes]
    own_files.write(file, text.encode())
    return PipelineExport(
        file=str(file.relative_to(workspace.root)),
        stages=[node.name for node, _ in found],
        repository=source.repository,
        commit=source.commit,
        notes=notes,
    )


class _Source:
    """What steps clone."""

    def __init__(self, top: Path, root: Path) -> None:
        self.notes: list[str] = []
        try:
            self.commit = git.run(top, "rev-parse", "--verify", "HEAD").strip()
        except ToolFailed:
            raise BadInput(
                "there is no commit yet, and a step clones one",
                "commit dvc.yaml, params.yaml and the notebooks",
            ) from None
        state = git.code_state(root)
        remote = git.remote_url(top, state.branch)
        self.repository = remote or str(top)
        self.folder = root.relative_to(top).as_posix()
        if remote is None:
            self.notes.append(
                "git knows no remote: whoever starts the pipeline names its parameter `repository`"
            )
        changed = git.run(top, "status", "--porcelain", "--", str(root)).splitlines()
        if changed:
            self.notes.append(
                f"not committed: {', '.join(line[3:] for line in changed[:5])}"
                f"{' …' if len(changed) > 5 else ''}; steps see commit {self.commit[:8]}"
            )

    @classmethod
    def of(cls, workspace: Workspace) -> _Source:
        root = workspace.root.resolve()
        top = git.top_level(root)
        assert top is not None  # noqa: S101 - DVC has opened it
        return cls(top.resolve(), root)


def _tracking(workspace: Workspace) -> tuple[str, list[str]]:
    """Return the tracking URI for steps: one that they reach, and that is no secret."""
    store = workspace.store
    if not store.remote:
        lost = (
            "runs of notebooks stay in the step's container: give the pipeline's parameter "
            "`tracking` a server's address"
        )
        return "", [lost]
    if store.shown != store.uri:
        secret = (
            f"{store.shown} has credentials, which are not written: set MLFLOW_TRACKING_URI "
            "for the steps by a Kubernetes secret"
        )
        return "", [secret]
    return store.uri, []


def _left_behind(project: Project, nodes: list[StageNode]) -> list[str]:
    """Say which dependencies no step would find."""
    from mlops_jupyter.git import run

    made: list[Any] = [Path(out.fs_path) for out in project.repo.index.outs]
    read = dict.fromkeys(path for node in nodes for path in node.dependencies)
    kept = set(run(project.root, "ls-files", "-z", "--", *read).split("\0")) if read else set()
    notes = []
    for path in read:
        place = project.root / path
        by_dvc = any(place.is_relative_to(out) or out.is_relative_to(place) for out in made)
        by_git = any(each == path or each.startswith(f"{path}/") for each in kept)
        if not by_dvc and not by_git:
            notes.append(
                f"{path} is in no commit, and not DVC's: no step finds it; `dvc add {path}`"
            )
    return notes


def _is_ours(file: BinaryIO) -> bool:
    return _OURS in file.read(2000)
