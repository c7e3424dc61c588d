"""Charts in a real JupyterLab: drawn by its own Vega-Lite, and static pictures in the card."""

from __future__ import annotations

import json

import nbformat
import pytest
from mlflow.entities import Metric
from playwright.sync_api import expect

from .lab import open_notebook, run_command
from .seed import HOSTILE
from .test_panel import client_of

CELLS = (
    "%load_ext mlops_jupyter",
    "%mlops show curves",
    "found = %mlops show curves\nfrom IPython.display import HTML\nHTML(found.to_html())",
)


@pytest.fixture
def charted(seeded):
    """The workspace with runs that have curves, while this test needs them: others count runs."""
    write_inputs(seeded.folder)
    yield seeded
    client = client_of(seeded.folder)
    experiment = client.get_experiment_by_name("charts").experiment_id
    for run in client.search_runs([experiment]):
        client.delete_run(run.info.run_id)


def write_inputs(folder) -> None:
    client = client_of(folder)
    experiment = client.create_experiment("charts")
    run_id = client.create_run(experiment, run_name="curves").info.run_id
    for name, fall in (("train_loss", 40), ("val_loss", 60)):
        values = [Metric(name, 2.0 ** -(i / fall), 1000 * i, i) for i in range(900)]
        client.log_batch(run_id, values)
    for depth in ("2", HOSTILE, "8"):
        child = client.create_run(
            experiment, run_name=f"{HOSTILE} {depth[:1]}", tags={"mlflow.parentRunId": run_id}
        ).info.run_id
        client.log_param(child, "depth", depth)
        client.log_metric(child, "auc", len(depth) / 100)
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in CELLS]
    )
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / "charts.ipynb")


def check(panel, name: str) -> None:
    page = panel.page
    drawn = page.locator(".jp-RenderedVegaLite svg.marks")
    expect(drawn).to_have_count(2, timeout=120_000)
    curves, across = drawn.nth(0), drawn.nth(1)
    expect(curves).to_contain_text("val_loss")
    expect(across).to_contain_text("depth")
    assert curves.bounding_box()["height"] > 200
    assert curves.locator("path[stroke='#1f83d6']").count() >= 1
    pictures = page.locator(".mlops-card img[src^='data:image/svg+xml']")
    expect(pictures).to_have_count(2)
    assert all(pictures.nth(i).evaluate("img => img.naturalWidth") > 400 for i in range(2))
    curves.scroll_into_view_if_needed()
    panel.shoot(name)
    across.locator("path[aria-roledescription='circle'], .mark-symbol path").first.hover(force=True)
    page.wait_for_timeout(300)  # a tooltip
    assert page.locator("img[src='x']").count() == 0
    assert page.get_by_text("Open in Vega Editor").count() == 0
    assert panel.dialogs == []


def test_charts_are_drawn_by_jupyterlab_trusted_or_not_and_in_the_dark(charted, open_panel):
    seeded = charted
    panel = open_panel(seeded)
    page = panel.page
    open_notebook(page, "charts.ipynb")
    run_command(page, "notebook:run-all-cells")
    check(panel, "charts-trusted")

    run_command(page, "docmanager:save")
    page.wait_for_function("() => !document.querySelector('.jp-mod-dirty')")
    # As one gets it from somebody else: no signature of this machine.
    content = json.loads((seeded.folder / "charts.ipynb").read_text())
    content["metadata"]["received"] = "by mail"
    (seeded.folder / "charts-received.ipynb").write_text(json.dumps(content))
    other = open_panel(seeded)
    other.use_theme("JupyterLab Dark")
    try:
        open_notebook(other.page, "charts-received.ipynb")
        check(other, "charts-untrusted-dark")
    finally:
        other.use_theme("JupyterLab Light")
