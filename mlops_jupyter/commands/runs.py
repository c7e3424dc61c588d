"""``runs`` and ``show``: looking back."""

from __future__ import annotations

import sys

import click

from mlops_jupyter.commands import travel
from mlops_jupyter.commands.app import App, ListingGroup, Verb, pass_app
from mlops_jupyter.errors import UsageError
from mlops_jupyter.results import Result


@click.group(cls=ListingGroup, python="runs")
@click.option("--experiment", metavar="NAME", help="Only runs of this experiment.")
@click.option(
    "--where",
    metavar="CONDITION",
    help='Only runs like that: "auc > 0.7 and trees = 50 and status = FINISHED and '
    'data = flights@v1 and started > 7d".',
)
@click.option(
    "--sort",
    metavar="NAME[:asc|:desc]",
    help="By a metric (its best first), a parameter, time, duration, …",
)
@click.option(
    "--group",
    metavar="NAME",
    help="One row for all runs with the same parameter, model, experiment, data, notebook, …",
)
@click.option(
    "--metric",
    metavar="NAME",
    help="Its last, best, lowest and highest value of each run; with --group: of each group.",
)
@click.option(
    "--lower-is-better/--higher-is-better",
    default=None,
    help="Which way a metric is better, where its name does not say.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="At most so many on a page.",
)
@click.option("--page", type=click.IntRange(min=1), default=1, help="Which page.")
@click.option("--all", "all_", is_flag=True, help="All at once, instead of pages.")
@click.option("--flat", is_flag=True, help="Runs below another one as rows like all others.")
@click.option(
    "--open", "open_", is_flag=True, help="Say where MLflow's own pages show them, and go there."
)
@pass_app
def runs(
    app: App,
    *,
    experiment: str | None,
    where: str | None,
    sort: str | None,
    group: str | None,
    metric: str | None,
    lower_is_better: bool | None,
    limit: int,
    page: int,
    all_: bool,
    flat: bool,
    open_: bool,
) -> Result:
    """List runs, newest first."""
    from mlops_jupyter.tracking.history.listing import runs as verb

    found = verb(
        app.reading(),
        experiment=experiment,
        where=where,
        sort=sort,
        group=group,
        metric=metric,
        lower_is_better=lower_is_better,
        limit=limit,
        page=page,
        all=all_,
        flat=flat,
        open=open_,
    )
    if found.url and not found.ui_command and _at_a_screen(app):
        click.launch(found.url)
    return found


for _verb in (travel.push, travel.pull, travel.export, travel.import_):
    runs.add_command(_verb)


def _at_a_screen(app: App) -> bool:
    """Whether a browser opened here is seen: not from a kernel, which may be anywhere."""
    return app.namespace is None and not app.as_json and sys.stdout.isatty()


@click.command(cls=Verb, python="show")
@click.argument("reference", default="last")
@click.option(
    "--html",
    metavar="FILE",
    help="Write one page that stands alone, to send to somebody.",
)
@pass_app
def show(app: App, reference: str, html: str | None) -> Result:
    """Show one run: metrics, charts, parameters, code, data, model, attempts, artifacts.

    REFERENCE is run:ID, the beginning of an id, a name, or 'last'. A run's drift reports are
    listed; drift:RUN@N shows the Nth of them, drift:RUN the last.
    """
    if reference.startswith("drift:"):
        if html is not None:
            raise UsageError("--html is for runs", "the run has each report's card as a page too")
        from mlops_jupyter.drift.keeping import load

        return load(app.reading(), reference)
    from mlops_jupyter.tracking.history.details import show as verb

    return verb(app.reading(), reference, html=html)


@click.command(cls=Verb, python="journal")
@click.argument("reference", default="last")
@click.option("--to", metavar="FILE.ipynb", help="Write them as a notebook that runs.")
@click.option("--saved", is_flag=True, help="The notebook as it was saved, instead.")
@pass_app
def journal(app: App, reference: str, to: str | None, saved: bool) -> Result:
    """Show the cells that really ran up to a run, in true order.

    REFERENCE is run:ID, the beginning of an id, a name, or 'last'.
    """
    from mlops_jupyter.tracking.history.journal import journal as verb

    return verb(app.reading(), reference, to=to, saved=saved)
