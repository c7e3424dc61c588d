"""``data snapshot``: keeping data as it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlops_jupyter.commands.app import App, Verb, pass_app

if TYPE_CHECKING:
    from mlops_jupyter.results import Result


@click.command("snapshot", cls=Verb, python="data.snapshot")
@click.argument("things", metavar="PATH...", nargs=-1, required=True)
@click.option("--name", help="Name of the data (default: the one before, or the file's).")
@click.option("-m", "--message", default="", help="What to remember about this version.")
@pass_app
def snapshot(app: App, things: tuple[str, ...], name: str | None, message: str) -> Result:
    """Keep files or folders as they are now, each as a version of its own."""
    from mlops_jupyter.data.snapshots import snapshot as take

    return take(app.workspace(), *things, name=name, message=message, events=app.events)
