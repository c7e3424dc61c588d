"""``data versions``, ``data show``: what was kept, and what is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlops_jupyter.commands import completing
from mlops_jupyter.commands.app import App, Verb, pass_app

if TYPE_CHECKING:
    from mlops_jupyter.results import Result


@click.command("versions", cls=Verb, python="data.versions")
@click.argument("name", required=False, shell_complete=completing.data)
@click.option("--all", "all_", is_flag=True, help="Also what tracked runs have read.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most so many."
)
@pass_app
def versions(app: App, name: str | None, *, all_: bool, limit: int) -> Result:
    """List the versions that were kept, newest first."""
    from mlops_jupyter.data.catalog.history import versions as list_versions

    return list_versions(app.workspace(), name, limit=limit, all=all_)


@click.command("show", cls=Verb, python="data.show")
@click.argument("reference", metavar="REF", shell_complete=completing.data)
@click.option("--wait", is_flag=True, help="Wait until it is counted what is in it.")
@click.option("--all", "all_", is_flag=True, help="All columns of a wide table, not 50.")
@pass_app
def show(app: App, reference: str, *, wait: bool, all_: bool) -> Result:
    """Show a version: where it is, what brings it back, and what is in it."""
    from mlops_jupyter.data.profile.showing import show as show_version

    return show_version(app.workspace(), reference, wait=wait, all=all_, events=app.events)
