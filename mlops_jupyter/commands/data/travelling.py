"""``data push``, ``pull`` and ``verify``: content between machines, and whether it is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mlops_jupyter.commands import completing
from mlops_jupyter.commands.app import App, Verb, pass_app
from mlops_jupyter.errors import GateFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlops_jupyter.results import Result

_REFERENCES = click.argument(
    "references", metavar="[REF]...", nargs=-1, shell_complete=completing.data
)
_ALL = click.option("--all", "all_", is_flag=True, help="Also what tracked runs have read.")
_REMOTE = click.option("--remote", metavar="NAME", help="Which DVC remote, if not the default.")


def _or_default(name: str, metavar: str, help_: str) -> Callable[[Any], Any]:
    """Return an option that names a remote, or alone means the default one."""
    return click.option(name, metavar=metavar, is_flag=False, flag_value="", help=help_)


@click.command("push", cls=Verb, python="data.push")
@_REFERENCES
@_ALL
@_REMOTE
@_or_default("--git", "[REMOTE]", "Push the versions' tags, too: these and nothing else.")
@pass_app
def push(
    app: App, references: tuple[str, ...], *, all_: bool, remote: str | None, git: str | None
) -> Result:
    """Bring the content of versions to the DVC remote."""
    from mlops_jupyter.data.travel.pushing import push as verb

    return verb(app.workspace(), *references, all=all_, remote=remote, git=git, events=app.events)


@click.command("pull", cls=Verb, python="data.pull")
@_REFERENCES
@click.option("--all", "all_", is_flag=True, help="Every version, not the newest of each name.")
@_REMOTE
@_or_default("--git", "[REMOTE]", "Fetch the tags of data versions first.")
@pass_app
def pull(
    app: App, references: tuple[str, ...], *, all_: bool, remote: str | None, git: str | None
) -> Result:
    """Bring the content of versions from the DVC remote."""
    from mlops_jupyter.data.travel.pulling import pull as verb

    return verb(app.workspace(), *references, all=all_, remote=remote, git=git, events=app.events)


@click.command("verify", cls=Verb, python="data.verify")
@_REFERENCES
@_ALL
@_or_default("--remote", "[NAME]", "Look for what the DVC remote lacks, too.")
@click.option("--fix", is_flag=True, help="Move damaged content aside, and look for a whole one.")
@pass_app
def verify(
    app: App, references: tuple[str, ...], *, all_: bool, remote: str | None, fix: bool
) -> Result:
    """Read the content of versions again; exit code 1 where some is not what it was."""
    from mlops_jupyter.data.travel.verifying import verify as verb

    found = verb(app.workspace(), *references, all=all_, remote=remote, fix=fix, events=app.events)
    if not found.ok:
        raise GateFailed("not all content is whole", _hint(fix=fix), result=found)
    return found


def _hint(*, fix: bool) -> str:
    if fix:
        return "`mlops data pull REF` where another remote has it, `mlops data push` what it lacks"
    return "mlops data verify --fix; what the remote lacks: mlops data push"
