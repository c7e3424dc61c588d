"""``mlops reproduce``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import click

from mlops_jupyter.commands.app import App, Verb, pass_app

if TYPE_CHECKING:
    from mlops_jupyter.reproducing.records import Reproduction


@click.command(cls=Verb, python="reproduce")
@click.argument("run", default="last")
@click.option(
    "--repeats",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Make it so often; from 2 on, what is chance is learnt from them.",
)
@click.option(
    "--tolerance",
    multiple=True,
    metavar="[METRIC=]NUMBER",
    help="How far metrics may be off. May be repeated.",
)
@click.option(
    "--environment",
    type=click.Choice(["compare", "build"]),
    default="compare",
    show_default=True,
    help="Use the packages of now and list what differs, or build the recorded ones (uv).",
)
@click.option("--keep", is_flag=True, help="Leave the folder with its code and data.")
@click.option("--timeout", type=float, metavar="SECONDS", help="Stop the cells after so long.")
@pass_app
def reproduce(
    app: App,
    *,
    run: str,
    repeats: int,
    tolerance: tuple[str, ...],
    environment: Literal["compare", "build"],
    keep: bool,
    timeout: float | None,
) -> Reproduction:
    """Make a past RUN again in a folder of its own, and say whether it came out the same.

    Its code, the data it read, and its notebook or its cells in true order. Exit code 0: the same
    to the last bit, or within chance; 1: it came out otherwise, or cannot be made again. Your
    files, branches and git's index are only read.
    """
    from mlops_jupyter.reproducing.verb import reproduce as make_again

    somebody = app.confirm is not None or app.namespace is not None
    return make_again(
        app.workspace(),
        run,
        repeats=repeats,
        tolerance=tolerance,
        environment=environment,
        keep=keep,
        timeout=timeout,
        ask=_ask if somebody else None,
        events=app.events,
    )


def _ask(name: str) -> str:
    """Ask for a credential without showing it; a notebook has a field for it."""
    import getpass

    return getpass.getpass(f"{name}, which was masked in the kept code: ")
