"""The explorer of a drift comparison in a real JupyterLab: by mouse, by keyboard, and without."""

from __future__ import annotations

import json
import re

import nbformat
import pytest
from playwright.sync_api import expect

from .lab import open_notebook, run_command
from .seed import HOSTILE

SETUP = f"""
import time
import pandas as pd
import mlops_jupyter as mlops

HOSTILE = {HOSTILE!r}

def flights(shift):  # planes of carrier b alone are late by `shift`
    rows = range(1200)
    return pd.DataFrame({{
        "delay": [float(n % 97 + (shift if n % 3 == 1 else 0)) for n in rows],
        HOSTILE: [("a", "b", HOSTILE)[n % 3] for n in rows],
        "month": [1 + n % 2 for n in rows],
    }})

before, after = flights(0), flights(40)
"""
EXPLORE = (
    "explorer = mlops.explore(before, after, by='month', labels=['spring', HOSTILE])\nexplorer"
)
MANY = """
wide = pd.DataFrame({f"column {n}": [float(i % (7 + n)) for i in range(300)] for n in range(200)})
mlops.explore(wide, wide + 3 * (wide.columns == "column 170"))
"""
CODES = """
codes = pd.DataFrame({"code": [f"c{n % 130}" for n in range(1300)]})
mlops.explore(codes, codes)
"""
KERNEL = "jupyterapp.shell.currentWidget.context.sessionContext.session.kernel"
ONE = "mlops.explore(before, after, columns=['delay'])"


@pytest.fixture
def explored(seeded, open_panel):
    """Open a notebook with some cells, run it, and return its page with the explorer in it."""

    def opened(name: str, *cells: str) -> Explored:
        sources = [SETUP, *cells]
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(source.strip()) for source in sources]
        )
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        path = seeded.folder / f"{name}.ipynb"
        nbformat.write(notebook, path)
        panel = open_panel(seeded)
        panel.page.evaluate("() => jupyterapp.shell.collapseLeft()")
        open_notebook(panel.page, path.name)
        run_command(panel.page, "notebook:run-all-cells")
        return Explored(panel, path)

    return opened


class Explored:
    """The explorer, by role and label."""

    def __init__(self, panel, path) -> None:
        self.panel, self.page, self.path = panel, panel.page, path
        self.root = self.page.get_by_role("region", name="Drift explorer").last
        expect(self.root).to_be_visible(timeout=120_000)
        self.columns = self.root.get_by_role("listbox", name="Columns")
        self.search = self.root.get_by_role("searchbox", name="Search columns")
        self.by = self.root.get_by_role("combobox", name="Part by column")
        self.part = self.root.get_by_role("combobox", name="Part", exact=True)
        self.period = self.root.get_by_role("combobox", name="Period of current")
        self.status = self.root.get_by_role("status")
        self.heading = self.root.get_by_role("heading")
        self.rows = self.root.get_by_role("row", name=re.compile("^rows"))
        self.verdict = self.root.locator(".mlops-explorer-verdict")

    def option(self, name: str):
        return self.columns.get_by_role("option").filter(has_text=name)

    def execute(self, code: str) -> None:
        """Let the kernel run something, as a cell would; it is not waited for."""
        self.page.evaluate(f"code => {{ {KERNEL}.requestExecute({{ code }}); }}", code)

    def shoot(self, name: str) -> None:
        self.root.scroll_into_view_if_needed()
        self.panel.shoot(f"explorer-{name}")


def test_a_part_and_a_period_are_found_by_mouse_and_hostile_names_are_harmless(explored):
    found = explored("explore", EXPLORE)
    page = found.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    expect(page.locator(".jp-OutputArea .mlops-card")).to_have_count(1)

    found.option("delay").click()
    expect(found.heading).to_have_text("delay")
    expect(found.verdict).to_contain_text("Wasserstein distance")
    expect(found.rows).to_have_text(re.compile("1,200.*1,200"))
    expect(found.part).to_be_hidden()
    found.by.select_option(label=f"by {HOSTILE}")
    expect(found.part.get_by_role("option")).to_have_text(
        [
            f"{HOSTILE} (400 → 400 rows)", "a (400 → 400 rows)", "b (400 → 400 rows)",
        ]
    )  # fmt: skip
    verdicts = {}
    for place, carrier in enumerate((HOSTILE, "a", "b")):
        found.part.select_option(index=place)
        expect(found.root.locator("[aria-busy=true]")).to_have_count(0)
        expect(found.rows).to_have_text(re.compile("400.*400"))
        verdicts[carrier] = found.verdict.locator("span").first.inner_text()
    assert verdicts == {HOSTILE: "no drift", "a": "no drift", "b": "drift"}
    expect(found.root).to_contain_text("mean up")
    found.period.select_option(label="2 (600 rows)")
    expect(found.rows).to_have_text(re.compile("400.*200"))
    found.root.get_by_text("The distributions as a table").click()
    expect(found.root.get_by_role("table")).to_have_count(2)
    found.shoot("light")
    found.panel.use_theme("JupyterLab Dark")
    try:
        found.shoot("dark")
    finally:
        found.panel.use_theme("JupyterLab Light")
    found.by.select_option(label="all rows")
    expect(found.rows).to_have_text(re.compile("1,200.*600"))

    found.option(HOSTILE).click()
    expect(found.heading).to_have_text(HOSTILE)
    expect(found.root.locator(".mlops-explorer-label")).to_contain_text([HOSTILE])
    found.shoot("hostile")
    assert page.locator("img[src='x']").count() == 0
    assert found.panel.dialogs == found.panel.complaints == []
    assert [url for url in asked if not url.startswith((found.panel.server.url, "data:"))] == []


