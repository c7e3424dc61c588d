"""``sync``, and what moves runs: ``runs push``, ``pull``, ``export`` and ``import``."""

from __future__ import annotations

import click

from mlops_jupyter.commands.app import App, Verb, pass_app
from mlops_jupyter.results import Result


@click.command(cls=Verb, python="sync")
@click.option("--dry-run", is_flag=True, help="Only say what waits.")
@pass_app
def sync(app: App, dry_run: bool) -> Result:
    """Bring the runs that wait here to the tracking server."""
    from mlops_jupyter.tracking.transfer.syncing import sync as verb

    return verb(app.workspace(), dry_run=dry_run, events=app.events)
