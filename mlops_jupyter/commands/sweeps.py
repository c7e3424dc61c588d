"""``mlops sweep``."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click

from mlops_jupyter.commands.app import App, Verb, pass_app
from mlops_jupyter.errors import GateFailed

if TYPE_CHECKING:
    from mlops_jupyter.sweeps.records import Search, Sweep


@click.command(cls=Verb, python="sweep")
@click.argument("notebook", type=click.Path(), required=False)
@click.option(
    "-p",
    "--parameter",
    "space",
    multiple=True,
    metavar="NAME=VALUES",
    help="Values to try: a,b or 3..9 or 0..1..0.25 or 1e-4..1e-1:log. May be repeated.",
)
@click.option(
    "--search",
    type=click.Choice(["grid", "random", "optuna"]),
    help="Try all combinations (the default), draw some, or let Optuna choose.",
)
@click.option("--trials", type=int, metavar="N", help="How many, for random and optuna.")
@click.option("--metric", help="What is compared; the only one that is logged by default.")
@click.option(
    "--maximize/--minimize",
    default=None,
    help="Which way the metric is better; as its name says by default.",
)
@click.option("--prune", is_flag=True, help="Stop trials that are worse than half of the others.")
@click.option("--seed", type=int, help="Of what is drawn.")
@click.option("--workers", type=int, metavar="N", help="How many processes to start here.")
@click.option("--cluster", metavar="ADDRESS", help="Use the workers of this Dask scheduler.")
@click.option("--timeout", type=float, metavar="SECONDS", help="Stop a trial after so long.")
@click.option("--kernel", help="Use another kernel than the notebook names.")
@click.option("--name", help="Name of the sweep's run.")
@click.option("--experiment", help="Experiment of the runs; named as the notebook by default.")
@click.option("--continue", "resume", metavar="RUN", help="Go on with a sweep that was stopped.")
@pass_app
def sweep(
    app: App,
    *,
    notebook: str | None,
    space: tuple[str, ...],
    search: str | None,
    trials: int | None,
    metric: str | None,
    maximize: bool | None,
    prune: bool,
    seed: int | None,
    workers: int | None,
    cluster: str | None,
    timeout: float | None,
    kernel: str | None,
    name: str | None,
    experiment: str | None,
    resume: str | None,
) -> Sweep:
    """Run a notebook with many parameters side by side, and say which are best.

    Exits with 1 where trials failed.
    """
    from mlops_jupyter.sweeps.verb import sweep as run_sweep

    done = run_sweep(
        app.workspace(),
        notebook,
        space=space or None,
        search=cast("Search | None", search),
        trials=trials,
        metric=metric,
        maximize=maximize,
        prune=prune,
        seed=seed,
        workers=workers,
        cluster=cluster,
        timeout=timeout,
        kernel=kernel,
        name=name,
        experiment=experiment,
        resume=resume,
        events=app.events,
    )
    if done.failed:
        numbers = ", ".join(str(trial.number) for trial in done.failed[:8])
        raise GateFailed(
            f"{len(done.failed)} of {done.total} trials failed: {numbers}",
            "`mlops show run:ID` shows what a trial did",
            result=done,
        )
    return done
