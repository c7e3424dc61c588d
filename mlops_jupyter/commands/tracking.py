"""``track`` and ``log``."""

from __future__ import annotations

import click

from mlops_jupyter.commands.app import LIVE_OR_TEXT, App, HowToTrack, Live, Verb, pass_app
from mlops_jupyter.errors import UsageError
from mlops_jupyter.results import Result


@click.command(cls=Verb, python="track", takes_cell=True)
@click.argument("experiment", required=False)
@click.option("--name", help="Name of the run (%%mlops track).")
@click.option("--notebook", is_flag=True, help="One run for the notebook, all others inside.")
@click.option("--quiet", is_flag=True, help="No line under cells that were tracked.")
@click.option(
    "--keep-models",
    type=click.Choice(["best", "all"]),
    default="best",
    show_default=True,
    help="Of many fits in a cell: the best and the last model, or all.",
)
@click.option("--no-source", is_flag=True, help="Keep no code with runs, nor the notebook.")
@click.option("--off", is_flag=True, help="Stop tracking this notebook.")
@pass_app
def track(
    app: App,
    *,
    experiment: str | None,
    name: str | None,
    notebook: bool,
    quiet: bool,
    keep_models: str,
    no_source: bool,
    off: bool,
) -> Result | None:
    """Track what this notebook trains; as %%mlops track, what this cell trains.

    A cell that trains becomes a run with parameters, metrics, model, code and data; others leave
    none. Without EXPERIMENT: say whether tracking is on.
    """
    if app.tracker is None:
        raise UsageError(
            "tracking is for notebooks",
            'in a script: `with mlops_jupyter.track("experiment"):`',
        )
    how = HowToTrack(
        name=name, notebook=notebook, quiet=quiet, keep_models=keep_models, no_source=no_source
    )
    if app.body is not None:
        if off or notebook:
            flag = "--off" if off else "--notebook"
            raise UsageError(f"{flag} takes no cell", f"%mlops track {flag}, on a line of its own")
        app.tracker.this_cell(app.workspace(), experiment, how, app.body)
        return None
    if off:
        return app.tracker.off()
    if experiment is None and how == HowToTrack():
        return app.tracker.state()
    return app.tracker.on(app.workspace(), experiment, how)


@click.command(cls=Verb, python="log")
@click.argument("things", nargs=-1, metavar="NAME=VALUE...")
@click.option("--step", type=int, help="The step these values belong to.")
@click.option("--run", "run_", metavar="REF", help="The run to write to.")
@click.option(
    "--file",
    "files",
    multiple=True,
    type=click.Path(),
    help="Copy a file or folder of the workspace into the run. May be repeated.",
)
@click.option("--replace", is_flag=True, help="Replace what the run has by that name.")
@click.pass_context
def log(
    ctx: click.Context,
    *,
    things: tuple[str, ...],
    step: int | None,
    run_: str | None,
    files: tuple[str, ...],
    replace: bool,
) -> Result:
    """Add metrics, figures, frames, text and files to the run they belong to.

    VALUE is a number or, in a notebook, a live object: roc=$fig, or $fig alone. What the run has
    by a name already is kept, and the new one is numbered.
    """
    from mlops_jupyter.tracking.log.verb import log as verb

    named = [_named(thing, ctx) for thing in things]
    return verb(ctx.obj.workspace(), *named, step=step, run=run_, files=files, replace=replace)


def _named(thing: str, ctx: click.Context) -> object:
    """Return one word of ``log`` as a mapping of a name to a number or a live object."""
    from mlops_jupyter.tracking.log.verb import number

    name, equals, value = thing.partition("=")
    if thing.startswith("$"):
        name, equals, value = thing[1:], "=", thing
    name, value = name.strip(), value.strip()
    if not equals or not name:
        raise UsageError(f"{thing!r} is not NAME=VALUE", "mlops log test_auc=0.71")
    found = LIVE_OR_TEXT.convert(value, None, ctx)
    if not isinstance(found, Live):
        return {name: number(name, value)}
    # A dictionary by itself holds names and values.
    whole = thing.startswith("$") and isinstance(found.value, dict)
    return found.value if whole else {name: found.value}
