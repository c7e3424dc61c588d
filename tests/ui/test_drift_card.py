"""The drift card in a real JupyterLab: in dark and light, by keyboard, and opened untrusted."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
from playwright.sync_api import expect

from .lab import open_notebook, run_command

COLUMNS = 20
WORDS = "strong, strong span, th, td, td span, li, summary, div:has(> br)"
CONTRAST = """element => {
    const light = words => {
        const [r, g, b] = words.match(/[\\d.]+/g).slice(0, 3).map(Number).map(each => {
            const part = each / 255;
            return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const probe = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const over = (colour, ground) => {
        probe.fillStyle = ground; probe.fillRect(0, 0, 1, 1);
        probe.fillStyle = colour; probe.fillRect(0, 0, 1, 1);
        return `rgb(${[...probe.getImageData(0, 0, 1, 1).data].slice(0, 3)})`;
    };
    const grounds = [];
    for (let each = element; each; each = each.parentElement)
        grounds.unshift(getComputedStyle(each).backgroundColor);
    const ground = grounds.reduce((under, colour) => over(colour, under), 'rgb(255,255,255)');
    const ink = over(getComputedStyle(element).color, ground);
    const [low, high] = [light(ink), light(ground)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
}"""


def write_inputs(folder: Path) -> None:
    random = np.random.default_rng(0)
    for name, moved in (("reference", 0.0), ("current", 3.0)):
        frame = pd.DataFrame({f"sensor_{i}": random.normal(size=80) for i in range(COLUMNS)})
        frame["sensor_7"] += moved
        frame["kind"] = ["a", "b" if moved else "c"] * 40
        frame.to_csv(folder / f"card-{name}.csv", index=False)
    source = "%load_ext mlops_jupyter\n%mlops drift card-reference.csv card-current.csv"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / "card.ipynb")


def test_the_card_is_read_in_dark_and_light_and_opened_by_keyboard(seeded, open_panel):
    write_inputs(seeded.folder)
    panel = open_panel(seeded)
    page = panel.page
    open_notebook(page, "card.ipynb")
    run_command(page, "notebook:run-all-cells")
    expect(page.locator(".jp-OutputArea .mlops-card")).to_be_visible(timeout=120_000)
    check(panel, "card")

    run_command(page, "docmanager:save")
    page.wait_for_function("() => !document.querySelector('.jp-mod-dirty')")
    # As one gets it from somebody else: no signature of this machine.
    content = json.loads((seeded.folder / "card.ipynb").read_text())
    content["metadata"]["received"] = "by mail"
    (seeded.folder / "card-received.ipynb").write_text(json.dumps(content))
    other = open_panel(seeded)
    open_notebook(other.page, "card-received.ipynb")
    check(other, "card-untrusted")


def check(panel, name: str) -> None:
    page = panel.page
    card = page.locator(".jp-OutputArea .mlops-card")
    expect(card).to_be_visible()
    assert card.locator("script, style, iframe").count() == 0
    expect(card.get_by_text("No dataset drift", exact=True)).to_be_visible()
    # Drifted ones are seen, each with a picture that is described; others are to be opened.
    expect(card.get_by_role("row")).to_have_count(3)
    expect(card.get_by_role("columnheader")).to_have_text(
        ["column", "verdict and what changed", "reference and current"]
    )
    seen = card.get_by_role("row", name="sensor_7")
    expect(seen.get_by_role("rowheader")).to_contain_text("sensor_7")
    picture = seen.get_by_role("img", name="Distribution of sensor_7, reference and current")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")

    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        panel.use_theme(theme)
        panel.shoot(f"{name}-{theme.rpartition(' ')[2].lower()}")
        words = [each for each in card.locator(WORDS).all() if each.is_visible()]
        assert len(words) > 10
        for each in words:
            assert each.evaluate(CONTRAST) >= 3, (theme, each.inner_text())

    summary = card.get_by_text(f"{COLUMNS - 1} columns that did not drift")
    reach_by_keyboard(page, summary)
    page.keyboard.press("Enter")
    expect(card.locator("details")).to_have_attribute("open", "")
    expect(card.get_by_role("row")).to_have_count(3 + COLUMNS)
    expect(card.get_by_role("row", name="sensor_0")).to_be_visible()


def reach_by_keyboard(page, element) -> None:
    """Press Tab until the element has the focus."""
    page.locator(".jp-OutputArea .mlops-card strong").first.click()
    for _ in range(20):
        page.keyboard.press("Tab")
        if element.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"not reached: {element.inner_text()}")
