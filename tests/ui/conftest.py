"""A browser and JupyterLab servers for the tests of the panel.

What is missing is a failure, not a skip: a panel that nobody looked at is not tested.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .lab import LabServer, PanelPage, clean_environment

HERE = Path(__file__).parent
PANEL = HERE.parents[1] / "labextension"
INSTALLED = Path(sys.prefix) / "share" / "jupyter" / "labextensions" / "mlops-jupyter"
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.hookimpl(tryfirst=True)  # xdist looks at the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests here, and keep them in one process: they share servers and the browser."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.ui)
            item.add_marker(pytest.mark.xdist_group("ui"))


def _required() -> str:
    """Return the path of Chromium, once all that is needed was found."""
    if importlib.util.find_spec("jupyterlab") is None:
        pytest.fail("JupyterLab is missing: pip install 'mlops-jupyter[lab]'", pytrace=False)
    bundle = INSTALLED / "package.json"
    if not bundle.is_file():
        pytest.fail("the panel is not installed here: pip install -e .", pytrace=False)
    built = bundle.stat().st_mtime
    sources = [each for part in ("src", "style") for each in (PANEL / part).rglob("*.*")]
    if late := [each.name for each in sources if each.stat().st_mtime > built]:
        pytest.fail(f"the installed panel is older than {late}: pip install -e .", pytrace=False)
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    pytest.fail("Chromium is missing: sh scripts/system-packages.sh chromium", pytrace=False)


# Of the package, not of the session: while Playwright runs, no other test can run asyncio.
@pytest.fixture(scope="package")
def browser() -> Iterator[object]:
    chromium = _required()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def start_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., LabServer]]:
    """Start a server over a folder; all are stopped at the end."""
    servers: list[LabServer] = []

    def start(folder: Path, *, options: tuple[str, ...] = (), **environment: str) -> LabServer:
        state = tmp_path_factory.mktemp("lab") / "state"
        servers.append(LabServer(folder, state, environment, options))
        return servers[-1].start()

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="package")
def seeded(
    tmp_path_factory: pytest.TempPathFactory, start_lab: Callable[..., LabServer]
) -> LabServer:
    """A server over a workspace with runs of every kind."""
    folder = tmp_path_factory.mktemp("seeded") / "late-flights"
    folder.mkdir()
    mlops(folder, "init")
    seed(folder, "kinds")
    return start_lab(folder)


@pytest.fixture
def open_panel(browser) -> Iterator[Callable[[LabServer], PanelPage]]:
    """Open the panel of a server in a fresh browser window."""
    contexts = []

    def open_on(server: LabServer) -> PanelPage:
        context = browser.new_context(viewport={"width": 1200, "height": 800})
        contexts.append(context)
        context.set_default_timeout(20_000)
        return PanelPage(context.new_page(), server).open()

    yield open_on
    for context in contexts:
        context.close()


def mlops(folder: Path, *words: str) -> None:
    """Run the command line in a folder."""
    _run(folder, "-m", "mlops_jupyter", *words)


def seed(folder: Path, *words: str) -> None:
    """Fill a workspace with runs."""
    _run(folder, str(HERE / "seed.py"), *words)


def _run(folder: Path, *words: str) -> None:
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
