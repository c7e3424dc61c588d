"""``data gc`` and ``data forget``: freeing what nothing needs, removing what must not stay."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from mlops_jupyter.commands import completing
from mlops_jupyter.commands.app import App, Verb, pass_app
from mlops_jupyter.errors import UsageError

if TYPE_CHECKING:
    from mlops_jupyter.data.upkeep.records import Forgotten
    from mlops_jupyter.results import Result
    from mlops_jupyter.workspace import Workspace


_SHOWN = 5


@click.command("gc", cls=Verb, python="data.gc")
@click.option("--dry-run", is_flag=True, help="Only say what would be freed.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_app
def gc(app: App, *, dry_run: bool, yes: bool) -> Result:
    """Free data that nothing needs; `mlops gc` does this and frees runs, too.

    Copies of what runs read that no run needs, contents of no version, half-written files; what a
    checkout replaced after 30 days. What any pointer of DVC's in any commit or work tree refers
    to stays, and so does what is younger than an hour.
    """
    from mlops_jupyter.data.upkeep.clearing import gc as verb
    from mlops_jupyter.tracking.store.data_read import by_runs

    workspace = app.workspace()
    used = by_runs(workspace)
    if not dry_run and not yes:
        planned = verb(workspace, dry_run=True, used=used, events=app.events)
        if not planned.entries or not _may(app, "data gc", planned):
            return planned
    return verb(workspace, dry_run=dry_run, used=used, events=app.events)


@click.command("forget", cls=Verb, python="data.forget")
@click.argument("reference", metavar="REF", shell_complete=completing.data)
@click.option("--remote", metavar="NAME", help="Only this DVC remote (default: all).")
@click.option("--everywhere", is_flag=True, help="Other versions with the same content, too.")
@click.option("--dry-run", is_flag=True, help="Only say what would be forgotten.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_app
def forget(
    app: App, reference: str, *, remote: str | None, everywhere: bool, dry_run: bool, yes: bool
) -> Result:
    """Remove a version's content for good, here and in DVC's remotes; a hash stays.

    For personal data. The file in the work tree is not touched, nor what runs hold of it: both
    are named.
    """
    from mlops_jupyter.data.upkeep.forgetting import forget as forget_

    workspace = app.workspace()
    verb = partial(forget_, workspace, reference, remote=remote, everywhere=everywhere)
    planned = _with_runs(workspace, verb(dry_run=True))
    if dry_run or (not yes and not _may(app, "data forget", planned)):
        return planned
    done = verb(events=app.events)
    return done.model_copy(update={"stays": planned.stays})


def _may(app: App, verb: str, planned: Result) -> bool:
    if app.confirm is None:
        raise UsageError(
            f"{verb} removes for good, and nobody can be asked here",
            f"look with `mlops {verb} --dry-run`, then say --yes",
        )
    return app.confirm(f"{planned.to_text()}\nRemove this for good?")


def _with_runs(workspace: Workspace, forgotten: Forgotten) -> Forgotten:
    """Say which runs may hold some of it: those it is training data of, one by one."""
    from mlops_jupyter.tracking.store.data_read import runs_that_read

    runs = runs_that_read(workspace, forgotten.hash)
    held = [
        f"{run}: what it holds of it (input example, model, outputs of cells)" for run in runs.own
    ]
    if runs.earlier:
        listed = ", ".join(runs.earlier[:_SHOWN])
        if (more := len(runs.earlier) - _SHOWN) > 0:
            listed += f" and {more} more"
        held.append(f"{listed}: what outputs of earlier cells show of it in their notebook")
    return forgotten.model_copy(update={"stays": [*forgotten.stays, *held]})
