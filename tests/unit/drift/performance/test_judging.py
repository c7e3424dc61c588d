"""The verdict on a model."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlops_jupyter.drift.performance import judged, judging

SIZE = 2_000


def side(scale=1.0, *, seed=0, size=SIZE):
    """Rows whose mean absolute error is about 0.8 times the scale."""
    rng = np.random.default_rng(seed)
    y = rng.normal(0, 10, size)
    return pd.DataFrame({"y": y, "guess": y + rng.normal(0, scale, size)})


def verdict(before, after, **wanted):
    given = {"target": "y", "prediction": "guess", **wanted}
    return judged(before, after, **given)


@pytest.mark.parametrize(
    ("scale", "expected"),
    [(1.0, "no change"), (1.3, "worse"), (0.7, "better")],
)
def test_whether_the_error_moved(scale, expected):
    performance, findings = verdict(side(), side(scale, seed=1))
    assert performance.verdict == expected
    assert performance.drifted == (expected == "worse")
    assert findings == []
    change = performance.change
    assert change.difference == pytest.approx(change.current - change.reference)
    assert change.low < change.difference < change.high
    assert performance.prediction == "guess"


def test_a_move_that_is_certain_but_small_counts_as_none():
    performance, _ = verdict(side(size=200_000), side(1.05, seed=1, size=200_000))
    assert performance.change.p_value < 1e-6
    assert performance.verdict == "no change"


def test_a_move_that_is_large_but_may_be_chance_counts_as_none():
    performance, _ = verdict(side(size=30), side(1.3, seed=3, size=30))
    change = performance.change
    assert change.difference / change.reference > 0.1
    assert change.p_value > 0.05
    assert performance.verdict == "no change"


def test_a_perfect_model_that_errs_is_worse():
    perfect = side(0.0)
    performance, _ = verdict(perfect, side(1e-3, seed=1))
    assert (performance.verdict, performance.change.reference) == ("worse", 0.0)
    assert verdict(perfect, perfect)[0].verdict == "no change"


@pytest.mark.parametrize("wanted", [{}, {"target": "y"}, {"prediction": "guess"}])
def test_without_target_and_prediction_there_is_nothing_to_judge(wanted):
    assert judged(side(), side(), **{"target": None, **wanted}) == (None, [])
    assert judged(side(), side(), target="y", probabilities={}) == (None, [])


def test_no_labels_in_current_is_said():
    performance, findings = verdict(side(), side().drop(columns="y"))
    assert performance.verdict == "unknown"
    assert performance.change is None
    assert performance.labelled_current == 0
    assert performance.metrics[0].reference is not None
    assert performance.metrics[0].current is None
    assert [finding.kind for finding in findings] == ["no_labels"]


def test_no_labels_in_the_reference_leaves_nothing_to_judge_by():
    performance, findings = verdict(side().assign(y=np.nan), side())
    assert performance is None
    assert "no labels in the reference" in findings[0].message


@pytest.mark.parametrize(("labels", "known"), [(29, False), (30, True)])
def test_few_labels_are_no_verdict(labels, known):
    after = side(5.0, seed=1)
    after.loc[labels:, "y"] = np.nan
    performance, findings = verdict(side(), after)
    assert (performance.verdict == "worse") == known
    assert (performance.change is not None) == known
    assert performance.metrics[0].current is not None
    kinds = [finding.kind for finding in findings]
    assert kinds == (["labels_missing"] if known else ["labels_missing", "few_labels"])


def test_two_rows_and_none():
    performance, findings = verdict(side(size=2), side(size=2))
    assert performance.verdict == "unknown"
    assert [finding.kind for finding in findings] == ["few_labels"]
    empty = side().iloc[:0]
    assert verdict(empty, side())[0] is None
    assert verdict(side(), empty)[0].verdict == "unknown"


def test_missing_and_infinite_predictions_are_left_out_and_said():
    after = side(seed=1)
    after.loc[:9, "guess"] = np.inf
    after.loc[10:19, "guess"] = np.nan
    performance, findings = verdict(side(), after)
    assert performance.rows_current == SIZE - 20
    assert [finding.kind for finding in findings] == ["predictions_missing"]
    assert "guess is missing or infinite in 20 of 2,000 rows in current" in findings[0].message


def test_a_constant_prediction_is_judged_like_any_other():
    before, after = side().assign(guess=0.0), side(seed=1).assign(guess=0.0)
    performance, _ = verdict(before, after)
    assert performance.verdict == "no change"
    assert verdict(before, after.assign(guess=30.0))[0].verdict == "worse"


def test_errors_whose_squares_overflow_have_no_verdict_and_it_is_said():
    after = side(seed=1)
    after.loc[0, "y"] = 1e300
    performance, findings = verdict(side(), after)
    assert performance.verdict == "unknown"
    assert performance.change is None
    assert [finding.kind for finding in findings] == ["no_score"]
    by_name = {metric.name: metric.current for metric in performance.metrics}
    assert by_name["MAE"] == pytest.approx(1e300 / SIZE)
    assert by_name["RMSE"] is None


def test_errors_beyond_all_numbers():
    after = side(seed=1).assign(y=1.7e308, guess=-1.7e308)
    performance, _ = verdict(side(), after)
    assert performance.verdict == "unknown"
    assert [metric.current for metric in performance.metrics] == [None] * 4


def test_predictions_follow_from_probabilities_and_how_is_said():
    frame = pd.DataFrame({"y": ["late", "on time"] * 20, "p": [0.9, 0.1] * 20})
    said = judged(frame, frame, target="y", probabilities={"late": "p"})[0]
    assert said.prediction == "late where p is more than 0.5"
    assert said.metrics[0].current == 1.0
    said = judged(frame, frame, target="y", probabilities="p")[0]
    assert said.prediction == "on time where p is at least 0.5"
    assert said.metrics[0].current == 0.0


def test_more_rows_than_are_looked_at_are_drawn_and_said(monkeypatch):
    monkeypatch.setattr(judging, "ROWS", 1_000)
    before, after = side(), side(2.0, seed=1)
    performance, _ = verdict(before, after, seed=7)
    assert performance.sampled == [1_000, 1_000]
    assert performance.sampled_of == [SIZE, SIZE]
    assert (performance.seed, performance.rows_current) == (7, 1_000)
    assert performance == verdict(before, after, seed=7)[0]
    assert performance.change != verdict(before, after, seed=8)[0].change
    drawn = after.sample(1_000, random_state=7)
    mean = (drawn.guess - drawn.y).abs().mean()
    assert performance.change.current == pytest.approx(mean, rel=1e-12)


def test_frames_that_are_samples_already_are_said_to_be():
    performance, _ = verdict(side(), side(), of=(90_000, SIZE))
    assert performance.sampled == [SIZE, SIZE]
    assert performance.sampled_of == [90_000, SIZE]
    assert verdict(side(), side())[0].sampled == []


def test_indexes_play_no_part():
    before, after = side(), side(1.5, seed=1)
    shuffled = after.set_index(pd.Index(["same"] * SIZE))
    assert verdict(before, shuffled)[0] == verdict(before, after)[0]


def test_a_model_that_forgets_the_rare_class_is_worse_though_it_is_right_as_often():
    """What the error rate cannot see: it says the frequent class of all rows, before and after."""
    rng = np.random.default_rng(0)
    y = (rng.random(4_000) < 0.1).astype(int)
    knowing = np.where(y == 1, 0.45, 0.05)
    before = pd.DataFrame({"y": y, "p": knowing})
    after = pd.DataFrame({"y": y, "p": rng.permutation(knowing)})
    performance, _ = judged(before, after, target="y", probabilities="p")
    accuracy = next(metric for metric in performance.metrics if metric.name == "accuracy")
    assert accuracy.reference == accuracy.current
    assert performance.verdict == "worse"
