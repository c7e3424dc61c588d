"""``mlops pipeline``: notebooks as stages of ``dvc.yaml``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

import click

from mlops_jupyter.commands.app import App, Verb, pass_app

if TYPE_CHECKING:
    from mlops_jupyter.results import Result


@click.group(cls=click.Group)
def pipeline() -> None:
    """Put notebooks in a row, and run those that have to."""


@click.command("add", cls=Verb, python="pipelines.add")
@click.argument("notebook", type=click.Path())
@click.option("--name", help="Name of the stage; the notebook's by default.")
@click.option(
    "-p",
    "--parameter",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="Set a parameter in params.yaml. May be repeated.",
)
@click.option(
    "--dep",
    "deps",
    multiple=True,
    metavar="PATH",
    type=click.Path(),
    help="What it reads, instead of what is proposed. May be repeated.",
)
@click.option(
    "--out",
    "outs",
    multiple=True,
    metavar="PATH",
    type=click.Path(),
    help="What it makes, instead of what is proposed. May be repeated.",
)
@click.option("--yes", is_flag=True, help="Write it without asking.")
@pass_app
def add(
    app: App,
    *,
    notebook: str,
    name: str | None,
    parameters: tuple[str, ...],
    deps: tuple[str, ...],
    outs: tuple[str, ...],
    yes: bool,
) -> Result:
    """Make a notebook a stage of dvc.yaml, which `dvc repro` knows as well.

    What it reads and writes is proposed from tracked runs of it and from its code, and shown
    before it is written. Where nobody can be asked, nothing is written without --yes.
    """
    from mlops_jupyter.pipelines.adding import add as verb

    planned = partial(
        verb, app.workspace(), notebook, name=name, parameters=parameters, deps=deps, outs=outs
    )
    if yes:
        return planned()
    proposal = planned(dry_run=True)
    if app.confirm is None or not app.confirm(f"{proposal.to_text()}\n\nWrite this?"):
        return proposal
    return planned()


@click.command("run", cls=Verb, python="pipelines.run")
@click.argument("stages", metavar="[STAGE]...", nargs=-1)
@click.option("--force", is_flag=True, help="Also where nothing has changed.")
@click.option("--dry", is_flag=True, help="Only say what would run.")
@pass_app
def run(app: App, *, stages: tuple[str, ...], force: bool, dry: bool) -> Result:
    """Run the stages that have to, as `dvc repro` does, each as a tracked run."""
    from mlops_jupyter.pipelines.running import run as verb

    return verb(app.workspace(), stages, force=force, dry=dry, events=app.events)


@click.command("status", cls=Verb, python="pipelines.status")
@pass_app
def status(app: App) -> Result:
    """Say which stages would run, and because of what."""
    from mlops_jupyter.pipelines.looking import status as verb

    return verb(app.workspace())


@click.command("show", cls=Verb, python="pipelines.show")
@pass_app
def show(app: App) -> Result:
    """Show the stages, and which comes after which."""
    from mlops_jupyter.pipelines.looking import show as verb

    return verb(app.workspace())


@click.command("export", cls=Verb, python="pipelines.export")
@click.option(
    "--to", type=click.Choice(["kubeflow"]), default="kubeflow", show_default=True, help="For whom."
)
@click.option(
    "--image", help="Container image of steps: git, the environment, mlops-jupyter[kubeflow]."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False),
    help="Where to write it; pipeline.kubeflow.yaml by default.",
)
@pass_app
def export(app: App, *, to: Literal["kubeflow"], image: str | None, output: str | None) -> Result:
    """Write the pipeline as Kubeflow Pipelines v2 YAML, a step for each stage.

    Steps hand their outputs on through the DVC remote. What a stage needs stands with it in
    dvc.yaml, under meta: kubeflow: image, cpu, memory, gpu, retries, cache.
    """
    from mlops_jupyter.pipelines.exporting import export as verb

    return verb(app.workspace(), to=to, image=image, output=output)


# In the order of the help.
for each in (add, run, status, show, export):
    pipeline.add_command(each)
