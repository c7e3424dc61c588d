"""The root of the command tree, and how a face runs it."""

from __future__ import annotations

import difflib
import importlib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from mlops_jupyter._version import __version__
from mlops_jupyter.commands.app import App, ListingGroup, Verb
from mlops_jupyter.errors import MlopsError, UsageError

if TYPE_CHECKING:
    from mlops_jupyter.results import Result

# Loaded when named, so that help and completion stay fast. The everyday verbs first.
EVERYDAY = {
    "init": "workspace:init",
    "status": "workspace:status",
    "track": "tracking:track",
    "log": "tracking:log",
    "runs": "runs:runs",
    "show": "runs:show",
    "data": "data:data",
    "drift": "drift:drift",
    "run": "notebooks:run",
    "doctor": "workspace:doctor",
}
FURTHER = {
    "inspect": "inspect:inspect",
    "compare": "compare:compare",
    "sweep": "sweeps:sweep",
    "reproduce": "reproducing:reproduce",
    "lineage": "lineage:lineage",
    "journal": "runs:journal",
    "tag": "edit:tag",
    "delete": "edit:delete",
    "restore": "edit:restore",
    "du": "disk:du",
    "gc": "disk:gc",
    "demo": "workspace:demo",
    "sync": "travel:sync",
    "ci": "ci:ci",
    "pipeline": "pipeline:pipeline",
}
# What is no command of its own, and which option does it.
_BY_OPTION = {
    ("data", "pin"): "`mlops data snapshot PATH --pin`",
    ("data", "label"): "`mlops data snapshot PATH --tag LABEL`",
    ("data", "tag"): "`mlops data snapshot PATH --tag LABEL`",
}


class Tree(click.Group):
    """A group that loads its commands when they are named, and guesses misspelt ones."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the verbs, everyday ones first."""
        return [*EVERYDAY, *FURTHER]

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """Import and return one command."""
        place = (EVERYDAY | FURTHER).get(name)
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        command = getattr(importlib.import_module(f"mlops_jupyter.commands.{module}"), attribute)
        assert isinstance(command, click.Command)  # noqa: S101 - the table above is ours
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs in two sections."""
        limit = formatter.width - 6 - max(map(len, self.list_commands(ctx)))
        for title, names in (("Everyday", EVERYDAY), ("Further", FURTHER)):
            with formatter.section(title):
                formatter.write_dl(
                    [(n, self.get_command(ctx, n).get_short_help_str(limit)) for n in names]  # type: ignore[union-attr]  # the names are ours
                )


@click.group(
    cls=Tree,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Inside a notebook: %load_ext mlops_jupyter, then %mlops with the same words.",
)
@click.version_option(__version__, message="mlops-jupyter %(version)s")
@click.option("--store", metavar="URI", help="Use this tracking store ('local': the embedded one).")
@click.pass_obj
def mlops(app: App, store: str | None) -> None:
    """Experiments, data versions, drift and notebook runs, from where you work."""
    if store:
        app.store = store


def run(args: Sequence[str], app: App, *, prog: str = "mlops") -> Result | None:
    """Run one command.

    Parameters
    ----------
    args : sequence of str
        The words after ``mlops``.
    app : App
        What the face brings.
    prog : str
        How help names the program (``%mlops`` in notebooks).

    Returns
    -------
    Result or None
        What the verb returned; None after help.

    Raises
    ------
    MlopsError
        Whatever the verb raised; click's own complaints as `UsageError`.
    """
    # Not main(standalone_mode=False): that returns 0 for --help, which IPython shows as Out[].
    try:
        with mlops.make_context(prog, list(args), obj=app) as context:
            result: Result | None = mlops.invoke(context)
            return result
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "")
        return None
    except click.exceptions.Exit:
        return None
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.UsageError as error:
        raise _as_usage_error(error, prog) from None
    except Exception as error:
        # What a tracked cell raises is its own.
        told = None if app.body is not None else _as_store_failure(error)
        if told is None:
            raise
        raise told from error


def find_verb(args: Sequence[str]) -> Verb | ListingGroup | None:
    """Return the command that words lead to, without running it."""
    command: click.Command | None = mlops
    context = click.Context(mlops, resilient_parsing=True)
    words = [word for word in args if not word.startswith("-")]
    while isinstance(command, click.Group) and words:
        command = command.get_command(context, words.pop(0))
    return command if isinstance(command, (Verb, ListingGroup)) else None


def _as_usage_error(error: click.UsageError, prog: str) -> UsageError:
    """Turn click's complaint into ours, with a guess where a word is misspelt."""
    path = error.ctx.command_path if error.ctx else prog
    hint = f"see `{path} --help`"
    message = error.format_message().rstrip(".")
    unknown = re.search(r"No such command '(.+?)'", message)
    if unknown and error.ctx and isinstance(error.ctx.command, click.Group):
        names = error.ctx.command.list_commands(error.ctx)
        if isinstance(error.ctx.command, ListingGroup):
            hint = f"name what to list by its option: `{path} --help`"
        if close := difflib.get_close_matches(unknown[1], names, n=1):
            message = f"No such command '{unknown[1]}'"
            hint = f"did you mean `{path} {close[0]}`?"
        hint = _BY_OPTION.get((error.ctx.command.name or "", unknown[1]), hint)
    return UsageError(message, hint)


def _as_store_failure(error: Exception) -> MlopsError | None:
    from mlops_jupyter.tracking.store.failures import as_error

    return None if isinstance(error, MlopsError) else as_error(error)


def leaves(command: click.Command = mlops, path: str = "") -> dict[str, Verb | ListingGroup]:
    """Return every verb by its words: what the parity test and the CLI reference walk."""
    if isinstance(command, Verb):
        return {path: command}
    found: dict[str, Verb | ListingGroup] = {}
    if isinstance(command, ListingGroup):
        found[path] = command
    if isinstance(command, click.Group):
        context: Any = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                found |= leaves(child, f"{path} {name}".strip())
    return found
