"""``init``, ``status``, ``doctor`` and ``demo``: the workspace as a whole."""

from __future__ import annotations

import click

from mlops_jupyter.commands.app import App, Verb, pass_app
from mlops_jupyter.errors import GateFailed
from mlops_jupyter.results import Result


@click.command(cls=Verb, python="init")
@click.argument("folder", default=".", type=click.Path(file_okay=False))
@pass_app
def init(app: App, folder: str) -> Result:
    """Make FOLDER a workspace (twice changes nothing)."""
    from mlops_jupyter.project.init import init as verb

    return verb(folder, events=app.events)


@click.command(cls=Verb, python="status")
@pass_app
def status(app: App) -> Result:
    """Where things stand: code, data, model."""
    from mlops_jupyter.project.status import status as verb

    return verb(app.workspace())


@click.command(cls=Verb, python="doctor")
@click.option(
    "--fix", is_flag=True, help="Repair the artifact paths of a workspace that was moved."
)
@pass_app
def doctor(app: App, fix: bool) -> Result:
    """What works, what does not, and the command that mends each.

    The exit code is 1 where something is broken.
    """
    from mlops_jupyter.project.doctor import doctor as verb

    namespace = dict(app.namespace) if app.namespace is not None else None
    diagnosis = verb(fix=fix, store=app.store, namespace=namespace)
    if not diagnosis.healthy and namespace is None:  # in a notebook the ✗ is enough
        broken = [check.name for check in diagnosis.checks if check.state == "bad"]
        raise GateFailed(
            f"not well: {', '.join(broken)}", "see what mends each, above", result=diagnosis
        )
    return diagnosis


@click.command(cls=Verb, python="demo")
@click.argument("folder", type=click.Path(file_okay=False))
@click.option("--no-run", is_flag=True, help="Only lay the files out.")
@pass_app
def demo(app: App, folder: str, no_run: bool) -> Result:
    """Lay out the flights example in FOLDER and run it."""
    from mlops_jupyter.project.demo import demo as verb

    return verb(folder, no_run=no_run, events=app.events)
