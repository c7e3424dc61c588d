"""``runs`` and ``show``: looking back."""

from __future__ import annotations

import click

from mlops_jupyter.commands.app import App, ListingGroup, Verb, pass_app
from mlops_jupyter.results import Result


@click.group(cls=ListingGroup, python="runs")
@click.option("--experiment", metavar="NAME", help="Only runs of this experiment.")
@click.option("--limit", type=int, default=20, show_default=True, help="At most so many.")
@pass_app
def runs(app: App, experiment: str | None, limit: int) -> Result:
    """List runs, newest first."""
    from mlops_jupyter.tracking.history.listing import runs as verb

    return verb(app.workspace(), experiment=experiment, limit=limit)


@click.command(cls=Verb, python="show")
@click.argument("reference", default="last")
@pass_app
def show(app: App, reference: str) -> Result:
    """Show one run: metrics, parameters, code, data, model, artifacts.

    REFERENCE is run:ID, the beginning of an id, a name, or 'last'.
    """
    from mlops_jupyter.tracking.history.details import show as verb

    return verb(app.workspace(), reference)
