"""What ``show`` puts under a cell of a real kernel: a card, and each chart in every form."""

import base64
import io

import nbformat
import pytest
from mlflow import MlflowClient
from mlflow.entities import Metric
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook
from PIL import Image

VEGALITE = "application/vnd.vegalite.v5+json"
CELLS = (
    "%load_ext mlops_jupyter",
    "%mlops show net",
    "found = %mlops show net",
    "found",
    "import mlops_jupyter as mlops\nmlops.show(mlops.Workspace.find(), 'bare')",
    "%unload_ext mlops_jupyter\nfound",
)


@pytest.fixture
def executed(workspace):
    client = MlflowClient(tracking_uri=workspace.store.uri)
    run_id = client.create_run("0", run_name="net").info.run_id
    client.log_batch(run_id, [Metric("loss", 1 / (i + 1), 1000 * i, i) for i in range(50)])
    client.create_run("0", run_name="bare")
    notebook = new_notebook(cells=[new_code_cell(source) for source in CELLS])
    NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": str(workspace.root)}}
    ).execute()
    return notebook


def test_a_card_then_each_chart_in_every_form_and_a_picture_elsewhere(executed):
    _, shown, assigned, again, bare, unloaded = (cell.outputs for cell in executed.cells)
    card, chart = shown
    assert "<img" not in card.data["text/html"], "the chart is not shown twice"
    assert set(chart.data) == {VEGALITE, "image/png", "text/plain"}
    assert chart.data[VEGALITE]["data"]["values"][0] == {"k": 0, "x": 0.0, "y": 1.0}
    assert chart.metadata[VEGALITE]["embed_options"]["renderer"] == "svg"
    picture = Image.open(io.BytesIO(base64.b64decode(chart.data["image/png"])))
    assert picture.width > 400
    assert assigned == [], "a value that is kept shows nothing"
    assert [set(o.data) for o in again] == [set(o.data) for o in shown]
    assert [o.output_type for o in bare] == ["execute_result"]
    (alone,) = unloaded
    assert 'src="data:image/svg+xml;base64,' in alone.data["text/html"]
    # Elsewhere it is a picture.
    for name in ("lab", "classic"):
        page, _ = HTMLExporter(template_name=name).from_notebook_node(executed)
        assert page.count('src="data:image/png;base64,') == 2
    assert nbformat.validate(executed) is None
