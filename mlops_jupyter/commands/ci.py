"""``ci``: workflows of CI services, and the report of a build."""

from __future__ import annotations

import click

from mlops_jupyter.commands.app import App, Verb, pass_app
from mlops_jupyter.results import Result

_OUTPUT = click.option(
    "-o", "--output", metavar="FILE", type=click.Path(dir_okay=False), help="Write another file."
)
_CHECK = click.option(
    "--check", is_flag=True, help="Write nothing; exit with 1 where the file has fallen behind."
)


@click.group("ci")
def ci() -> None:
    """Write the workflow of a CI service, and say what a build has come to."""


@ci.command(cls=Verb, python="ci.github")
@_OUTPUT
@_CHECK
@pass_app
def github(app: App, output: str | None, check: bool) -> Result:
    """Write a workflow of GitHub Actions from [ci] in mlops.toml."""
    from mlops_jupyter.ci.writing import github as verb

    return verb(app.workspace(), output=output, check=check)


@ci.command(cls=Verb, python="ci.jenkins")
@_OUTPUT
@_CHECK
@pass_app
def jenkins(app: App, output: str | None, check: bool) -> Result:
    """Write a Jenkinsfile from [ci] in mlops.toml."""
    from mlops_jupyter.ci.writing import jenkins as verb

    return verb(app.workspace(), output=output, check=check)


@ci.command(cls=Verb, python="ci.report")
@click.option(
    "--base", default="main", show_default=True, metavar="REF", help="What it is held against."
)
@click.option(
    "--to",
    default="mlops-report",
    show_default=True,
    metavar="FOLDER",
    type=click.Path(file_okay=False),
    help="Where report.md and the pictures go; drift-*.json there is read.",
)
@pass_app
def report(app: App, base: str, to: str) -> Result:
    """Say what this commit's runs have come to, against those of a base."""
    from mlops_jupyter.ci.reporting import report as verb

    return verb(app.workspace(), base=base, to=to)
