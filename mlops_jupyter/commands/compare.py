"""``compare``: what runs differ in, what changed in data, what moved between drift reports."""

from __future__ import annotations

import click

from mlops_jupyter.commands import completing
from mlops_jupyter.commands.app import App, Verb, pass_app
from mlops_jupyter.results import Result


@click.command(cls=Verb, python="compare")
@click.argument(
    "references",
    nargs=-1,
    required=True,
    metavar="REF REF...",
    shell_complete=completing.data_or_file,
)
@click.option("--everything", is_flag=True, help="Of runs, list also what is equal.")
@click.option(
    "--key",
    multiple=True,
    metavar="A,B,…",
    help="Of data, the columns that name a row; may be given several times.",
)
@pass_app
def compare(
    app: App, references: tuple[str, ...], everything: bool, key: tuple[str, ...]
) -> Result:
    """Show what runs differ in, what changed in data, or what moved between drift reports.

    Runs: parameters, metrics, data, code, packages, cells. Each REF is run:ID, the beginning of
    an id, a name, or 'last'; the others are held against the first.

    Data: schema, rows, columns. REF REF is old and new: versions (data:NAME@vN) or paths to tables
    (Parquet, CSV, JSON lines, Feather; a folder of such). One alone is held against what was
    before: the version before it, or for a path its newest version. An only version is held
    against the file as it is now.

    Drift reports: verdicts, scores, findings. REF REF is earlier and later: drift:RUN@N for the Nth
    that was kept with a run (drift:RUN for its last), or what `mlops drift --json` wrote.
    """
    from mlops_jupyter.project.comparing import compare as verb

    return verb(app.reading(), references, everything=everything, key=key)
