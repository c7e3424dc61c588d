"""The notebook that is running: its file, its name, and how they were found."""

from __future__ import annotations

import functools
import json
import os
import re
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from mlops_jupyter.settings import ENV_NOTEBOOK

if TYPE_CHECKING:
    from collections.abc import Mapping

# For all that is asked over this machine's own network, together, in seconds.
PATIENCE = 1.0
_LOCAL_HOSTS = frozenset(["localhost", "127.0.0.1", "::1", "0.0.0.0"])  # noqa: S104 - compared only
_COLAB_PORT = "9000"


class Found(NamedTuple):
    """What is known of the running notebook.

    Attributes
    ----------
    path : Path or None
        Its file, where there is one on this machine.
    name : str or None
        Its name; None where nothing was found.
    how : str
        What told.
    """

    path: Path | None
    name: str | None
    how: str


def find(namespace: Mapping[str, object] | None = None) -> Found:
    """Find the running notebook, within a second; the second time at once.

    In this order: ``MLOPS_NOTEBOOK`` (set by ``mlops run``, or by the user), the variable that
    VS Code leaves in the kernel, the path that Jupyter's server gives its kernels, Colab's own
    server, and the Jupyter server of this machine that runs this kernel (a notebook that was
    renamed since).

    Parameters
    ----------
    namespace : mapping, optional
        The kernel's variables.
    """
    for told in (_by_variable(namespace), _by_a_server(namespace)):
        if told is not None:
            return told
    session = _session_path()
    if session is not None:  # not saved yet, or not on this machine
        return Found(session, session.name, "Jupyter")
    return Found(None, None, "")


def notebook_path(namespace: Mapping[str, object] | None = None) -> Path | None:
    """Return the path of the running notebook, where it can be found out; see `find`."""
    return find(namespace).path


def _by_variable(namespace: Mapping[str, object] | None) -> Found | None:
    """Return what a variable tells, of the environment or of the kernel."""
    if named := os.environ.get(ENV_NOTEBOOK):
        return Found(Path(named), Path(named).name, ENV_NOTEBOOK)
    if namespace and (vscode := namespace.get("__vsc_ipynb_file__")):
        return Found(Path(str(vscode)), Path(str(vscode)).name, "VS Code")
    session = _session_path()
    if session is not None and session.is_file():
        return Found(session, session.name, "Jupyter")
    return None


def _by_a_server(namespace: Mapping[str, object] | None) -> Found | None:
    """Return what a server on this machine tells of this kernel."""
    if "google.colab" in sys.modules:
        name = _colab_name()
        return Found(None, name, "Colab") if name else None
    if "ipykernel" in sys.modules:
        kernel = _kernel_id()
        path = _from_server(kernel, os.environ.get("JPY_SESSION_NAME", "")) if kernel else None
        return Found(path, path.name, "Jupyter's server") if path else None
    if namespace is not None and "IPython" in sys.modules:
        return Found(None, None, "IPython")  # a terminal has no notebook
    return None


def _session_path() -> Path | None:
    """Return the path that Jupyter's server gives its kernels; consoles have none."""
    session = os.environ.get("JPY_SESSION_NAME", "")
    return Path(session) if session.endswith(".ipynb") else None


@functools.cache
def _colab_name() -> str | None:
    """Ask the server of Colab's own machine for the notebook's name; it has no file there."""
    host = os.environ.get("COLAB_JUPYTER_IP") or "127.0.0.1"
    port = os.environ.get("COLAB_JUPYTER_PORT") or _COLAB_PORT
    token = os.environ.get("COLAB_JUPYTER_TOKEN", "")
    for session in _sessions(f"http://{host}:{port}/", token, PATIENCE):
        name = session.get("name")
        if isinstance(name, str) and name:
            return name
    return None


@functools.lru_cache(maxsize=4)
def _from_server(kernel: str, _session: str) -> Path | None:
    """Ask the Jupyter servers of this machine and user which notebook a kernel belongs to."""
    from jupyter_core.paths import jupyter_runtime_dir

    until = time.monotonic() + PATIENCE
    files = sorted(Path(jupyter_runtime_dir()).glob("jpserver-*.json"), key=_age, reverse=True)
    for file in files[:8]:
        left = until - time.monotonic()
        server = _json(file)
        url = str(server.get("url", ""))
        if left <= 0 or urlsplit(url).hostname not in _LOCAL_HOSTS:
            continue
        for session in _sessions(url, str(server.get("token", "")), min(left, PATIENCE / 2)):
            running = session.get("kernel")
            path = session.get("path")
            if isinstance(running, dict) and running.get("id") == kernel and isinstance(path, str):
                found = Path(str(server.get("root_dir", "."))) / path
                return found if found.suffix == ".ipynb" and found.is_file() else None
    return None


def _sessions(url: str, token: str, timeout: float) -> list[dict[str, Any]]:
    headers = {"Authorization": f"token {token}"} if token else {}
    request = urllib.request.Request(url + "api/sessions", headers=headers)  # noqa: S310 - below
    if urlsplit(url).scheme not in ("http", "https"):
        return []
    # No proxy: what is asked is on this machine, and so is the token.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=timeout) as answer:
            content = json.loads(answer.read(5_000_000))
    except (urllib.error.URLError, OSError, ValueError):
        return []
    return [entry for entry in content if isinstance(entry, dict)] if content else []


def _kernel_id() -> str | None:
    """Return this kernel's id at its server: it is in the name of its connection file."""
    from ipykernel.connect import get_connection_file

    try:
        name = Path(get_connection_file()).name
    except (RuntimeError, AttributeError):  # no kernel application in this process
        return None
    found = re.search(r"kernel-(.+)\.json$", name)
    return found[1] if found else None


def _json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _age(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0
