"""``sync``, and what moves runs: ``runs push``, ``pull``, ``export`` and ``import``."""

from __future__ import annotations

import click

from mlops_jupyter.commands.app import App, Verb, pass_app
from mlops_jupyter.results import Result

_EXPERIMENT = click.option("--experiment", metavar="NAME", help="Only runs of this experiment.")
_REMOTE = click.option("--remote", metavar="NAME", help="Which DVC remote, if not the default.")


@click.command(cls=Verb, python="sync")
@click.option("--dry-run", is_flag=True, help="Only say what waits.")
@pass_app
def sync(app: App, dry_run: bool) -> Result:
    """Bring the runs that wait here to the tracking server."""
    from mlops_jupyter.tracking.transfer.syncing import sync as verb

    return verb(app.workspace(), dry_run=dry_run, events=app.events)


@click.command("push", cls=Verb, python="push_runs")
@_EXPERIMENT
@_REMOTE
@pass_app
def push(app: App, experiment: str | None, remote: str | None) -> Result:
    """Put new and changed runs into the DVC remote."""
    from mlops_jupyter.tracking.transfer.exchange import push_runs as verb

    return verb(app.reading(), experiment=experiment, remote=remote, events=app.events)


@click.command("pull", cls=Verb, python="pull_runs")
@_EXPERIMENT
@_REMOTE
@pass_app
def pull(app: App, experiment: str | None, remote: str | None) -> Result:
    """Bring in the runs of the DVC remote."""
    from mlops_jupyter.tracking.transfer.exchange import pull_runs as verb

    return verb(app.workspace(), experiment=experiment, remote=remote, events=app.events)


@click.command("export", cls=Verb, python="export_runs")
@click.argument("target", metavar="FILE", type=click.Path())
@click.argument("references", metavar="[REF]...", nargs=-1)
@_EXPERIMENT
@pass_app
def export(app: App, target: str, references: tuple[str, ...], experiment: str | None) -> Result:
    """Write runs with all that belongs to them into FILE."""
    from mlops_jupyter.tracking.transfer.archives import export_runs as verb

    return verb(
        app.reading(), target, references=references, experiment=experiment, events=app.events
    )


@click.command("import", cls=Verb, python="import_runs")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path())
@pass_app
def import_(app: App, files: tuple[str, ...]) -> Result:
    """Bring in the runs of exported files."""
    from mlops_jupyter.tracking.transfer.archives import import_runs as verb

    return verb(app.workspace(), files, events=app.events)
