"""``compare``: what runs differ in."""

from __future__ import annotations

import click

from mlops_jupyter.commands.app import App, Verb, pass_app
from mlops_jupyter.results import Result


@click.command(cls=Verb, python="compare")
@click.argument("references", nargs=-1, required=True, metavar="REF REF...")
@click.option("--everything", is_flag=True, help="List also what is equal.")
@pass_app
def compare(app: App, references: tuple[str, ...], everything: bool) -> Result:
    """Show what runs differ in: parameters, metrics, data, code, packages, cells.

    Each REF is run:ID, the beginning of an id, a name, or 'last'; the others are held against
    the first.
    """
    from mlops_jupyter.tracking.history.compare import compare as verb

    return verb(app.reading(), references, everything=everything)
