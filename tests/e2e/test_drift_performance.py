"""A model of New York's flights, trained on winter: what summer does to it, known and not known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlops_jupyter.commands.app import App
from mlops_jupyter.commands.tree import run
from mlops_jupyter.drift.performance import judged
from mlops_jupyter.errors import GateFailed
from mlops_jupyter.project.flights import read_flights

pytestmark = pytest.mark.xdist_group("performance")  # the models are trained once

NUMBERS = ["dep_delay", "distance", "sched_dep_time", "day"]
CATEGORIES = ["carrier", "origin"]
SEGMENTS = ["carrier", "origin", "hour", "dest"]
LATE = 15  # minutes


@pytest.fixture(scope="module")
def flights():
    """All that landed, with what a model says that saw 60 % of January to March."""
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    def model(kind):
        encode = make_column_transformer(
            (OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), CATEGORIES),
            remainder="passthrough",
        )
        return make_pipeline(encode, kind(max_iter=40, random_state=0))

    columns = [*NUMBERS, *CATEGORIES]
    landed = read_flights().dropna(subset=["arr_delay"]).reset_index(drop=True)
    landed["late"] = np.where(landed.arr_delay > LATE, "late", "on time")
    winter = landed.month <= 3
    trained = winter & (np.random.default_rng(0).random(len(landed)) < 0.6)
    amount = model(HistGradientBoostingRegressor)
    amount.fit(landed.loc[trained, columns], landed.arr_delay[trained])
    classes = model(HistGradientBoostingClassifier)
    classes.fit(landed.loc[trained, columns], landed.late[trained])
    kept = landed[~trained & (winter | landed.month.isin([6, 7]))].copy()
    kept["predicted"] = amount.predict(kept[columns])
    kept["p_late"] = classes.predict_proba(kept[columns])[:, list(classes.classes_).index("late")]
    return kept


@pytest.fixture(scope="module")
def winter(flights):
    return flights[flights.month <= 3]


@pytest.fixture(scope="module")
def summer(flights):
    return flights[flights.month > 3]


def values(performance, side="current"):
    return {metric.name: getattr(metric, side) for metric in performance.metrics}


def test_delays_of_summer_are_worse_and_where(winter, summer):
    wanted = {"target": "arr_delay", "prediction": "predicted", "segments": SEGMENTS}
    performance, findings = judged(winter, summer, **wanted)
    assert findings == []
    assert performance.verdict == "worse"
    errors = [(side.predicted - side.arr_delay).abs() for side in (winter, summer)]
    change = performance.change
    assert (change.reference, change.current) == pytest.approx([side.mean() for side in errors])
    assert change.low > 0.2 * change.reference
    # Thunderstorms come in the afternoon, and delays add up until the evening.
    first = performance.segments[0]
    assert (first.column, first.kind, first.value.split()[-1]) == ("hour", "range", "more")
    morning = errors[1][summer.hour < 9].mean() - errors[0][winter.hour < 9].mean()
    assert first.current - first.reference > 2 * morning
    # Where most flights are not, errors rose most by chance: these do not come first.
    assert all(segment.rows_current >= 50 for segment in performance.segments)
    assert performance.segments_worse > performance.segments_tested / 2


def test_the_same_winter_is_no_worse(winter):
    half = np.random.default_rng(1).random(len(winter)) < 0.5
    wanted = {"target": "arr_delay", "prediction": "predicted", "segments": SEGMENTS}
    performance, findings = judged(winter[half], winter[~half], **wanted)
    assert (performance.verdict, findings) == ("no change", [])
    assert performance.segments_worse == 0


def test_without_labels_and_without_concept_drift_the_estimate_is_near_the_truth(winter):
    """Ten times another half of the same months: 95 % intervals may miss the truth sometimes."""
    wanted = {"target": "late", "probabilities": {"late": "p_late"}}
    held = dict.fromkeys(("accuracy", "Brier score", "log-loss"), 0)
    for seed in range(10):
        half = np.random.default_rng(seed).random(len(winter)) < 0.5
        before, after = winter[half], winter[~half]
        hidden, findings = judged(before, after.drop(columns="late"), **wanted)
        true = values(judged(before, after, **wanted)[0])
        assert hidden.verdict == "unknown"
        assert [finding.kind for finding in findings] == ["no_labels"]
        for metric in hidden.metrics:
            if metric.name in held:
                held[metric.name] += metric.low <= true[metric.name] <= metric.high
                assert metric.high - metric.low < 0.15 * metric.estimate
            if metric.name == "ROC AUC":
                assert metric.estimate == pytest.approx(true["ROC AUC"], abs=0.01)
    assert min(held.values()) >= 8, held


def test_with_labels_concept_drift_is_told_from_other_rows(winter, summer):
    wanted = {"target": "late", "probabilities": {"late": "p_late"}}
    performance, _ = judged(winter, summer, **wanted)
    change = performance.change
    assert performance.verdict == "worse"
    assert change.current > 1.1 * change.expected
    assert change.expected_p_value < 1e-6
    # More flights of which nobody can be sure: it errs more, and knows as much as before.
    hard = winter[winter.p_late.between(0.1, 0.9)]
    easy = winter.drop(hard.index).sample(len(hard), random_state=0)
    mixed, _ = judged(winter, pd.concat([hard, easy]), **wanted)
    assert mixed.change.current > 1.1 * mixed.change.reference
    assert mixed.change.expected == pytest.approx(mixed.change.current, rel=0.05)


def test_by_command_with_the_gate(workspace, winter, summer):
    app = App(namespace={"winter": winter, "summer": summer})
    words = ["drift", "$winter", "$summer", "--columns", "distance,arr_delay,predicted"]
    options = ["--target", "arr_delay", "--prediction", "predicted", "--segments", "origin,hour"]
    report = run([*words, *options], app)
    assert report.performance.verdict == "worse"
    assert {segment.column for segment in report.performance.segments} <= {"origin", "hour"}
    roles = {column.column: column.role for column in report.columns}
    assert roles == {"distance": None, "arr_delay": "target", "predicted": "prediction"}
    for shown in (report.to_text(), report.to_html()):
        assert "The model got worse: MAE" in shown
        assert "worst where hour" in shown
    with pytest.raises(GateFailed):
        run([*words, *options, "--fail-on-drift"], app)


def test_probabilities_by_command(workspace, winter, summer):
    app = App(namespace={"winter": winter, "summer": summer.assign(late=pd.NA)})
    options = ["--target", "late", "--probability", "late=p_late", "--columns", "p_late"]
    report = run(["drift", "$winter", "$summer", *options], app)
    performance = report.performance
    assert performance.verdict == "unknown"
    assert "CBPE" in performance.estimate.method
    assert "CBPE" in report.to_html()
    assert type(report).from_dict(report.to_dict()).performance == performance
