"""``delete``, ``restore`` and ``tag``: changing runs that are there."""

from __future__ import annotations

import click

from mlops_jupyter.commands.app import App, Verb, pass_app
from mlops_jupyter.errors import UsageError
from mlops_jupyter.results import Result


@click.command(cls=Verb, python="delete")
@click.argument("references", nargs=-1, required=True, metavar="REF...")
@click.option(
    "--force", is_flag=True, help="Also runs that still run or that a registered model comes from."
)
@pass_app
def delete(app: App, references: tuple[str, ...], force: bool) -> Result:
    """Delete runs and the runs below them; restore brings them back."""
    from mlops_jupyter.tracking.history.edit import delete as verb

    return verb(app.workspace(), *references, force=force)


@click.command(cls=Verb, python="restore")
@click.argument("references", nargs=-1, metavar="[REF...]")
@click.option("--list", "list_", is_flag=True, help="List the deleted runs.")
@pass_app
def restore(app: App, references: tuple[str, ...], list_: bool) -> Result:
    """Bring deleted runs back, with the runs below them."""
    from mlops_jupyter.tracking.history.edit import restore as verb

    return verb(app.workspace(), *references, list=list_)


@click.command(cls=Verb, python="tag")
@click.argument("reference", metavar="REF")
@click.argument("tags", nargs=-1, metavar="[NAME=VALUE...]")
@click.option("--remove", multiple=True, metavar="NAME", help="Remove a tag. May be repeated.")
@pass_app
def tag(app: App, reference: str, tags: tuple[str, ...], remove: tuple[str, ...]) -> Result:
    """Set and remove tags of a run, to find it by: mlops runs --where "tag.team = x"."""
    from mlops_jupyter.tracking.history.edit import tag as verb

    values = {}
    for each in tags:
        name, equals, value = each.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"{each!r} is not NAME=VALUE", "mlops tag REF team=x")
        values[name.strip()] = value
    return verb(app.workspace(), reference, values, remove=remove)
