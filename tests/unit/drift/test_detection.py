"""The verb: verdicts, findings, and nothing on screen from the engine."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from mlops_jupyter.drift import DriftReport, detect
from mlops_jupyter.errors import Conflict, GateFailed, NotFound
from mlops_jupyter.settings import Settings
from mlops_jupyter.workspace import Workspace

WORDS = ["late", "gate", "crew", "storm", "fuel", "tower", "apron", "slot", "wing", "fog"]


@pytest.fixture
def ws(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Workspace(tmp_path, Settings())


def frame(rows, seed=0, shift=0.0):
    draw = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "delay": draw.normal(shift, 1, rows),
            "hour": draw.integers(0, 24, rows),
            "origin": np.resize(["EWR", "JFK", "LGA"], rows),
            "remark": [" ".join(draw.choice(WORDS, 4)) + f" {i}" for i in range(rows)],
            "holiday": np.arange(rows) % 10 == 0,
            "when": pd.date_range("2013-01-01", periods=rows, freq="h"),
        }
    )


@pytest.mark.parametrize("rows", [2000, 300])
def test_each_column_is_in_columns_or_findings(ws, rows):
    report = detect(ws, frame(rows), frame(rows, seed=1, shift=1))
    columns = [c for c in report.columns if c.of is None]
    assert [c.column for c in columns] == ["delay", "hour", "origin", "remark", "holiday"]
    assert [c.type for c in columns] == [
        "numeric",
        "numeric",
        "categorical",
        "text",
        "categorical",
    ]
    assert [(f.kind, f.column) for f in report.findings] == [("not_compared", "when")]
    verdicts = {c.column: c.drifted for c in columns}
    assert verdicts == {
        "delay": True,
        "hour": False,
        "origin": False,
        "remark": False,
        "holiday": False,
    }
    assert report.share == 0.2
    assert not report.drifted


def test_the_engine_is_silent_and_leaves_the_users_random_numbers_alone(ws, capfd):
    before = np.random.get_state()  # noqa: NPY002 - it is what Evidently touches
    detect(ws, frame(300), frame(300, seed=1))
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002
    assert capfd.readouterr() == ("", "")


def test_inputs_are_left_as_they_were(ws):
    reference, current = frame(100), frame(100, seed=1)
    reference.loc[0, "delay"] = np.inf
    before = reference.copy(), current.copy()
    detect(ws, reference, current)
    pd.testing.assert_frame_equal(reference, before[0])
    pd.testing.assert_frame_equal(current, before[1])


def test_json_and_back(ws):
    report = detect(ws, frame(300), frame(300, seed=1, shift=1))
    content = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert content["kind"] == "drift_report"
    assert content["schema_version"] == 1
    assert {"column", "type", "method", "score", "threshold", "drifted"} <= set(
        content["columns"][0]
    )
    assert content["reference"] == {"label": "DataFrame", "rows": 300, "columns": 6}
    again = DriftReport.from_dict(content)
    assert again.to_html() == report.to_html()
    assert again.to_text() == report.to_text()


def test_half_of_the_columns_is_a_drifted_data_set(ws):
    reference, current = frame(2000), frame(2000, seed=1, shift=1)
    report = detect(ws, reference, current, columns=["delay", "hour"])
    assert (report.share, report.drifted) == (0.5, True)
    assert report.headline == "Dataset drift: 1 of 2 columns drifted (share 0.50 ≥ 0.5)"
    with pytest.raises(GateFailed) as raised:
        detect(ws, reference, current, columns=["delay", "hour"], fail_on_drift=True)
    assert raised.value.result == report
    assert raised.value.hint == "drifted: delay"
    assert not detect(ws, reference, reference, fail_on_drift=True).drifted


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        ([1.0] * 50, [1.0] * 50, {"constant"}),
        ([1.0] * 50, [2.0] * 50, {"constant"}),
        (["a", "b"] * 25, ["a", "c"] * 25, {"new_categories"}),
        ([1.0, np.inf] * 25, [1.0, 2.0] * 25, {"constant", "infinities"}),
        ([1.5, 2.5], [1.0, 2.0], {"few_rows"}),
        (["a", "b"], ["c", "d"], {"few_rows", "not_compared"}),
        ([True, False], [True, True], {"few_rows", "constant"}),
        ([5], [7], {"few_rows", "constant", "new_categories"}),
    ],
)
def test_odd_columns_are_findings(ws, before, after, kinds):
    reference = pd.DataFrame({"x": before, "ok": range(len(before))})
    current = pd.DataFrame({"x": after, "ok": range(len(after))})
    report = detect(ws, reference, current)
    assert "ok" in {c.column for c in report.columns}
    assert {f.kind for f in report.findings if f.column in ("x", None)} == kinds
    assert report.to_html()
    assert report.to_text()


def test_findings_that_hide_a_column_come_first(ws):
    reference = pd.DataFrame({"a": ["x"] * 40, "b": [1] * 40, "c": [1] * 40})
    current = pd.DataFrame({"a": ["y"] * 40, "b": ["1"] * 40, "d": [1] * 40})
    report = detect(ws, reference, current)
    assert [f.kind for f in report.findings] == [
        "only_in_reference",
        "only_in_current",
        "type_changed",
        "constant",
        "new_categories",
    ]


def test_evidentlys_own_report_on_request(ws):
    reference, current = frame(300), frame(300, seed=1)
    reference["gone"] = 1
    reference.loc[0, "delay"] = np.inf
    report = detect(ws, reference, current, columns=["delay", "gone"], html="full.html")
    assert report.full_report == "full.html"
    assert "full.html" in report.to_text()
    content = (ws.root / "full.html").read_text(encoding="utf-8")
    assert len(content) > 1_000_000
    assert "delay" in content


@pytest.mark.parametrize(
    ("target", "error"),
    [("no/such/folder/a.html", NotFound), ("notes.txt", Conflict), ("plots", Conflict)],
)
def test_the_full_report_overwrites_nothing_of_yours(ws, target, error):
    (ws.root / "notes.txt").write_text("mine")
    (ws.root / "plots").mkdir()
    with pytest.raises(error):
        detect(ws, frame(40), frame(40), html=target)
    assert (ws.root / "notes.txt").read_text() == "mine"


def test_progress_is_told(ws):
    told = []
    detect(ws, frame(40), frame(40), events=lambda event: told.append(event.message))
    assert told == ["reading reference", "reading current", "comparing 40 with 40 rows"]


def test_the_room_imports_nothing_heavy():
    import subprocess
    import sys

    code = "import sys, mlops_jupyter.drift, mlops_jupyter.commands.drift; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pandas", "numpy", "evidently", "pyarrow"} & set(done.stdout.split())
