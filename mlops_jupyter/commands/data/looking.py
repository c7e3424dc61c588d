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
@pass_app
def versions(app: App, name: str | None) -> Result:
    """List the versions that were kept, newest first."""
    from mlops_jupyter.data.history import versions as list_versions

    return list_versions(app.workspace(), name)
