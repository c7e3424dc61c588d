"""How the verdict on a model is shown."""

from __future__ import annotations

import html
import re

import numpy as np
import pandas as pd
import pytest

from mlops_jupyter.drift.performance import judged
from mlops_jupyter.drift.performance_record import (
    ErrorChange,
    Estimate,
    Metric,
    Performance,
    Segment,
)
from mlops_jupyter.drift.report import Finding
from mlops_jupyter.drift.view.performance import performance_html, performance_text

HOSTILE = "<script>alert(1)</script>\x1b[2J\u202e"


def change(**more):
    return ErrorChange(
        **{
            "loss": "absolute error",
            "reference": 12.1,
            "current": 15.4,
            "difference": 3.3,
            "low": 2.9,
            "high": 3.7,
            "p_value": 1e-60,
            "test": "Welch's t-test (Welch 1947)",
            "level": 0.05,
            "least": 0.1,
            **more,
        }
    )


def segment(column="carrier", value="HA", **more):
    numbers = {"share": 0.012, "rows_reference": 210, "rows_current": 345, "p_value": 0.001}
    levels = {"reference": 20.1, "current": 40.2, "low": 15.0, "high": 25.2}
    return Segment(column=column, value=value, **{**numbers, **levels, **more})


def performance(**more):
    return Performance(
        **{
            "task": "regression",
            "target": "arr_delay",
            "prediction": "predicted",
            "verdict": "worse",
            "rows_reference": 80_000,
            "rows_current": 56_000,
            "labelled_reference": 80_000,
            "labelled_current": 55_000,
            "metrics": [
                Metric(name="MAE", reference=12.1, current=15.4, better="lower"),
                Metric(name="ME (bias)", reference=0.2, current=-4.0, better="zero"),
            ],
            "change": change(),
            **more,
        }
    )


def shown(value, *findings):
    """The words of the HTML, and the text: what both say."""
    markup = str(performance_html(value, findings))
    words = html.unescape(re.sub(r"<[^>]+>", " ", markup)).replace("\N{NO-BREAK SPACE}", " ")
    return markup, words, performance_text(value, findings)


def test_worse_in_one_sentence():
    _, *said = shown(performance(segments=[segment()], segments_worse=1, segments_tested=16))
    for words in said:
        assert (
            "The model got worse: MAE 12.1 → 15.4 (+27 %; 95 % interval of the change +2.9 to "
            "+3.7); worst where carrier = HA (20.1 → 40.2)" in words
        )
        assert "arr_delay by predicted (regression)" in words
        assert "55,000 of 56,000 rows of current" in words
        assert "Welch's t-test (Welch 1947), p < 0.001" in words
        assert "1 of 16 segments got worse" in words
        assert re.search(r"0\.2\s+−4\s+−4\.2", words)  # the bias


@pytest.mark.parametrize(
    ("moved", "verdict", "sentence", "reason"),
    [
        (
            {"current": 9.9, "difference": -2.2, "low": -2.4, "high": -2.0},
            "better",
            "The model got better: MAE 12.1 → 9.9 (−18 %; 95 % interval of the change −2.4 to −2)",
            "p < 0.001",
        ),
        (
            {"current": 12.5, "difference": 0.4, "low": 0.3, "high": 0.5},
            "no change",
            "The model is about as good as before: MAE 12.1 → 12.5 (+3.3 %",
            "A change of less than 10 % counts as none",
        ),
        (
            {"current": 13.9, "difference": 1.8, "low": -0.1, "high": 3.7, "p_value": 0.06},
            "no change",
            "The model did not certainly get better or worse: MAE 12.1 → 13.9",
            "So much is within chance (p = 0.06)",
        ),
        (
            {"reference": 0.0, "difference": 15.4},
            "worse",
            "The model got worse: MAE 0 → 15.4 (95 % interval",
            "p < 0.001",
        ),
        (
            {"loss": "Brier score", "expected": 14.9, "expected_p_value": 0.2},
            "worse",
            "The model got worse: Brier score 12.1 → 15.4",
            "Brier score 14.9 was to be expected: the mix of rows explains it",
        ),
        (
            {"loss": "Brier score", "expected": 12.0, "expected_p_value": 1e-9},
            "worse",
            "The model got worse: Brier score 12.1 → 15.4",
            "the error is more than the mix of rows explains (p < 0.001): concept drift",
        ),
        (
            {"loss": "Brier score", "expected": 15.2, "expected_p_value": 1e-9},
            "worse",
            "The model got worse",
            "the mix of rows explains it",  # certain, but too little to matter
        ),
    ],
)
def test_what_moved_and_why(moved, verdict, sentence, reason):
    _, *said = shown(performance(change=change(**moved), verdict=verdict))
    for words in said:
        assert sentence in words
        assert reason in words


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ({"labelled_current": 0}, "not known: arr_delay has no labels in current"),
        ({"labelled_current": 1}, "not known: only 1 row of current with a label"),
        ({"labelled_reference": 12}, "not known: only 12 rows of the reference with a label"),
        ({}, "not known: errors are too large to reckon with"),
    ],
)
def test_no_verdict_and_why(counts, sentence):
    _, *said = shown(performance(change=None, verdict="unknown", **counts))
    for words in said:
        assert f"Whether the model got worse is {sentence}" in words


