"""``drift``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mlops_jupyter.commands import completing
from mlops_jupyter.commands.app import LIVE_OR_TEXT, App, Live, Verb, pass_app

if TYPE_CHECKING:
    from mlops_jupyter.drift.report import DriftReport

_CORRECTIONS = ("holm", "bonferroni", "benjamini-hochberg", "benjamini-yekutieli")


def _names(_ctx: click.Context, _param: click.Parameter, value: str | None) -> list[str] | None:
    """Part names at commas."""
    if value is None:
        return None
    return [name for part in value.split(",") if (name := part.strip())]


@click.command(cls=Verb, python="drift.detect")
@click.argument("reference", type=LIVE_OR_TEXT, shell_complete=completing.side)
@click.argument("current", type=LIVE_OR_TEXT, shell_complete=completing.side)
@click.option("--columns", metavar="A,B,…", callback=_names, help="Compare only these columns.")
@click.option("--by", metavar="UNIT|COLUMN", help="Also each month, week …, or each value.")
@click.option("--time", metavar="COLUMN", help="The column that says when, for --by.")
@click.option(
    "--against",
    type=click.Choice(["reference", "previous"]),
    default="reference",
    show_default=True,
    help="What each period is held against.",
)
@click.option("--target", metavar="COLUMN", help="What was true.")
@click.option("--prediction", metavar="COLUMN", help="What a model said: is it still as good?")
@click.option(
    "--probability",
    multiple=True,
    metavar="[CLASS=]COLUMN",
    help="A model's probability of a class. May be repeated.",
)
@click.option(
    "--segments",
    metavar="A,B,…",
    callback=_names,
    help="Where did the model get worse? By these columns.",
)
@click.option("--model", metavar="REF", help="Columns first that this model or run builds on.")
@click.option(
    "--method",
    multiple=True,
    metavar="[COLUMN=]METHOD",
    help="Another method: psi, ks, … May be repeated.",
)
@click.option(
    "--threshold",
    multiple=True,
    metavar="[COLUMN=]NUMBER",
    help="Another threshold. May be repeated.",
)
@click.option(
    "--correct", type=click.Choice(_CORRECTIONS), help="Correct p-values for their number."
)
@click.option("--sample", metavar="ROWS|SHARE", help="Judge by so many rows, or so large a share.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Draws the same sample again.",
)
@click.option(
    "--engine",
    type=click.Choice(["auto", "columnar", "evidently"]),
    default="auto",
    show_default=True,
    help="What does the statistics.",
)
@click.option("--html", metavar="FILE", help="Also write Evidently's own full report (megabytes).")
@click.option("--log-to", metavar="REF", help="Keep the report with this run or model.")
@click.option(
    "--fail-on-drift",
    is_flag=True,
    help="Exit with 1 when the data set drifted, the model got worse, or nothing was compared.",
)
@pass_app
def drift(app: App, /, *, reference: object, current: object, **options: Any) -> DriftReport:
    """Say for each column whether CURRENT still looks like REFERENCE.

    Each is a file, folder or pattern (csv, parquet, feather, JSON lines), a data version
    (data:NAME@vN), the data that trained a run or model (run:ID, model:NAME@V), SQL ("SELECT …"
    over files) or, in a notebook, a live table ($name). Methods and thresholds are Evidently's
    defaults; the data set drifted when at least half of the columns did.
    """
    from mlops_jupyter.drift.detection import detect

    sides = [side if isinstance(side, Live) else Live("", side) for side in (reference, current)]
    return detect(
        app.workspace(),
        *(side.value for side in sides),
        labels=tuple(side.label for side in sides),
        events=app.events,
        **options,
    )
