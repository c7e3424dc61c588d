"""The panel in a real JupyterLab in a real Chromium: what a user sees and clicks."""

from __future__ import annotations

import re

import pytest
from mlflow import MlflowClient
from playwright.sync_api import expect

from mlops_jupyter import __version__
from mlops_jupyter.workspace import Workspace

from .conftest import mlops, seed
from .seed import HOSTILE

LIVE = 15_000  # a poll every two seconds, and a helper that imports MLflow


def client_of(folder):
    return MlflowClient(tracking_uri=Workspace.find(folder).store.uri)


def test_it_lists_the_runs_of_the_workspace(seeded, open_panel):
    panel = open_panel(seeded)
    expect(panel.rows).to_have_count(9, timeout=LIVE)
    expect(panel.root.get_by_role("heading", name="late-flights")).to_be_visible()
    names = panel.names()
    assert names[:2] == ["still running", HOSTILE]
    assert names[4:8] == ["sweep", "depth 8", "depth 4", "depth 2"], "children under their parent"
    forest = panel.row("forest")
    expect(forest).to_contain_text("tumours")
    expect(forest).to_contain_text("cancer@v1")
    expect(forest.get_by_role("img", name="finished")).to_be_visible()
    expect(panel.row("depth 8")).to_contain_text(re.compile(r"test_auc\s*0\.69"))
    children = panel.root.get_by_role("listitem", level=2)
    expect(children).to_have_count(3)
    expect(children.first).to_contain_text("depth 8")
    panel.shoot("list-light")
    assert panel.complaints == []


def test_it_filters_what_it_has_loaded(seeded, open_panel):
    panel = open_panel(seeded)
    panel.filter.fill("FLIGHTS depth 4")
    expect(panel.rows).to_have_count(2, timeout=LIVE)
    assert panel.names() == ["sweep", "depth 4"]
    panel.filter.fill("failed")
    expect(panel.rows).to_have_count(1)
    panel.filter.fill("nothing like it")
    expect(panel.root.get_by_text("None of the 9 runs loaded matches.")).to_be_visible()


def test_a_click_opens_what_made_a_run(seeded, open_panel):
    panel = open_panel(seeded)
    panel.row("forest").click()
    details = panel.details("forest")
    expect(details.get_by_role("region", name="Parameters")).to_contain_text(
        "n_estimators", timeout=LIVE
    )
    metrics = details.get_by_role("region", name="Metrics").get_by_role("rowheader")
    expect(metrics.first).to_have_text("training_accuracy_score")
    expect(metrics.last).to_contain_text("system/")
    expect(details.get_by_role("region", name="Data read")).to_contain_text("data:cancer@v1")
    expect(details.get_by_role("region", name="Models")).to_contain_text("RandomForestClassifier")
    expect(details.get_by_role("region", name="Origin")).to_contain_text("run:")
    panel.shoot("details-light")
    panel.row("forest").click()
    assert panel.page.locator(".mlops-details").count() == 1, "one tab a run"


def test_it_works_by_keyboard(seeded, open_panel):
    panel = open_panel(seeded)
    expect(panel.rows).to_have_count(9, timeout=LIVE)
    panel.filter.focus()
    for key in ("Tab", "ArrowDown", "ArrowDown", "Enter"):
        panel.page.keyboard.press(key)
    details = panel.page.get_by_role("article")
    expect(details.get_by_role("heading", level=1)).to_have_text(panel.names()[2])


def test_a_failed_run_says_why(seeded, open_panel):
    panel = open_panel(seeded)
    panel.filter.fill("failed")
    panel.rows.first.click()
    expect(panel.page.get_by_label("Error")).to_contain_text("Input X contains NaN", timeout=LIVE)
    panel.shoot("details-failed")


