"""What counts as chance."""

import math

import numpy as np
import pytest
from scipy import stats

from mlops_jupyter.errors import BadInput, UsageError
from mlops_jupyter.reproducing.chance import LEVEL, Tolerance, interval, rule


def test_the_interval_is_that_of_one_more_observation():
    values = [0.71, 0.74, 0.69, 0.72, 0.70]
    low, high = interval(values)
    half = stats.t.ppf(1 - (1 - LEVEL) / 2, 4) * np.std(values, ddof=1) * math.sqrt(1 + 1 / 5)
    assert (low, high) == pytest.approx((np.mean(values) - half, np.mean(values) + half))


@pytest.mark.parametrize("repeats", [2, 5, 20])
def test_it_holds_for_one_more_as_often_as_it_says(repeats):
    rng = np.random.default_rng(3)
    within = 0
    for _ in range(2000):
        *values, one_more = rng.normal(0.7, 0.02, repeats + 1)
        low, high = interval(values)
        within += low <= one_more <= high
    assert within / 2000 == pytest.approx(LEVEL, abs=0.008)


def test_several_metrics_together_have_wider_ones():
    narrow, wide = interval([1.0, 2.0, 3.0]), interval([1.0, 2.0, 3.0], at_once=10)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_values_that_never_vary_leave_no_room():
    assert interval([0.1 + 0.2, 0.1 + 0.2]) == (0.1 + 0.2, 0.1 + 0.2)


def test_a_tolerance_is_for_all_or_for_one():
    given = Tolerance.read([1e-6, "auc=0.01"])
    assert (given.of("auc"), given.of("f1")) == (0.01, 1e-6)
    assert "auc ± 0.01" in rule(1, 1, given)
    assert "Student's t from 5 repeats" in rule(5, 2, Tolerance())
    assert rule(1, 1, Tolerance()) == ""


@pytest.mark.parametrize("given", ["x", "-1", "nan", "inf", "auc=", "=1", "auc=-1"])
def test_what_is_no_tolerance(given):
    with pytest.raises(UsageError, match="no tolerance"):
        Tolerance.read([given])


def test_a_tolerance_of_a_metric_that_is_not_there():
    with pytest.raises(BadInput, match="no metric 'acu'"):
        Tolerance.read(["acu=0.1"]).check(["auc"])
