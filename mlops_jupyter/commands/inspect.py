"""``mlops inspect``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlops_jupyter.commands.app import App, Verb, pass_app

if TYPE_CHECKING:
    from mlops_jupyter.notebooks.parameters.record import NotebookParameters


@click.command(cls=Verb, python="inspect")
@click.argument("notebook", type=click.Path())
@pass_app
def inspect(app: App, *, notebook: str) -> NotebookParameters:
    """Show what a notebook takes: its parameters with type, default and description.

    They are read from the code of its cell tagged 'parameters'; nothing is executed. With --json
    there is a JSON schema of them too.
    """
    from mlops_jupyter.notebooks.parameters.inspecting import inspect as verb

    return verb(app.workspace(), notebook)