def without_labels():
    rng = np.random.default_rng(0)
    p = rng.random(2_000)
    frame = pd.DataFrame({"y": np.where(rng.random(2_000) < p, "late", "on time"), "p": p})
    return judged(frame, frame.assign(y=None), target="y", probabilities={"late": "p"})


def test_an_estimate_has_its_name_its_source_and_what_must_hold():
    value, findings = without_labels()
    markup, *said = shown(value, *findings)
    accuracy = value.metrics[0]
    for words in said:
        assert f"estimated accuracy {accuracy.reference:.3g} → {accuracy.estimate:.3g}" in words
        assert "if there is no concept drift" in words
        assert "confidence-based performance estimation (CBPE)" in words
        assert "Kivimäki" in words
        assert "no concept drift (P(y|x) is unchanged" in words
        assert "current, estimated" in words
    # Nothing stands in columns that would be empty.
    assert re.findall(r'scope="col"[^>]*>([^<]+)', markup) == [
        "metric",
        "reference",
        "current, estimated",
    ]


def test_only_findings_about_the_model_are_said_here():
    ours = Finding(kind="labels_missing", column="y", message="y is missing in 3 % of rows")
    other = Finding(kind="constant", column="x", message="x is constant")
    for words in shown(performance(), ours, other)[1:]:
        assert "y is missing in 3 % of rows" in words
        assert "x is constant" not in words


def test_segments_by_value_by_range_and_missing():
    found = [
        segment(),
        segment("distance", "200 to below 400", kind="range"),
        segment("air_time", "missing", kind="missing"),
        segment("note", ""),
    ]
    markup, *said = shown(performance(segments=found, segments_worse=14, segments_tested=60))
    for words in said:
        for where in ("carrier = HA", "distance 200 to below 400", "air_time is missing"):
            assert where in words
        assert "note = (empty)" in words
        assert "+20.1 (+15 to +25.2)" in words
        assert "210 → 345" in words
        assert "14 of 60 segments got worse, the 4 worst are shown" in words
    assert markup.count('scope="row"') == 4 + 2


def test_a_sample_is_said_with_its_seed():
    value = performance(sampled=[1_000, 900], sampled_of=[8_000, 900], seed=3)
    for words in shown(value)[1:]:
        assert "looked at 1,000 of 8,000 rows of the reference" in words
        assert "drawn by seed 3" in words


def test_what_comes_from_data_is_text_and_nothing_else():
    # A report may be read from a file that anybody wrote: any text in it may be hostile.
    value = performance(
        target=HOSTILE,
        prediction=HOSTILE,
        segments=[segment(HOSTILE, HOSTILE), segment('"><img src=x>', "'\"")],
        metrics=[Metric(name=HOSTILE, reference=1.0, current=1.0, estimate=1.0, better="lower")],
        change=change(test=HOSTILE, loss=HOSTILE, expected=1.0, expected_p_value=0.0),
        estimate=Estimate(
            method=HOSTILE, source=HOSTILE, assumption=HOSTILE, calibration_error=0.1
        ),
    )
    markup, _, text = shown(value, Finding(kind="no_labels", message=HOSTILE))
    assert "<script" not in markup
    assert "<img" not in markup
    for said in (markup, text):
        assert not {"\x1b", "\u202e"} & set(said)


def test_long_names_are_cut():
    value = performance(target="t" * 500, segments=[segment("c" * 500, "v" * 500)])
    for said in shown(value):
        assert not re.search(r"(t{100}|c{100}|v{100})", said)


def test_neither_script_nor_style_sheet_and_few_bytes():
    found = [segment(value=str(number)) for number in range(10)]
    markup, _, _ = shown(performance(segments=found, segments_worse=10, segments_tested=50))
    assert not re.search(r"<(script|style|iframe|svg)|on\w+=", markup)
    assert len(markup.encode()) < 14_000