def test_a_hostile_name_is_text(seeded, open_panel):
    panel = open_panel(seeded)
    expect(panel.row(HOSTILE).first).to_be_visible(timeout=LIVE)
    panel.row(HOSTILE).first.click()
    details = panel.details(HOSTILE)
    expect(details.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    expect(details.get_by_role("region", name="Parameters")).to_contain_text(HOSTILE)
    expect(panel.page.get_by_role("tab", name=HOSTILE)).to_be_visible()
    panel.page.get_by_role("tab", name=HOSTILE).hover()  # its tooltip
    details.get_by_text("All tags").click()
    panel.page.wait_for_timeout(500)
    assert panel.page.locator("img[src='x']").count() == 0
    assert panel.dialogs == []
    panel.shoot("details-hostile")


def test_it_is_at_home_in_the_dark_theme(seeded, open_panel):
    panel = open_panel(seeded)
    panel.use_theme("JupyterLab Dark")
    try:
        panel.row("forest").click()
        expect(panel.details("forest")).to_be_visible()
        panel.shoot("dark")
        paper, ink = panel.root.evaluate(
            "node => [getComputedStyle(node).backgroundColor, getComputedStyle(node).color]"
            ".map(colour => colour.match(/[\\d.]+/g).slice(0, 3).reduce((a, b) => a + +b, 0) / 3)"
        )
        assert paper < 80
        assert ink > 180
    finally:
        panel.use_theme("JupyterLab Light")


def test_from_no_workspace_to_the_first_run(start_lab, open_panel, tmp_path):
    """All of it without a reload: the panel notices what a user does elsewhere."""
    folder = tmp_path / "fresh"
    folder.mkdir()
    panel = open_panel(start_lab(folder))
    expect(panel.root.get_by_role("heading", name="No workspace yet")).to_be_visible(timeout=LIVE)
    expect(panel.root.get_by_text("mlops init", exact=True)).to_be_visible()
    panel.shoot("no-workspace")

    mlops(folder, "init")
    expect(panel.root.get_by_role("heading", name="No runs yet")).to_be_visible(timeout=LIVE)
    expect(panel.root.get_by_text("%mlops track NAME")).to_be_visible()
    panel.shoot("empty")

    client = client_of(folder)
    run = client.create_run("0", run_name="live").info.run_id
    expect(panel.row("live").get_by_role("img", name="running")).to_be_visible(timeout=LIVE)
    panel.row("live").click()
    client.log_metric(run, "accuracy", 0.93)
    client.set_terminated(run)
    expect(panel.row("live").get_by_role("img", name="finished")).to_be_visible(timeout=LIVE)
    expect(panel.row("live")).to_contain_text(re.compile(r"accuracy\s*0\.93"))
    expect(panel.details("live").get_by_role("region", name="Metrics")).to_contain_text(
        "0.93", timeout=LIVE
    )
    panel.shoot("one-run")

    settings = folder / "mlops.toml"
    content = settings.read_text()
    settings.write_text("schema = 1\nnonsense = true\n")
    expect(panel.root.get_by_role("alert")).to_contain_text("unknown key 'nonsense'", timeout=LIVE)
    expect(panel.row("live")).to_be_visible()  # what was known stays
    expect(panel.root.get_by_role("heading", name="fresh")).to_be_visible()
    panel.shoot("error")
    settings.write_text(content)
    panel.root.get_by_role("button", name="Try again").click()
    expect(panel.root.get_by_role("alert")).to_be_hidden(timeout=LIVE)


def test_a_model_turns_stale_while_one_looks(start_lab, open_panel, tmp_path):
    mlops(tmp_path, "init")
    seed(tmp_path, "forest")
    panel = open_panel(start_lab(tmp_path))
    expect(panel.row("forest")).to_be_visible(timeout=LIVE)
    expect(panel.root.get_by_text("stale:")).to_have_count(0)

    data = tmp_path / "data" / "cancer.csv"
    data.write_text(data.read_text().replace(",0\n", ",1\n", 3))
    mlops(tmp_path, "data", "snapshot", str(data), "-m", "three <b>diagnoses</b> corrected")
    expect(panel.row("forest")).to_contain_text("stale: data", timeout=LIVE)
    why = "data:cancer@v1 has a newer version v2 (three <b>diagnoses</b> corrected)"
    expect(panel.root.get_by_title(why)).to_be_visible()
    expect(panel.rows).to_have_accessible_name(re.compile("stale: data"))
    panel.filter.fill("stale")
    expect(panel.rows).to_have_count(1)
    panel.filter.press("Tab")
    panel.page.keyboard.press("Enter")
    reasons = panel.details("forest").get_by_role("region", name="Stale")
    expect(reasons.get_by_role("listitem")).to_have_text(why, timeout=LIVE)
    panel.shoot("stale-light")
    panel.use_theme("JupyterLab Dark")
    panel.shoot("stale-dark")
    panel.use_theme("JupyterLab Light")
    panel.page.set_viewport_size({"width": 700, "height": 600})
    panel.shoot("stale-narrow")
    assert panel.complaints == []


def test_many_runs_come_a_page_at_a_time(start_lab, open_panel, tmp_path):
    mlops(tmp_path, "init")
    seed(tmp_path, "many", "130")
    panel = open_panel(start_lab(tmp_path))
    expect(panel.rows).to_have_count(100, timeout=LIVE)
    assert panel.names()[0] == "run 129"
    panel.shoot("many")
    panel.root.get_by_role("button", name="Show more than these 100").click()
    expect(panel.rows).to_have_count(130, timeout=LIVE)
    expect(panel.root.get_by_role("button", name="Show more")).to_be_hidden()


def test_a_server_of_another_version_is_said(start_lab, open_panel, tmp_path):
    """The server runs with an older package than the panel was built from."""
    patch = tmp_path / "patch"
    patch.mkdir()
    (patch / "sitecustomize.py").write_text(
        "import mlops_jupyter._version as version\n"
        "import mlops_jupyter\n"
        "version.__version__ = mlops_jupyter.__version__ = '0.0.9'\n"
    )
    panel = open_panel(start_lab(tmp_path, PYTHONPATH=str(patch)))
    alert = panel.root.get_by_role("alert")
    expect(alert).to_contain_text(f"This panel is version {__version__}", timeout=LIVE)
    expect(alert).to_contain_text("the Jupyter server has version 0.0.9")
    panel.shoot("mismatch")


def test_a_server_without_the_extension_is_said(start_lab, open_panel, tmp_path):
    off = "--ServerApp.jpserver_extensions={'mlops_jupyter': False, 'jupyterlab': True}"
    panel = open_panel(start_lab(tmp_path, options=(off,)))
    alert = panel.root.get_by_role("alert")
    expect(alert).to_contain_text("The server part is missing", timeout=LIVE)
    panel.shoot("absent")


@pytest.mark.parametrize("path", ["version", "runs"])
def test_a_browser_without_the_token_learns_nothing(seeded, browser, path):
    context = browser.new_context()
    answer = context.request.get(f"{seeded.url}/mlops-jupyter/{path}")
    assert answer.status == 403
    assert "late-flights" not in answer.text()
    context.close()
