"""The routes, each an explicit GET, each for who holds the server's token.

===============================  ==============================================
``mlops-jupyter/version``        versions and workspace: the handshake
``mlops-jupyter/runs``           the newest runs; ``?limit=``, ``?experiment=``
``mlops-jupyter/runs/ID``        one run with what made it
===============================  ==============================================

Lists and runs of a local store carry an ``ETag`` taken from the store's files and the tags of data:
asking again while nothing was written costs a few ``stat`` and is answered with 304. Other files of
the workspace, which may make a model stale, are looked at every fifteen seconds.
"""

from __future__ import annotations

import asyncio
import atexit
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web

from mlops_jupyter.errors import MlopsError, UsageError
from mlops_jupyter.server.answers import Turns, handshake, state_tag
from mlops_jupyter.server.helper import Helper
from mlops_jupyter.workspace import Workspace

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

PREFIX = "mlops-jupyter"
DEFAULT_LIMIT, MAX_LIMIT = 100, 1000


class _Handler(APIHandler):
    """What the routes share: where they look, how they fail, and the entity tag."""

    # The panel asks every few seconds: that must not keep an idle server alive.
    _track_activity = False

    def initialize(self, folder: Path, helper: Helper, turns: Turns) -> None:
        self.folder = folder
        self.helper = helper
        self.turns = turns

    def compute_etag(self) -> None:
        """Leave the tag to `_answer`: tornado's own would need the whole answer first."""

    async def _answer(self, query: str, **arguments: Any) -> None:
        """Answer with a query's result, or with 304 where nothing can have changed."""
        # At each request: a user may make the workspace while JupyterLab is open.
        workspace = await asyncio.to_thread(Workspace.find, self.folder)
        # Taken before the query: what is written meanwhile shows in the next answer.
        question = (query, *arguments.values())
        turn = self.turns.of(*question)
        tag = await asyncio.to_thread(state_tag, workspace, turn, *question)
        if tag is not None:
            if self.request.headers.get("If-None-Match") == tag:
                self.set_status(304)
                self.set_header("ETag", tag)
                await self.finish()
                return
            self.set_header("ETag", tag)
        reply = await self.helper.ask(query, folder=str(workspace.root), **arguments)
        if "failure" in reply:
            self.clear_header("ETag")
            self.set_status(reply["status"])
            await self.finish(reply["failure"])
            return
        await self.finish(reply["result"])

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer an error of ours with its status and its JSON."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, MlopsError):
            self.clear_header("ETag")
            self.set_status(error.http_status)
            self.finish(error.to_dict())
        else:
            super().write_error(status_code, **kwargs)

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Log an error of ours as one line: it is no defect of the server."""
        if isinstance(value, MlopsError):
            self.log.debug("mlops-jupyter: %s", value)
        else:
            super().log_exception(typ, value, tb)


class VersionHandler(_Handler):
    """``GET mlops-jupyter/version``."""

    @web.authenticated
    async def get(self) -> None:
        """Answer with the `Handshake`."""
        found = await asyncio.to_thread(handshake, self.folder)
        await self.finish(found.to_dict())


class RunsHandler(_Handler):
    """``GET mlops-jupyter/runs``."""

    @web.authenticated
    async def get(self) -> None:
        """Answer with the newest `Runs`."""
        experiment = self.get_query_argument("experiment", None)
        await self._answer("runs", experiment=experiment, limit=self._limit())

    def _limit(self) -> int:
        text = self.get_query_argument("limit", str(DEFAULT_LIMIT))
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_LIMIT):
            raise UsageError(f"limit is {text[:40]!r}", f"give a number from 1 to {MAX_LIMIT}")
        return int(text[:9])


class RunHandler(_Handler):
    """``GET mlops-jupyter/runs/ID``."""

    @web.authenticated
    async def get(self, run_id: str) -> None:
        """Answer with one `Run`."""
        await self._answer("show", reference=f"run:{run_id}")


ROUTES = {"version": VersionHandler, "runs": RunsHandler, r"runs/([^/]+)": RunHandler}


def add(serverapp: ServerApp) -> None:
    """Add the routes to a server, with one helper process between them."""
    helper = Helper(serverapp.log)
    # The helper ends with its standard input; this ends it also where a server is embedded.
    atexit.register(helper.stop)
    base = serverapp.web_app.settings["base_url"]
    shared = {"folder": Path(serverapp.root_dir), "helper": helper, "turns": Turns()}
    serverapp.web_app.settings["mlops_jupyter_helper"] = helper
    serverapp.web_app.add_handlers(
        ".*$",
        [(url_path_join(base, PREFIX, path), each, shared) for path, each in ROUTES.items()],
    )
