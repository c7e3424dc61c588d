"""``data versions``: what was kept."""

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
    from mlops_jupyter.data.history import versions as list_versions

    return list_versions(app.workspace(), name, limit=limit, all=all_)
