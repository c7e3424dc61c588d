"""``lineage``: what something came from, and what came from it."""

from __future__ import annotations

import click

from mlops_jupyter.commands import completing
from mlops_jupyter.commands.app import App, Verb, pass_app
from mlops_jupyter.results import Result


@click.command(cls=Verb, python="lineage")
@click.argument("reference", metavar="REF", shell_complete=completing.data_or_file)
@click.option("--up", is_flag=True, help="Only what it came from.")
@click.option("--down", is_flag=True, help="Only what came from it.")
@click.option("--depth", type=click.IntRange(min=1), help="At most so many steps.")
@click.option(
    "--openlineage",
    metavar="FILE|URL",
    help="Also tell the runs as OpenLineage events: to a file of JSON lines, or a server.",
)
@pass_app
def lineage(
    app: App, *, reference: str, up: bool, down: bool, depth: int | None, openlineage: str | None
) -> Result:
    """Show what something came from, and what came from it.

    REF is run:ID, model:NAME@VERSION or @ALIAS, data:NAME@vN, or the path of a file or notebook.
    """
    from mlops_jupyter.provenance.tracing import lineage as verb

    return verb(app.reading(), reference, up=up, down=down, depth=depth, openlineage=openlineage)
