"""Where MLflow's own pages show runs."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict
from urllib.parse import urlsplit, urlunsplit

if TYPE_CHECKING:
    from mlops_jupyter.workspace import Workspace

# Where `mlflow ui` serves when it is told nothing else.
_UI = "http://127.0.0.1:5000"


class Outlook(TypedDict):
    """Fields of `Runs`: an address, and the command that has to run for it to answer."""

    url: str
    ui_command: str | None


def update(workspace: Workspace, experiments: Sequence[str]) -> Outlook:
    """Return where experiments are shown: on the tracking server, or by ``mlflow ui``."""
    store = workspace.store
    where = f"/#/experiments/{experiments[0]}" if len(experiments) == 1 else "/#/experiments"
    if store.uri.startswith(("http://", "https://")):
        parts = urlsplit(store.uri)
        host = parts.netloc.rpartition("@")[2]  # no credentials on anybody's screen
        base = urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))
        return {"url": base + where, "ui_command": None}
    command = f"mlflow ui --backend-store-uri {shlex.quote(store.shown)}"
    return {"url": _UI + where, "ui_command": command}
