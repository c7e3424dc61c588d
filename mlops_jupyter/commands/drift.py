"""``drift``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlops_jupyter.commands import completing
from mlops_jupyter.commands.app import LIVE_OR_TEXT, App, Live, Verb, pass_app

if TYPE_CHECKING:
    from mlops_jupyter.drift.report import DriftReport


@click.command(cls=Verb, python="drift.detect")
@click.argument("reference", type=LIVE_OR_TEXT, shell_complete=completing.data_or_file)
@click.argument("current", type=LIVE_OR_TEXT, shell_complete=completing.data_or_file)
@click.option("--columns", metavar="A,B,…", help="Compare only these columns.")
@click.option("--html", metavar="FILE", help="Also write Evidently's own full report (megabytes).")
@click.option("--fail-on-drift", is_flag=True, help="Exit with 1 when the data set drifted.")
@pass_app
def drift(
    app: App,
    *,
    reference: object,
    current: object,
    columns: str | None,
    html: str | None,
    fail_on_drift: bool,
) -> DriftReport:
    """Say for each column whether CURRENT still looks like REFERENCE.

    Both are a file (csv, csv.gz, parquet, feather, JSON lines), a data version (data:NAME@vN) or,
    in a notebook, a live data frame ($name). Methods and thresholds are Evidently's defaults; the
    data set drifted when at least half of the columns did.
    """
    from mlops_jupyter.drift.detection import detect

    sides = [side if isinstance(side, Live) else Live("", side) for side in (reference, current)]
    return detect(
        app.workspace(),
        *(side.value for side in sides),
        labels=tuple(side.label for side in sides),
        columns=None if columns is None else [name.strip() for name in columns.split(",") if name],
        html=html,
        fail_on_drift=fail_on_drift,
        events=app.events,
    )
