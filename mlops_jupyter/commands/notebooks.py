"""``mlops run``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlops_jupyter.commands.app import App, Verb, pass_app

if TYPE_CHECKING:
    from mlops_jupyter.notebooks.records import NotebookRun


@click.command(cls=Verb, python="run")
@click.argument("notebook", type=click.Path())
@click.option(
    "-p",
    "--parameter",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="Set a variable of the cell tagged 'parameters'. May be repeated.",
)
@click.option(
    "-f",
    "--parameters-file",
    "parameters_file",
    type=click.Path(),
    multiple=True,
    metavar="FILE",
    help="Take such values from a YAML or JSON file; -p wins over it. May be repeated.",
)
@click.option("--name", help="Name of the run; the notebook's by default.")
@click.option("--experiment", help="Experiment of the run; named as the notebook by default.")
@click.option("--timeout", type=float, metavar="SECONDS", help="Stop the notebook after so long.")
@click.option("--kernel", help="Use another kernel than the notebook names.")
@click.option(
    "--output-dir",
    type=click.Path(file_okay=False),
    help="Put the executed notebook there, instead of .mlops/executed/.",
)
@pass_app
def run(
    app: App,
    *,
    notebook: str,
    parameters: tuple[str, ...],
    parameters_file: tuple[str, ...],
    name: str | None,
    experiment: str | None,
    timeout: float | None,
    kernel: str | None,
    output_dir: str | None,
) -> NotebookRun:
    """Run a notebook from top to bottom, as one tracked run.

    The executed notebook is kept with the run, also when a cell fails.
    """
    from mlops_jupyter.notebooks.run import run as run_notebook

    return run_notebook(
        app.workspace(),
        notebook,
        parameters=parameters,
        parameters_file=parameters_file,
        name=name,
        experiment=experiment,
        timeout=timeout,
        kernel=kernel,
        output_dir=output_dir,
        events=app.events,
    )
