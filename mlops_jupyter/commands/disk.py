"""``du`` and ``gc``: what takes space, and freeing it."""

from __future__ import annotations

import click

from mlops_jupyter.commands.app import App, Verb, pass_app
from mlops_jupyter.errors import UsageError
from mlops_jupyter.results import Result


@click.command(cls=Verb, python="du")
@pass_app
def du(app: App) -> Result:
    """Say what takes space: runs, models, data versions, copies."""
    from mlops_jupyter.tracking.store.disk import du as verb

    return verb(app.workspace())


@click.command(cls=Verb, python="gc")
@click.option("--dry-run", is_flag=True, help="Only say what would be freed.")
@click.option(
    "--older-than",
    metavar="AGE",
    help="Only what was deleted or written so long ago, such as 12h or 30d (at least 1h).",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_app
def gc(app: App, *, dry_run: bool, older_than: str | None, yes: bool) -> Result:
    """Free deleted runs for good, and what nothing needs any longer.

    What a registered model needs stays, and so does what is younger than an hour. Copies of the
    store and executed notebooks go after 30 days. Only the workspace's own store is cleared. Of
    data, copies that only deleted runs needed go, and what no version nor pointer refers to.
    """
    from mlops_jupyter.tracking.store.clearing import gc as verb

    workspace = app.workspace()
    if not dry_run and not yes:
        planned = verb(workspace, dry_run=True, older_than=older_than, events=app.events)
        if not planned.entries:
            return planned
        if app.confirm is None:
            raise UsageError(
                "gc removes for good, and nobody can be asked here",
                "look with `mlops gc --dry-run`, then say --yes",
            )
        if not app.confirm(f"{planned.to_text()}\nRemove this for good?"):
            return planned
    return verb(workspace, dry_run=dry_run, older_than=older_than, events=app.events)
