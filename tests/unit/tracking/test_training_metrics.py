"""The bound on MLflow's training metrics: what is quick is not taken for slow."""

import time

import numpy as np
import pytest
from mlflow.sklearn import utils

from mlops_jupyter.tracking.training_metrics import bound

BUDGET = 4.0  # seconds; a call may take ten times as long as it should, on a busy machine
ROWS = np.zeros((20_000, 2))


class Predictor:
    def __init__(self, per_call=0.0, per_row=0.0):
        self.per_call, self.per_row = per_call, per_row
        self.asked = []

    def predict(self, rows):
        self.asked.append(len(rows))
        time.sleep(self.per_call + self.per_row * len(rows))


@pytest.fixture
def computed(monkeypatch):
    """Says whether MLflow was let, and what was told instead."""
    monkeypatch.setattr(utils, "_log_estimator_content", lambda **_: {"training_score": 1.0})
    told = []
    undo = bound(BUDGET, told.append)
    yield lambda estimator: (utils._log_estimator_content(estimator=estimator, X=ROWS), told)
    undo()


def test_a_forest_whose_every_call_has_a_cost_is_measured(computed):
    # 20 ms for 200 rows would be 6 s for 20,000; it is 20 ms for those too.
    assert computed(Predictor(per_call=0.02)) == ({"training_score": 1.0}, [])


def test_a_lazy_learner_is_not_and_looking_stays_cheap(computed):
    lazy = Predictor(per_row=0.0015)
    metrics, told = computed(lazy)
    assert metrics == {}
    (reason,) = told
    assert reason.startswith(
        "training metrics: predicting the training data would take over 4 s (training_metrics_limit"
    )
    assert lazy.asked == [200]


def test_many_fits_are_told_in_the_same_words(computed):
    for per_row in (0.0015, 0.002):
        _, told = computed(Predictor(per_row=per_row))
    assert len(told) == 2
    assert len(set(told)) == 1
