from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from mlops_jupyter.ci.records import BuildReport, DataDelta, DriftDelta, MetricDelta, NotebookDelta
from mlops_jupyter.ci.view.markdown import markdown, plain
from mlops_jupyter.ci.view.strip import svg
from mlops_jupyter.drift.detection import detect

HOSTILE = "<img src=x onerror=alert(1)>|[a](javascript:b)`\n# c @all"


def built(**changes):
    content = {
        "commit": "a" * 40,
        "base": "main",
        "path": "mlops-report/report.md",
        "notebooks": [
            NotebookDelta(
                notebook="notebooks/train.ipynb",
                status="FINISHED",
                run_id="b" * 32,
                base_run_id="c" * 32,
                base_commit="d" * 40,
                metrics=[
                    MetricDelta(metric="auc", base=0.9, here=0.8, delta=-0.1, verdict="worse"),
                    MetricDelta(metric="rows", here=5.0),
                ],
                data=[DataDelta(name="flights", base="data:flights@v1", here="data:flights@v2")],
            )
        ],
        "drift": [
            DriftDelta(reference="a", current="b", drifted=True, columns=2, of=5, picture="d.svg")
        ],
        "notes": ["drift-2.json is no drift report: ValueError"],
    }
    return BuildReport(**{**content, **changes})


def test_deltas_are_a_table():
    shown = markdown(built())
    assert "| auc | 0.9 | 0.8 | -0.1 | **worse** |" in shown
    assert "| rows | – | 5 |  |  |" in shown or "| rows |  | 5 |  |  |" in shown
    assert "data:flights@v1 → data:flights@v2" in re.sub(r"\\(.)", r"\1", shown).replace(
        "@\u200b", "@"
    )
    assert "**drifted**, 2 of 5 columns" in shown


def test_a_base_without_a_run_is_said():
    alone = NotebookDelta(notebook="a.ipynb", status="FAILED", run_id="b" * 32)
    shown = markdown(built(notebooks=[alone]))
    assert "The base has no finished run of it." in shown
    assert "**FAILED**" in shown


def test_what_others_wrote_has_no_meaning_in_markdown():
    hostile = NotebookDelta(
        notebook=HOSTILE,
        status="FINISHED",
        run_id="b" * 32,
        metrics=[MetricDelta(metric=HOSTILE)],
        data=[DataDelta(name=HOSTILE, here=HOSTILE)],
    )
    shown = markdown(built(notebooks=[hostile], notes=[HOSTILE]))
    assert "<img" not in shown
    assert not re.search(r"(?<!\\)`", shown)
    assert "@all" not in shown
    assert "\n# c" not in shown
    row = next(line for line in shown.splitlines() if line.startswith("| ") and "img" in line)
    assert len(re.findall(r"(?<!\\)\|", row)) == 6


def test_text_and_card_say_the_same():
    report = built()
    for shown in (report.to_text(), report.to_html()):
        for word in ("auc", "worse", "notebooks/train.ipynb", "2 of 5 columns"):
            assert word in shown
    assert "<img" not in built(notes=[HOSTILE]).to_html()


def test_plain_text_is_one_short_line():
    assert "\n" not in plain("a\nb")
    assert len(plain("x" * 500)) <= 80
    assert plain("a & <b>") == "a &amp; &lt;b&gt;"


@pytest.fixture(scope="module")
def frames():
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(0)
    times = pd.date_range("2024-01-01", periods=900, freq="2h")

    def frame(shift):
        return pd.DataFrame(
            {"<temp & co>": random.normal(shift, 1, 900), "kind": random.choice(["a", "b"], 900),
             "when": times}
        )  # fmt: skip

    return frame(0), frame(3)


@pytest.mark.parametrize("by", [None, "month"])
def test_the_strip_is_a_picture_that_stands_alone(workspace, frames, by):
    report = detect(workspace, *frames, by=by)
    picture = svg(report)
    root = ET.fromstring(picture)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    words = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "<temp & co>" in words
    assert not [each for each in root.iter() if each.tag.endswith("script")]
    bold = [each for each in root.iter() if each.get("font-weight") == "bold"]
    assert len(bold) >= 2  # the title, and what drifted
    if by:
        assert "2024-01" in words
