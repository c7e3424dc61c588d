"""A notebook's run as text and as HTML."""

from mlops_jupyter.notebooks.records import NotebookRun

RUN = NotebookRun(
    run_id="0123456789abcdef0123456789abcdef",
    uid="u",
    name="<img src=x onerror=alert(1)>",
    experiment="flights \x1b[2J",
    status="FAILED",
    notebook="notebooks/a.ipynb",
    output=".mlops/executed/x/a.ipynb",
    parameters={"n": 3, "path": "<b>", "nothing": None},
    cells_executed=2,
    cells_total=5,
    duration_s=75,
    metrics={"auc": 0.712345, "loss": float("nan")},
    error="ValueError: no such month, cell 2 of 5",
)


def test_text_says_what_happened_and_cannot_drive_a_terminal():
    text = RUN.to_text()
    assert "FAILED" in text
    assert "2 of 5, took 1 min 15 s" in text
    assert "ValueError: no such month, cell 2 of 5" in text
    assert ".mlops/executed/x/a.ipynb" in text
    assert "0.7123" in text
    assert "\x1b" not in text


def test_html_is_escaped_and_static():
    html = RUN.to_html()
    assert "<img" not in html
    assert "<b>" not in html
    assert "<script" not in html
    assert "&lt;img src=x" in html
    assert "2 of 5" in html


def test_json_is_strict_and_read_back():
    content = RUN.to_dict()
    assert (content["kind"], content["schema_version"]) == ("notebook_run", 1)
    assert content["metrics"] == {"auc": 0.712345, "loss": None}
    back = NotebookRun.from_dict(content)
    assert back.parameters == RUN.parameters
    infinite = RUN.model_copy(update={"parameters": {"n": float("inf")}})
    assert infinite.to_dict()["parameters"] == {"n": None}


def test_a_plain_run_shows_no_empty_sections():
    plain = RUN.model_copy(update={"metrics": {}, "parameters": {}, "error": None})
    assert "metrics" not in plain.to_text()
    assert "  error " not in plain.to_text()
    assert "<details" not in plain.to_html()
