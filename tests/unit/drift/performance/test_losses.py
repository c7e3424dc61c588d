"""Metrics, held to scikit-learn's."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as theirs

from mlops_jupyter.drift.performance import judged
from mlops_jupyter.drift.performance.losses import area_under

rng = np.random.default_rng(0)
BEGINNING = rng.bit_generator.state


@pytest.fixture(autouse=True)
def _from_the_beginning():
    """Each test draws the same, whichever ran before."""
    rng.bit_generator.state = BEGINNING


def values(frame, **wanted):
    """The metrics of a frame held against itself, and both sides must have the same ones."""
    performance, _ = judged(frame, frame, target="y", **wanted)
    assert all(metric.reference == metric.current for metric in performance.metrics)
    assert performance.verdict == "no change"
    return performance, {metric.name: metric.reference for metric in performance.metrics}


def test_regression():
    y = rng.normal(5, 3, 200)
    guess = y + rng.normal(1, 2, 200)
    performance, found = values(pd.DataFrame({"y": y, "guess": guess}), prediction="guess")
    assert performance.task == "regression"
    assert found == pytest.approx(
        {
            "MAE": theirs.mean_absolute_error(y, guess),
            "RMSE": theirs.root_mean_squared_error(y, guess),
            "ME (bias)": (guess - y).mean(),
            "R²": theirs.r2_score(y, guess),
        },
        rel=1e-12,
    )
    assert performance.change.loss == "absolute error"
    assert performance.change.current == pytest.approx(found["MAE"], rel=1e-12)


def test_two_classes_by_their_names():
    y = rng.choice(["late", "on time"], 300, p=[0.2, 0.8])
    guess = np.where(rng.random(300) < 0.7, y, "on time")
    performance, found = values(pd.DataFrame({"y": y, "guess": guess}), prediction="guess")
    assert performance.task == "binary"
    assert found == pytest.approx(
        {
            "accuracy": theirs.accuracy_score(y, guess),
            "F1 (macro)": theirs.f1_score(y, guess, average="macro"),
        },
        rel=1e-12,
    )
    assert performance.change.loss == "error rate"
    assert performance.change.current == pytest.approx(1 - found["accuracy"], rel=1e-12)


def test_two_classes_by_their_probability():
    p = np.round(rng.random(300), 2)  # with ties
    y = (rng.random(300) < p).astype(int)
    performance, found = values(pd.DataFrame({"y": y, "p": p}), probabilities="p")
    guess = (p >= 0.5).astype(int)
    assert found == pytest.approx(
        {
            "accuracy": theirs.accuracy_score(y, guess),
            "F1 (macro)": theirs.f1_score(y, guess, average="macro"),
            "Brier score": theirs.brier_score_loss(y, p),
            "log-loss": theirs.log_loss(y, p),
            "ROC AUC": theirs.roc_auc_score(y, p),
        },
        rel=1e-12,
    )
    assert performance.change.loss == "Brier score"
    assert performance.change.current == pytest.approx(found["Brier score"], rel=1e-12)


def test_several_classes_by_their_probabilities():
    chances = rng.dirichlet([1, 1, 1], 400)
    y = np.array([rng.choice(["a", "b", "c"], p=row) for row in chances])
    frame = pd.DataFrame({"y": y, **dict(zip("abc", chances.T, strict=True))})
    performance, found = values(frame, probabilities={name: name for name in "cab"})
    guess = np.array(["a", "b", "c"])[chances.argmax(axis=1)]
    assert performance.task == "multiclass"
    assert found == pytest.approx(
        {
            "accuracy": theirs.accuracy_score(y, guess),
            "F1 (macro)": theirs.f1_score(y, guess, average="macro"),
            "Brier score": theirs.brier_score_loss(y, chances, scale_by_half=False),
            "log-loss": theirs.log_loss(y, chances),
            "ROC AUC": theirs.roc_auc_score(y, chances, multi_class="ovr"),
        },
        rel=1e-12,
    )


def test_a_probability_of_nothing_for_what_was_true_is_clipped_as_sklearn_does():
    y, p = np.array([0, 1] * 20), np.array([0.0, 0.0, 1.0, 1.0] * 10)
    _, found = values(pd.DataFrame({"y": y, "p": p}), probabilities="p")
    assert found["log-loss"] == pytest.approx(theirs.log_loss(y, p), rel=1e-9)


def test_the_area_with_rows_that_count_in_part():
    chances = np.round(rng.random(80), 1)
    weights = rng.random(80)
    found = area_under(chances, weights, 1 - weights)
    expected = theirs.roc_auc_score(
        [1] * 80 + [0] * 80, [*chances, *chances], sample_weight=[*weights, *(1 - weights)]
    )
    assert found == pytest.approx(expected, rel=1e-12)
    assert area_under(chances, np.zeros(80), np.ones(80)) is None


def test_what_is_not_defined_is_none():
    frame = pd.DataFrame({"y": [1.5] * 40, "guess": [2.5] * 40})
    assert values(frame, prediction="guess")[1]["R²"] is None
    frame = pd.DataFrame({"y": [0] * 40, "p": [0.1] * 40})
    assert values(frame, probabilities="p")[1]["ROC AUC"] is None


def test_classes_that_the_model_cannot_say_cost_what_no_probability_costs():
    before = pd.DataFrame({"y": ["a", "b"] * 20, "p": [0.2, 0.8] * 20})
    after = pd.DataFrame({"y": ["a", "new"] * 20, "p": [0.2, 0.8] * 20})
    performance, findings = judged(before, after, target="y", probabilities={"b": "p"})
    by_name = {metric.name: metric for metric in performance.metrics}
    # 0.2² for what was true, and (0.2² + 0.8² + 1) / 2 where nothing was said of it.
    assert by_name["Brier score"].current == pytest.approx((0.04 + (0.04 + 0.64 + 1) / 2) / 2)
    assert by_name["accuracy"].current == 0.5
    assert performance.verdict == "worse"
    assert [finding.kind for finding in findings] == ["new_classes"]
    assert "new" in findings[0].message
