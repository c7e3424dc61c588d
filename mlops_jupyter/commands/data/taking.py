"""``data snapshot``: keeping data as it is now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlops_jupyter.commands.app import LIVE_OR_TEXT, App, Live, Verb, pass_app
from mlops_jupyter.errors import NotFound

if TYPE_CHECKING:
    from mlops_jupyter.results import Result


@click.command("snapshot", cls=Verb, python="data.snapshot")
@click.argument("things", metavar="PATH|URL|$FRAME...", nargs=-1, required=True, type=LIVE_OR_TEXT)
@click.option("--name", help="Name of the data (default: the one before, or the file's).")
@click.option("-m", "--message", default="", help="What to remember about this version.")
@click.option("--tag", metavar="LABEL", help="Also name this version data:NAME@LABEL, for good.")
@click.option("--pin", is_flag=True, help="Write PATH.dvc, so that `dvc gc -w` keeps it.")
@pass_app
def snapshot(
    app: App,
    things: tuple[object, ...],
    name: str | None,
    message: str,
    tag: str | None,
    *,
    pin: bool,
) -> Result:
    """Keep data as it is now, each thing as a version of its own.

    A thing is a file or folder of the workspace, a pattern ('data/**/*.csv'; quoted, or in a
    notebook), an address that DVC can read (s3://, https://, remote://NAME/…) or, in a notebook, a
    live frame of pandas, polars or Arrow ($name, kept as Parquet; give it a --name).
    """
    from mlops_jupyter.data.taking.patterns import filled_in
    from mlops_jupyter.data.taking.snapshots import snapshot as take

    workspace = app.workspace()
    found: list[object] = []
    for thing in things:
        if isinstance(thing, str):
            _refuse_name_of_frame(app, thing)
        found += filled_in(workspace, thing) if isinstance(thing, str) else [_live(thing)]
    return take(workspace, *found, name=name, message=message, tag=tag, pin=pin, events=app.events)


def _refuse_name_of_frame(app: App, thing: str) -> None:
    from mlops_jupyter.data.taking.frames import is_frame

    if is_frame((app.namespace or {}).get(thing)) and not Path(thing).exists():
        raise NotFound(f"there is no file {thing}", f"the frame: did you mean ${thing}?")


def _live(thing: object) -> object:
    return thing.value if isinstance(thing, Live) else thing
