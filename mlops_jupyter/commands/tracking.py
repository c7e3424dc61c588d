"""``track`` and ``log``."""

from __future__ import annotations

import click

from mlops_jupyter.commands.app import App, HowToTrack, Verb, pass_app
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
    how = HowToTrack(name=name, notebook=notebook, quiet=quiet, keep_models=keep_models)
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
@click.argument("metrics", nargs=-1, required=True, metavar="NAME=VALUE...")
@click.option("--run", "run_", metavar="REF", help="The run to write to.")
@click.option("--step", type=int, default=0, help="The step these values belong to.")
@pass_app
def log(app: App, metrics: tuple[str, ...], run_: str | None, step: int) -> Result:
    """Write metrics to the run they belong to."""
    from mlops_jupyter.tracking.log import log as verb

    values = {}
    for metric in metrics:
        name, equals, value = metric.partition("=")
        if not equals or not name:
            raise UsageError(f"{metric!r} is not NAME=VALUE", "mlops log test_auc=0.71")
        values[name.strip()] = value.strip()
    return verb(app.workspace(), values, run=run_, step=step)
