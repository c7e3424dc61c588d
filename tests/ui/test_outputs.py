"""What the magics show under cells, in a real JupyterLab: run there, and opened untrusted."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pandas as pd
from playwright.sync_api import expect

from .lab import open_notebook, run_command
from .seed import HOSTILE

CELLS = (
    "%load_ext mlops_jupyter",
    "%mlops runs",
    f"%mlops show '{HOSTILE}'",
    "%mlops drift reference.csv current.csv",
    "%mlops lineage data/cancer.csv",
    "%mlops data versions",
    "%mlops doctor",
    "%mlops status",
)


def write_inputs(folder: Path) -> None:
    for name, shift in (("reference", 0), ("current", 40)):
        frame = pd.DataFrame({HOSTILE: range(shift, shift + 60), "kind": [HOSTILE, "b", "c"] * 20})
        frame.to_csv(folder / f"{name}.csv", index=False)
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in CELLS]
    )
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / "outputs.ipynb")


def test_outputs_show_and_hostile_names_are_harmless_run_or_untrusted(seeded, open_panel):
    write_inputs(seeded.folder)
    panel = open_panel(seeded)
    page = panel.page
    open_notebook(page, "outputs.ipynb")
    run_command(page, "notebook:run-all-cells")
    cards = page.locator(".jp-OutputArea .mlops-card")
    expect(cards).to_have_count(7, timeout=120_000)
    check(panel, "outputs-trusted")

    run_command(page, "docmanager:save")
    saved = seeded.folder / "outputs.ipynb"
    page.wait_for_function("() => !document.querySelector('.jp-mod-dirty')")
    # As one gets it from somebody else: no signature of this machine.
    content = json.loads(saved.read_text())
    content["metadata"]["received"] = "by mail"
    (seeded.folder / "received.ipynb").write_text(json.dumps(content))
    other = open_panel(seeded)
    open_notebook(other.page, "received.ipynb")
    expect(other.page.locator(".jp-OutputArea .mlops-card").first).to_be_visible()
    check(other, "outputs-untrusted")


def check(panel, name: str) -> None:
    """The hostile names are there as text, and nothing came of them."""
    page = panel.page
    pictured = page.locator(".mlops-card", has=page.locator("img[src^='data:image/svg+xml']"))
    drift = pictured.filter(has_not_text="lineage of")
    expect(drift).to_have_count(1)
    expect(drift).to_contain_text(HOSTILE)
    expect(page.locator(".mlops-card").first).to_contain_text(HOSTILE)
    assert page.locator(".jp-OutputArea img[src='x']").count() == 0
    assert page.locator(".jp-OutputArea script").count() == 0
    drift.scroll_into_view_if_needed()
    panel.shoot(name)
    page.locator(".mlops-card").first.scroll_into_view_if_needed()
    panel.shoot(f"{name}-runs")
    lineage = pictured.filter(has_text="lineage of")
    lineage.scroll_into_view_if_needed()
    picture = lineage.get_by_role("img", name="Lineage of data:cancer@v1")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.complete && image.naturalWidth && image.width") > 380
    expect(lineage.get_by_role("listitem").filter(has_text="read by run forest")).to_be_visible()
    panel.shoot(f"{name}-lineage")
    assert panel.dialogs == []
