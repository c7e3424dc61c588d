"""``data snapshot``: keeping data as it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlops_jupyter.commands.app import App, Verb, pass_app

if TYPE_CHECKING:
    from mlops_jupyter.results import Result


@click.command("snapshot", cls=Verb, python="data.snapshot")
@click.argument("path", type=click.Path())
@click.option("--name", help="Name of the data (default: the one before, or the file's).")
@click.option("-m", "--message", default="", help="What to remember about this version.")
@pass_app
def snapshot(app: App, path: str, name: str | None, message: str) -> Result:
    """Keep a file or folder as it is now."""
    from mlops_jupyter.data.snapshots import snapshot as take

    return take(app.workspace(), path, name=name, message=message, events=app.events)
