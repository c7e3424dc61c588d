"""A real JupyterLab server in folders of its own, and the panel as a browser shows it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SHOTS = Path(__file__).parent / "shots"
STARTED_WITHIN = 240.0
SHOWN_WITHIN = 60_000  # a first start on a busy machine


def clean_environment(**extra: str) -> dict[str, str]:
    """The environment without settings of whoever runs the tests."""
    prefixes = ("MLOPS_", "MLFLOW_", "JUPYTER", "JPY_", "DVC_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
    own = {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "DO_NOT_TRACK": "true",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    return kept | own | extra


@dataclass
class LabServer:
    """JupyterLab on a free port of this machine; ends with `stop`."""

    folder: Path  # what it serves
    state: Path  # where it keeps its own files
    extra_environment: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    token: str = field(default_factory=lambda: secrets.token_hex(16))
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> LabServer:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.state.mkdir(parents=True)
        settings = self.state / "settings"
        news = settings / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
        news.parent.mkdir(parents=True)
        news.write_text(json.dumps({"fetchNews": "false"}))
        folders = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "IPYTHONDIR": "ipython",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        }
        places = {name: str(self.state / folder) for name, folder in folders.items()}
        command = [
            *(sys.executable, "-m", "jupyterlab", "--no-browser"),
            *(["--allow-root"] if getattr(os, "geteuid", lambda: 1)() == 0 else []),
            f"--port={self.port}",
            "--ServerApp.ip=127.0.0.1",
            "--ServerApp.port_retries=0",
            f"--ServerApp.root_dir={self.folder}",
            f"--IdentityProvider.token={self.token}",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            "--LabApp.extension_manager=readonly",
            "--LabApp.expose_app_in_browser=True",
            *self.options,
        ]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=clean_environment(**places, **self.extra_environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise
        return self

    @property
    def log(self) -> Path:
        return self.state / "server.log"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _wait(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + STARTED_WITHIN
        while time.monotonic() < deadline and self._process.poll() is None:
            with (
                contextlib.suppress(urllib.error.URLError, OSError),
                urllib.request.urlopen(f"{self.url}/api", timeout=5) as answer,
            ):
                if answer.status == 200:
                    return
            time.sleep(0.1)
        tail = self.log.read_text(errors="replace")[-3000:]
        raise AssertionError(f"JupyterLab did not start; its log ends with:\n{tail}")


def run_command(page: Any, command: str, **arguments: str) -> None:
    """Run one of JupyterLab's commands; what it returns may be a widget, which is no JSON."""
    page.evaluate(
        "async ([id, args]) => { await jupyterapp.commands.execute(id, args); }",
        [command, arguments],
    )


def open_notebook(page: Any, path: str) -> None:
    """Open a notebook, and wait for its kernel: what runs before is asked which one to take."""
    page.evaluate(
        """async path => {
            const opened = await jupyterapp.commands.execute('docmanager:open', { path });
            await opened.context.ready;
            await opened.sessionContext.ready;
        }""",
        path,
    )
    page.wait_for_selector(".jp-Notebook .jp-CodeCell")


class PanelPage:
    """The panel, by role and label, the way a person finds things."""

    def __init__(self, page: Any, server: LabServer) -> None:
        self.page = page
        self.server = server
        self.dialogs: list[str] = []
        self.complaints: list[str] = []
        page.on("dialog", self._on_dialog)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _on_dialog(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def open(self) -> PanelPage:
        """Open JupyterLab and the panel."""
        self.page.goto(f"{self.server.url}/lab?reset&token={self.server.token}")
        self.page.wait_for_selector(".jp-Launcher", timeout=SHOWN_WITHIN)
        self.tab.click()
        self.root.wait_for()
        return self

    def use_theme(self, name: str) -> None:
        self.page.evaluate(
            "theme => jupyterapp.commands.execute('apputils:change-theme', { theme })", name
        )
        is_dark = "Dark" in name
        self.page.wait_for_selector(
            f"body[data-jp-theme-light='{'false' if is_dark else 'true'}']", state="attached"
        )

    @property
    def tab(self) -> Any:
        return self.page.get_by_role("tab", name="MLOps")

    @property
    def root(self) -> Any:
        return self.page.get_by_role("region", name="MLOps")

    @property
    def rows(self) -> Any:
        return self.root.get_by_role("list", name="Runs").get_by_role("button")

    @property
    def filter(self) -> Any:
        return self.root.get_by_role("searchbox", name="Filter runs")

    def row(self, name: str) -> Any:
        return self.rows.filter(has=self.page.get_by_text(name, exact=True))

    def names(self) -> list[str]:
        return self.root.locator(".mlops-run-name").all_text_contents()

    def details(self, name: str) -> Any:
        """The details of a run, once opened."""
        return self.page.get_by_role("article", name=re.compile(f"^Run {re.escape(name)}$"))

    def shoot(self, name: str) -> None:
        """Keep a picture, for people to look at."""
        SHOTS.mkdir(exist_ok=True)
        self.page.wait_for_timeout(300)  # what is still moving comes to rest
        self.page.screenshot(path=SHOTS / f"{name}.png")
