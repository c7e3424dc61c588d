"""What the options of the verb make of a comparison."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlops_jupyter.drift import detect
from mlops_jupyter.errors import BadInput, GateFailed, NotFound
from mlops_jupyter.settings import Settings
from mlops_jupyter.workspace import Workspace


@pytest.fixture
def ws(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Workspace(tmp_path, Settings())


def flights(rows=2000, seed=0, shift=0.0, error=1.0):
    """Return flights of two months, and what a model says of their delay."""
    draw = np.random.default_rng(seed)
    delay = draw.normal(10 + shift, 5, rows)
    return pd.DataFrame(
        {
            "delay": delay,
            "prediction": delay + draw.normal(0, error, rows),
            "distance": draw.normal(1000, 100, rows),
            "origin": draw.choice(["EWR", "JFK", "LGA"], rows),
            "when": pd.date_range("2013-06-01", "2013-07-31 23:00", periods=rows),
        }
    )


def column(report, name):
    return next(each for each in report.columns if each.column == name)


def test_a_method_for_the_columns_it_is_for_and_another_for_one(ws):
    report = detect(
        ws,
        flights(),
        flights(seed=1),
        method=["psi", "origin=chisquare"],
        threshold=["0.3", "delay=0.01"],
    )
    told = {each.column: (each.method, each.threshold) for each in report.columns}
    assert told["distance"] == ("PSI", 0.3)
    assert told["delay"] == ("PSI", 0.01)
    assert told["origin"][0] == "chi-square p_value"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"by": "distance"}, "different values: at most 400 periods"),
        ({"by": "hour"}, "hours: at most 400"),
        ({"by": "origin", "columns": ["origins"]}, "no column 'origins'"),
    ],
)
def test_what_cannot_be_cut_is_told_before_anything_is_compared(ws, options, says):
    told = []
    with pytest.raises((BadInput, NotFound), match=says):
        detect(ws, flights(), flights(seed=1), events=told.append, **options)
    assert not [event.message for event in told if event.message.startswith("comparing")]


def test_where_no_period_can_be_compared_the_whole_still_is(ws):
    before = pd.DataFrame({"x": ["a", "b"] * 100, "part": range(200)})
    after = before.assign(x=[None] * 100 + ["a", "b"] * 50, part=[1] * 100 + [None] * 100)
    report = detect(ws, before, after, by="part")
    assert [each.column for each in report.columns] == ["x", "part"]
    assert report.periods is None
    (finding,) = (each for each in report.findings if each.column is None)
    assert finding.kind == "not_compared"
    assert "no column can be compared in any period" in finding.message


def test_one_threshold_is_a_plain_number_in_python(ws):
    report = detect(ws, flights(), flights(seed=1), threshold=0.0)
    assert {each.threshold for each in report.columns} == {0.0}


def test_a_method_for_a_column_that_is_not_there(ws):
    with pytest.raises(NotFound, match="'dely', which is no column") as raised:
        detect(ws, flights(), flights(), method="dely=psi")
    assert "did you mean 'delay'?" in raised.value.hint


def test_p_values_are_corrected_for_their_number(ws):
    before, after = flights(800), flights(800, seed=1)
    plain = detect(ws, before, after)
    report = detect(ws, before, after, correct="bonferroni")
    assert report.correction == "bonferroni"
    tests = [each for each in plain.columns if each.low_is_drift]
    assert len(tests) == 4
    for each in tests:
        assert column(report, each.column).score == pytest.approx(min(1, 4 * each.score))


def test_a_sample_is_told_and_drawn_again_by_its_seed(ws):
    before, after = flights(), flights(seed=1)
    whole = detect(ws, before, after)
    first, again, other = (detect(ws, before, after, sample="0.1", seed=seed) for seed in (3, 3, 4))
    assert (first.sample.reference, first.sample.current, first.sample.seed) == (200, 200, 3)
    assert first == again
    assert column(first, "delay").score != column(other, "delay").score
    # Numbers and pictures are of all rows.
    assert column(first, "delay").histogram == column(whole, "delay").histogram
    assert "10 %" in first.to_text()
    assert "seed 3" in first.to_text()


def test_evidently_itself_on_request_says_the_same(ws):
    before, after = flights(), flights(seed=1, shift=1)
    ours, theirs = (detect(ws, before, after, engine=name) for name in ("columnar", "evidently"))
    assert ours.engine.startswith("columnar")
    assert theirs.engine.startswith("Evidently")
    for each in ours.columns:
        same = column(theirs, each.column)
        assert (each.method, each.drifted) == (same.method, same.drifted)
        assert each.score == pytest.approx(same.score, rel=1e-9)


def test_periods_beside_the_whole(ws):
    june = flights()
    report = detect(ws, june[june.when < "2013-07-01"], june, by="month")
    assert [period.label for period in report.periods.periods] == ["2013-06", "2013-07"]
    assert "over time: by month (when)" in report.to_text()
    assert "by month (when)" in report.to_html()


def test_a_time_without_periods(ws):
    with pytest.raises(BadInput, match="says nothing where nothing is cut"):
        detect(ws, flights(), flights(), time="when")


def test_a_model_that_got_worse_fails_the_gate_though_nothing_drifted(ws):
    before, after = flights(), flights(seed=1, error=2.0)
    report = detect(ws, before, after, target="delay")
    assert not report.drifted
    assert report.performance.verdict == "worse"
    assert {each.role for each in report.columns} == {"target", "prediction", None}
    with pytest.raises(GateFailed) as raised:
        detect(ws, before, after, target="delay", fail_on_drift=True)
    assert "got worse" in raised.value.hint
    assert detect(ws, before, flights(seed=2), target="delay", fail_on_drift=True)


def test_a_prediction_without_what_was_true_is_said(ws):
    frames = [each.rename(columns={"prediction": "said"}) for each in (flights(), flights(seed=1))]
    report = detect(ws, *frames, prediction="said", fail_on_drift=True)
    assert column(report, "said").role == "prediction"
    assert [each.kind for each in report.findings] == ["not_compared", "no_labels"]


@pytest.mark.parametrize(
    "options",
    [{"target": "dely"}, {"prediction": "dely"}, {"target": "delay", "segments": ["dely"]}],
)
def test_a_column_of_the_model_that_is_not_there(ws, options):
    with pytest.raises(NotFound, match="no column 'dely'") as raised:
        detect(ws, flights(60), flights(60), **options)
    assert raised.value.hint == "did you mean 'delay'?"


def test_segments_of_no_model(ws):
    frames = [each.drop(columns="prediction") for each in (flights(60), flights(60, seed=1))]
    with pytest.raises(BadInput, match="no target or no prediction"):
        detect(ws, *frames, segments=["origin"])


def test_two_columns_of_a_name_that_nobody_asked_about(ws):
    frame = flights(60).assign(target=1.0)
    twice = pd.concat([frame, frame[["prediction"]]], axis=1)
    report = detect(ws, twice, twice)
    assert "duplicate_name" in {each.kind for each in report.findings}


@pytest.mark.parametrize("engine", ["auto", "evidently"])
def test_a_sample_does_not_change_what_a_column_is(ws, engine):
    names = [f"N{i}" for i in range(700)]
    frame = pd.DataFrame({"tail": names * 10, "x": np.arange(7000.0)})
    report = detect(ws, frame, frame, sample=300, engine=engine)
    assert column(report, "tail").type == "categorical"


def test_nor_what_it_is_in_a_period(ws):
    names = [f"N{i}" for i in range(700)]
    frame = pd.DataFrame({"tail": names * 10, "half": ["a"] * 3500 + ["b"] * 3500})
    report = detect(ws, frame, frame, by="half", sample=300)
    tail = next(each for each in report.periods.columns if each.column == "tail")
    assert tail.type == "categorical"
    assert None not in tail.scores


def test_a_report_that_evidently_cannot_write_is_said(ws):
    frame = pd.DataFrame({"x": [1.7e308, -1.7e308, 1.5, 2.5] * 10, "y": range(40)})
    report = detect(ws, frame, frame, html="full.html")
    assert {each.column for each in report.columns} == {"x", "y"}
    written = (ws.root / "full.html").exists()
    assert written == (report.full_report is not None)
    assert written != ("no_full_report" in {each.kind for each in report.findings})


def test_labels_that_are_not_there_yet_are_said(ws):
    report = detect(ws, flights(), flights(seed=1).drop(columns="delay"), target="delay")
    assert {"only_in_reference", "no_labels"} <= {each.kind for each in report.findings}
    assert report.performance is None or report.performance.verdict == "unknown"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"engine": "spark"}, "no engine 'spark'"),
        ({"correct": "fdr"}, "no correction 'fdr'"),
        ({"sample": "many"}, "neither a number of rows nor a share"),
        ({"method": "wasser"}, "no method 'wasser'"),
        ({"threshold": "-1"}, "no number from 0 on"),
    ],
)
def test_an_option_that_says_nothing(ws, options, said):
    with pytest.raises(BadInput, match=said):
        detect(ws, flights(60), flights(60), **options)


def test_where_it_is_to_be_kept_is_looked_up_before_anything_is_read(ws):
    with pytest.raises(NotFound, match="run"):
        detect(ws, "no/such/file.csv", "nor/this.csv", log_to="run:nobody")


def test_texts_are_described_and_count_once(ws):
    def reviews(seed, words):
        draw = np.random.default_rng(seed)
        texts = [
            " ".join(draw.choice(["late", "gate", "crew"], words)) + f" {i}" for i in range(60)
        ]
        return pd.DataFrame({"review": texts, "stars": draw.normal(3, 1, 60)})

    report = detect(ws, reviews(0, 4), reviews(1, 12))
    assert [(each.column, each.of) for each in report.columns if each.of] == [
        ("review: length", "review"),
        ("review: words", "review"),
        ("review: non-letters in %", "review"),
    ]
    assert column(report, "review: words").drifted
    assert " of 2 columns drifted" in report.headline
    assert report.share in (0.0, 0.5, 1.0)