def test_columns_are_chosen_by_keyboard_and_the_notebooks_keys_are_left_alone(explored):
    found = explored("explore-keys", ONE, MANY)
    page = found.page
    assert page.get_by_role("region", name="Drift explorer").first.locator(
        "[role=option]"
    ).all_text_contents() == ["delaydrift"]
    expect(found.columns.get_by_role("option")).to_have_count(200)
    cells = page.locator(".jp-Cell").count()

    found.columns.focus()
    page.keyboard.press("End")
    last = found.columns.get_by_role("option").last
    expect(last).to_have_attribute("aria-selected", "true")
    expect(last).to_be_in_viewport()
    expect(found.heading).to_have_text(last.locator(".mlops-explorer-name").inner_text())
    active = found.columns.get_attribute("aria-activedescendant")
    assert active == last.get_attribute("id")
    page.keyboard.press("Home")
    expect(found.heading).to_have_text("column 170")  # what moved most is first
    page.keyboard.press("ArrowDown")
    expect(found.heading).not_to_have_text("column 170")

    page.keyboard.press("Shift+Tab")
    expect(found.search).to_be_focused()
    page.keyboard.type("column 17")
    expect(found.columns.get_by_role("option")).to_have_count(11)
    page.keyboard.press("ArrowDown")
    expect(found.heading).to_have_text("column 170")
    page.keyboard.press("a")  # the notebook's key for a new cell
    expect(found.columns).to_contain_text("no such column")
    assert page.locator(".jp-Cell").count() == cells
    found.shoot("many")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(found.by).to_be_focused()
    assert found.panel.complaints == []


def test_of_very_many_values_the_largest_are_parts_and_that_stays_said(explored):
    found = explored("explore-codes", CODES)
    expect(found.rows).to_have_text(re.compile("1,300.*1,300"))
    found.by.select_option(label="by code")
    expect(found.part.get_by_role("option")).to_have_count(100)
    expect(found.rows).to_have_text(re.compile("10.*10"))
    expect(found.root.locator("[aria-busy=true]")).to_have_count(0)
    expect(found.part).to_have_accessible_description("The 100 largest; 30 more.")
    found.by.select_option(label="all rows")
    expect(found.root.get_by_text("The 100 largest")).to_have_count(0)


def test_a_busy_kernel_an_error_and_a_kernel_that_is_gone_are_said(explored):
    found = explored("explore-errors", EXPLORE)
    page = found.page
    found.execute("time.sleep(5)")
    found.option("month").click()
    expect(found.status).to_contain_text("No answer from the kernel yet")
    expect(found.heading).to_have_text("delay")  # what is shown stays
    expect(found.heading).to_have_text("month", timeout=30_000)
    expect(found.status).to_have_text("")

    found.execute("after.drop(index=after.index[:5], inplace=True)")
    found.period.select_option(index=1)
    expect(found.status).to_contain_text("it had 1,200 rows, and has 1,195 now")
    expect(found.status).to_contain_text("what is shown is from before")
    expect(found.heading).to_have_text("month")
    found.shoot("error")
    found.period.select_option(index=0)
    expect(found.heading).to_have_text("month")
    expect(found.status).to_have_text("")

    run_command(page, "docmanager:save")
    page.wait_for_function("() => !document.querySelector('.jp-mod-dirty')")
    saved = json.loads(found.path.read_text())
    assert "widgets" not in saved["metadata"]
    (card,) = [
        output["data"]["text/html"]
        for cell in saved["cells"]
        for output in cell.get("outputs", [])
        if "mlops-card" in "".join(output.get("data", {}).get("text/html", ""))
    ]
    assert "delay" in "".join(card)
    assert found.path.stat().st_size < 40_000

    page.evaluate(f"async () => {{ await {KERNEL}.restart(); }}")
    found.option("delay").click()
    expect(found.status).to_contain_text("Not connected to a kernel")
    expect(found.heading).to_have_text("month")
    found.shoot("gone")
    assert found.panel.complaints == []
