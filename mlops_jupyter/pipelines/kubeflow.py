"""The pipeline as Kubeflow Pipelines v2 YAML, by kfp's own compiler."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mlops_jupyter.errors import BadInput, MissingExtra

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops_jupyter.pipelines.records import StageNode

IMAGE = "python:3.11"


class Options(BaseModel):
    """What a stage's ``meta: kubeflow:`` in ``dvc.yaml`` says of its step.

    Attributes
    ----------
    image : str, optional
        The container's image, instead of the pipeline's.
    cpu, memory : str, optional
        What it needs, as Kubernetes says it: ``"2"``, ``"4Gi"``.
    gpu : int
        How many NVIDIA GPUs.
    retries : int
        How often it is tried again.
    cache : bool
        Whether a step of the same commit and inputs is taken over.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)

    image: str | None = None
    cpu: str | None = Field(default=None, pattern=r"^[0-9.]+m?$")
    memory: str | None = Field(default=None, pattern=r"^[0-9.]+(K|Ki|M|Mi|G|Gi|T|Ti)?$")
    gpu: int = Field(default=0, ge=0)
    retries: int = Field(default=0, ge=0, le=100)
    cache: bool = True


def options_of(stage: Any) -> Options:
    """Return what a stage says of its step.

    Raises
    ------
    BadInput
        An unknown word, or a wrong value.
    """
    said = (stage.meta or {}).get("kubeflow") or {} if isinstance(stage.meta or {}, dict) else {}
    try:
        return Options.model_validate(said)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(["meta", "kubeflow", *map(str, first["loc"])])
        known = ", ".join(Options.model_fields)
        raise BadInput(
            f"stage '{stage.name}' in dvc.yaml: {where}: {first['msg']}", f"it may have: {known}"
        ) from None


def compiled(
    name: str,
    stages: Sequence[tuple[StageNode, Options]],
    *,
    image: str,
    repository: str,
    commit: str,
    folder: str,
    tracking: str,
) -> str:
    """Return the YAML, which kfp has loaded once.

    Parameters
    ----------
    name : str
        Name of the pipeline.
    stages : sequence of (StageNode, Options)
        In the order in which they run.
    image : str
        For steps that name none.
    repository, commit : str
        What steps clone; whoever starts the pipeline can choose others.
    folder : str
        Where in the repository ``dvc.yaml`` is.
    tracking : str
        MLflow's tracking URI for steps.

    Raises
    ------
    MissingExtra
        kfp is not installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # kfp's own, of Python versions to come
            from kfp import compiler, components
    except ModuleNotFoundError:
        raise MissingExtra("kfp", "kubeflow", "a pipeline for Kubeflow") from None

    with tempfile.TemporaryDirectory() as place, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file = str(Path(place) / "pipeline.yaml")
        pipeline = _pipeline(name, stages, image, (repository, commit, folder, tracking))
        compiler.Compiler().compile(pipeline, file)
        text = Path(file).read_text(encoding="utf-8")
        components.load_component_from_text(text)
    return text


def _pipeline(
    name: str,
    stages: Sequence[tuple[StageNode, Options]],
    image: str,
    defaults: tuple[str, str, str, str],
) -> Any:
    from kfp import dsl

    where, at, inside, runs = defaults

    def pipeline(
        repository: str = where, commit: str = at, folder: str = inside, tracking: str = runs
    ) -> None:
        tasks: dict[str, Any] = {}
        for node, options in stages:
            before = [tasks[each] for each in node.after]
            task = _component(node.name, options.image or image)(
                stage=node.name,
                repository=repository,
                commit=commit,
                folder=folder,
                tracking=tracking,
                locks="\n".join(str(each.output) for each in before),
            )
            _set(task, node.name, options)
            tasks[node.name] = task

    # kfp takes types, not their names.
    pipeline.__annotations__ = dict.fromkeys(("repository", "commit", "folder", "tracking"), str)
    described = "Stages of dvc.yaml, written by mlops pipeline export."
    return dsl.pipeline(name=name, description=described)(pipeline)


def _component(stage: str, image: str) -> Any:
    """Return the step as a component of the stage's own name."""
    from kfp import dsl

    from mlops_jupyter.pipelines.kubeflow_step import step

    made = dsl.component(step, base_image=image, install_kfp_package=False)
    label = "".join(sign if sign.isalnum() else "-" for sign in stage.lower()).strip("-")
    made.name = made.component_spec.name = label
    return made


def _set(task: Any, stage: str, options: Options) -> None:
    task.set_display_name(stage)
    task.set_caching_options(options.cache)
    if options.cpu:
        task.set_cpu_request(options.cpu).set_cpu_limit(options.cpu)
    if options.memory:
        task.set_memory_request(options.memory).set_memory_limit(options.memory)
    if options.gpu:
        task.set_accelerator_type("nvidia.com/gpu").set_accelerator_limit(options.gpu)
    if options.retries:
        task.set_retry(num_retries=options.retries)
