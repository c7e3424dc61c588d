"""What metrics are expected to be without labels: true where nothing but the mix of rows moved."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import calibration_curve

from mlops_jupyter.drift.performance import judged

SEED = 11


def drawn(rng, size, shift=0.0, concept=1.0):
    """Rows of which a model says too much: its logarithm of the odds is twice the true one."""
    x = rng.normal(shift, 1, size)
    y = rng.random(size) < 1 / (1 + np.exp(-concept * x))
    return pd.DataFrame({"y": y, "p": 1 / (1 + np.exp(-2 * x))})


def metrics(performance):
    return {metric.name: metric for metric in performance.metrics}


def test_the_mix_of_rows_may_change_and_the_model_be_overconfident():
    rng = np.random.default_rng(SEED)
    before, after = drawn(rng, 20_000), drawn(rng, 20_000, shift=1)
    performance, findings = judged(before, after.assign(y=None), target="y", probabilities="p")
    true, _ = judged(before, after, target="y", probabilities="p")
    assert [finding.kind for finding in findings] == ["no_labels"]
    assert performance.verdict == "unknown"
    for name in ("accuracy", "Brier score", "log-loss"):
        said, was = metrics(performance)[name], metrics(true)[name].current
        assert said.low < was < said.high
        # The reference's own value would have been far off.
        assert abs(said.estimate - was) < abs(said.reference - was) / 5
    area = metrics(performance)["ROC AUC"]
    assert area.estimate == pytest.approx(metrics(true)["ROC AUC"].current, abs=0.01)
    assert metrics(performance)["F1 (macro)"].estimate is None
    assert performance.estimate.assumption.startswith("no concept drift")
    assert "CBPE" in performance.estimate.method
    assert "Kivimäki" in performance.estimate.source


def test_the_interval_holds_the_truth_as_often_as_it_says():
    """Of 120 pairs of samples; at 95 % the share has a standard error of 0.02."""
    rng = np.random.default_rng(SEED)
    held = {"accuracy": 0, "Brier score": 0, "log-loss": 0}
    for _ in range(120):
        before, after = drawn(rng, 2_000), drawn(rng, 1_000, shift=0.5)
        hidden, _ = judged(before, after.assign(y=None), target="y", probabilities="p")
        true, _ = judged(before, after, target="y", probabilities="p")
        for name in held:
            said = metrics(hidden)[name]
            held[name] += said.low <= metrics(true)[name].current <= said.high
    assert all(count / 120 > 0.9 for count in held.values()), held


def test_several_classes():
    rng = np.random.default_rng(SEED)

    def sample(size, weights):
        kinds = rng.dirichlet(weights, size)
        y = (kinds.cumsum(axis=1) > rng.random((size, 1))).argmax(axis=1)
        return pd.DataFrame({"y": y, "p0": kinds[:, 0], "p1": kinds[:, 1], "p2": kinds[:, 2]})

    wanted = {"target": "y", "probabilities": {0: "p0", 1: "p1", 2: "p2"}}
    before, after = sample(20_000, [1, 1, 1]), sample(20_000, [4, 1, 1])
    hidden, _ = judged(before, after.drop(columns="y"), **wanted)
    true, _ = judged(before, after, **wanted)
    for name in ("accuracy", "Brier score"):
        said, was = metrics(hidden)[name], metrics(true)[name].current
        assert said.low < was < said.high
        assert abs(said.estimate - was) < abs(said.reference - was) / 5


def test_concept_drift_is_told_from_a_change_of_the_mix():
    rng = np.random.default_rng(SEED)
    before = drawn(rng, 10_000)
    mixed, _ = judged(before, drawn(rng, 10_000, shift=-1), target="y", probabilities="p")
    assert mixed.verdict == "better"  # far from the border it is easier
    assert mixed.change.expected == pytest.approx(mixed.change.current, abs=0.01)
    assert mixed.change.expected_p_value > 0.01
    turned, _ = judged(before, drawn(rng, 10_000, concept=-1), target="y", probabilities="p")
    assert turned.verdict == "worse"
    assert turned.change.expected == pytest.approx(turned.change.reference, abs=0.01)
    assert turned.change.expected_p_value < 1e-9


def test_the_chance_of_a_false_alarm_of_concept_drift_is_the_level():
    rng = np.random.default_rng(SEED)
    p_values = [
        judged(drawn(rng, 1_500), drawn(rng, 1_000, shift=0.4), target="y", probabilities="p")[
            0
        ].change.expected_p_value
        for _ in range(120)
    ]
    assert np.mean(np.array(p_values) < 0.05) < 0.1
    assert 0.38 < np.mean(np.array(p_values) < 0.5) < 0.62


def test_the_calibration_error_is_that_of_a_reliability_diagram():
    rng = np.random.default_rng(SEED)
    frame = drawn(rng, 5_000)
    performance, _ = judged(frame, frame, target="y", probabilities="p")
    guess = frame.p >= 0.5
    sure = np.where(guess, frame.p, 1 - frame.p)
    right = guess == frame.y
    shares, means = calibration_curve(right, sure, n_bins=10)
    counts = np.histogram(sure, np.linspace(0, 1, 11))[0]
    expected = (np.abs(shares - means) * counts[counts > 0]).sum() / len(frame)
    assert performance.estimate.calibration_error == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("rows", [499, 500])
def test_few_labels_are_not_calibrated_with(rows):
    rng = np.random.default_rng(SEED)
    before, after = drawn(rng, rows), drawn(rng, 300).assign(y=None)
    performance, findings = judged(before, after, target="y", probabilities="p")
    assert (performance.estimate is not None) == (rows == 500)
    assert ("too few labels" in findings[0].message) == (rows < 500)


def test_a_regression_has_no_sound_estimate_and_that_is_said():
    rng = np.random.default_rng(SEED)
    y = rng.normal(0, 1, 900)
    frame = pd.DataFrame({"y": y, "guess": y + 1})
    performance, findings = judged(frame, frame.assign(y=np.nan), target="y", prediction="guess")
    assert performance.estimate is None
    assert performance.verdict == "unknown"
    assert all(metric.estimate is None for metric in performance.metrics)
    assert "errors of a regression have no sound estimate" in findings[0].message


def test_classes_without_probabilities_have_no_sound_estimate_and_that_is_said():
    frame = pd.DataFrame({"y": ["a", "b"] * 400, "guess": ["a", "a"] * 400})
    performance, findings = judged(frame, frame.assign(y=None), target="y", prediction="guess")
    assert performance.estimate is None
    assert "without probabilities there is no sound estimate" in findings[0].message


def test_an_accuracy_is_not_expected_beyond_one_nor_a_loss_below_zero():
    y = np.arange(600) % 2
    frame = pd.DataFrame({"y": y, "p": np.where(y == 1, 0.99, 0.01)})
    performance, _ = judged(frame, frame.head(40).drop(columns="y"), target="y", probabilities="p")
    found = metrics(performance)
    assert found["accuracy"].high == 1.0
    assert found["Brier score"].low == 0.0
    assert found["log-loss"].low >= 0.0


def test_labels_of_some_rows_leave_the_rest_to_be_estimated():
    rng = np.random.default_rng(SEED)
    before, after = drawn(rng, 5_000), drawn(rng, 5_000)
    late = after.y.astype("object").where(after.index < 1_000)  # labels come late
    performance, findings = judged(before, after.assign(y=late), target="y", probabilities="p")
    assert [finding.kind for finding in findings] == ["labels_missing"]
    assert "80.0%" in findings[0].message
    assert performance.verdict == "no change"
    assert performance.labelled_current == 1_000
    said = metrics(performance)["accuracy"]
    true, _ = judged(before, after, target="y", probabilities="p")
    assert said.low < metrics(true)["accuracy"].current < said.high
