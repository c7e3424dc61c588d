"""The Jupyter server extension: what the panel asks, answered over REST.

The server is not the kernel: it may run in another environment. What both share is on disk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


def _load_jupyter_server_extension(serverapp: ServerApp) -> None:
    """Add the routes to a starting Jupyter server."""
    from mlops_jupyter.server import routes

    routes.add(serverapp)
