"""What a face hands to the command tree, and the building blocks of commands."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import click
from click.shell_completion import CompletionItem

from mlops_jupyter.errors import NotFound, UsageError
from mlops_jupyter.results import Events, Result, ignore_events
from mlops_jupyter.workspace import Workspace


class Tracker(Protocol):
    """What a face with cells offers the ``track`` command."""

    def on(self, workspace: Workspace, experiment: str | None, how: HowToTrack) -> Result:
        """Track every cell from the next one on."""

    def off(self) -> Result:
        """Track no longer."""

    def state(self) -> Result:
        """Say whether tracking is on."""

    def this_cell(
        self, workspace: Workspace, experiment: str | None, how: HowToTrack, source: str
    ) -> None:
        """Track what the cell that is running trains, to its end."""


@dataclass(frozen=True)
class HowToTrack:
    """The options of ``track``.

    Attributes
    ----------
    name : str, optional
        Name of the run.
    notebook : bool
        One run for the whole notebook, with all others inside.
    quiet : bool
        No line under cells, but for what could not be tracked at all.
    keep_models : {"best", "all"}
        Of the fits of one cell: the best and the last model, or all.
    no_source : bool
        Keep nothing that is code, nor the notebook.
    unasked : bool
        Switched on by `mlops run`, not by the notebook: cells have a run where they train, and what
        others log belongs to the notebook's.
    """

    name: str | None = None
    notebook: bool = False
    quiet: bool = False
    keep_models: str = "best"
    no_source: bool = False
    unasked: bool = False


@dataclass
class App:
    """One invocation of the command tree.

    Attributes
    ----------
    store : str, optional
        Tracking URI from ``--store``.
    as_json : bool
        Whether ``--json`` was given.
    events : callable
        Takes the progress of long verbs.
    namespace : mapping, optional
        The notebook's live objects, for ``$name``; None on the command line.
    body : str, optional
        The rest of the cell under ``%%mlops``; None elsewhere.
    tracker : Tracker, optional
        Tracks cells; None on the command line, which has none.
    confirm : callable, optional
        Asks a person; None where there is nobody to ask.
    """

    store: str | None = None
    as_json: bool = False
    events: Events = ignore_events
    namespace: Mapping[str, object] | None = field(default=None, repr=False)
    body: str | None = None
    tracker: Tracker | None = None
    confirm: Callable[[str], bool] | None = None

    def workspace(self) -> Workspace:
        """Find the workspace from the current folder upward."""
        return Workspace.find(store=self.store)

    def reading(self) -> Workspace:
        """Find the workspace to look at runs: those that wait for its server get a moment first."""
        from mlops_jupyter.tracking.transfer.syncing import contact

        workspace = self.workspace()
        contact(workspace)
        return workspace


pass_app = click.make_pass_decorator(App)


class Verb(click.Command):
    """A command with ``--json``, tied to the Python function it translates.

    Parameters
    ----------
    python : str
        Where the function is found below ``mlops_jupyter``, such as ``"data.snapshot"``; the
        parity test looks it up.
    takes_cell : bool
        Whether it may stand at the top of a cell as ``%%mlops``.
    """

    def __init__(
        self, *args: Any, python: str = "", takes_cell: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.python = python
        self.takes_cell = takes_cell
        self.params.append(_json_option())


class ListingGroup(click.Group):
    """A noun that lists its things when no verb follows, such as ``mlops runs``.

    It takes no positionals, since a group could not tell them from verbs.

    Parameters
    ----------
    python : str
        The function that lists; see `Verb`.
    """

    takes_cell = False

    def __init__(self, name: str | None = None, *, python: str = "", **kwargs: Any) -> None:
        super().__init__(name, invoke_without_command=True, **kwargs)
        self.python = python
        if self.callback is not None:
            self.callback = _unless_a_verb_follows(self.callback)
        self.params.append(_json_option())


def _unless_a_verb_follows(callback: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(callback)
    def only_alone(*args: Any, **kwargs: Any) -> Any:
        alone = click.get_current_context().invoked_subcommand is None
        return callback(*args, **kwargs) if alone else None

    return only_alone


def _json_option() -> click.Option:
    return click.Option(
        ["--json"],
        is_flag=True,
        expose_value=False,
        callback=_remember_json,
        help="Answer with JSON.",
    )


def _remember_json(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and ctx.obj is not None:
        ctx.obj.as_json = True


class Live(NamedTuple):
    """A live object of the notebook, and the ``$name`` it was asked for by."""

    label: str
    value: object


class LiveOrText(click.ParamType[object]):
    """Text, or ``$name`` for a live object of the notebook."""

    name = "path|$name"

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,  # noqa: ARG002 - click's signature
        ctx: click.Context | None,
    ) -> object:
        """Return the text itself, or the live object as `Live`."""
        if not isinstance(value, str) or not value.startswith("$"):
            return value
        namespace = ctx.obj.namespace if ctx is not None and ctx.obj is not None else None
        name = value[1:]
        if namespace is None:
            raise UsageError(
                f"{value} names a live object of a notebook, and there is none here",
                "give a path or a data: version",
            )
        if name not in namespace:
            raise NotFound(f"no variable {name!r} in this notebook", "run the cell that makes it")
        return Live(value, namespace[name])

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """Offer files; live names are the magic's to offer."""
        return [CompletionItem(incomplete, type="file")]


LIVE_OR_TEXT = LiveOrText()
