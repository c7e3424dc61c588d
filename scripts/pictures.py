"""Make the README's pictures from the real thing: the demo, in JupyterLab, in Chromium.

Run it from the repository's top, in the environment that ``make test`` makes::

    .venv/bin/python -m scripts.pictures
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from mlops_jupyter.project.demo import demo
from tests.ui.lab import LabServer, PanelPage

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
EXECUTED = "notebooks/01_flights.ipynb"


def main() -> None:
    """Run the demo and take pictures of its panel and cards, light and dark."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "late-flights"
        made = demo(folder)
        assert made.run is not None  # noqa: S101 - it was asked for
        shutil.copyfile(folder / made.run.output, folder / EXECUTED)
        server = LabServer(folder, Path(temporary) / "state").start()
        try:
            shoot(server)
        finally:
            server.stop()


def shoot(server: LabServer) -> None:
    """Take the pictures."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        panel = PanelPage(page, server).open()
        panel.rows.first.wait_for()
        page.evaluate("path => jupyterapp.commands.execute('docmanager:open', { path })", EXECUTED)
        page.wait_for_selector(".jp-Notebook .mlops-card", timeout=60_000)
        panel.tab.click() if not panel.root.is_visible() else None
        for theme in ("JupyterLab Light", "JupyterLab Dark"):
            panel.use_theme(theme)
            name = theme.split()[1].lower()
            card = page.locator(".mlops-card", has=page.locator("img")).last
            for what, height, shown in (("panel", 800, page), ("card", 1200, card)):
                page.set_viewport_size({"width": 1280, "height": height})
                card.evaluate("card => card.scrollIntoView({ block: 'start' })")
                page.wait_for_timeout(1500)
                shown.screenshot(path=PICTURES / f"{what}-{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
