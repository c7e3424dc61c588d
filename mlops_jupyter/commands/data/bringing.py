"""``data checkout``: content back in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlops_jupyter.commands import completing
from mlops_jupyter.commands.app import App, Verb, pass_app

if TYPE_CHECKING:
    from mlops_jupyter.results import Result


@click.command("checkout", cls=Verb, python="checkout")
@click.argument("reference", metavar="REF", shell_complete=completing.data)
@click.option(
    "--to", metavar="PATH", type=click.Path(), help="Another place for it; a run's: a folder."
)
@click.option("--force", is_flag=True, help="Replace what no version has; it is moved aside.")
@pass_app
def checkout(app: App, reference: str, to: str | None, force: bool) -> Result:
    """Bring a version's content back to where it was, or all that a run (run:ID) read."""
    from mlops_jupyter.project.restoring import checkout as verb

    return verb(app.workspace(), reference, to=to, force=force, events=app.events)
