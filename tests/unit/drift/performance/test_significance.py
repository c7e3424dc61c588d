"""Tests of means, held to SciPy and statsmodels, and to what happens when data is drawn often."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, test_proportions_2indep

from mlops_jupyter.drift.pairs import Both
from mlops_jupyter.drift.performance.significance import LEVEL, Moments, compared, moved

# Its name would make pytest take it for a test.
two_proportions = test_proportions_2indep
del test_proportions_2indep


def moments(*sides):
    """Each side: a row of losses per group, or one group."""
    found = []
    for side in sides:
        groups = np.atleast_2d(side)
        codes = np.repeat(np.arange(len(groups)), groups.shape[1])
        found.append(Moments.of(groups.ravel().astype("float64"), codes, len(groups)))
    return Both(*found)


def test_moments_are_numpys():
    rng = np.random.default_rng(1)
    losses, groups = rng.gamma(2, 1e6, 500), rng.integers(0, 4, 500)
    found = Moments.of(losses, groups, 5)
    for group in range(4):
        own = losses[groups == group]
        assert found.count[group] == len(own)
        assert found.mean[group] == pytest.approx(own.mean(), rel=1e-12)
        assert found.variance[group] == pytest.approx(own.var(ddof=1), rel=1e-12)
    assert found.count[4] == 0
    assert np.isnan(found.mean[4])


def test_the_variance_does_not_cancel_far_from_zero():
    losses = 1e9 + np.tile([0.0, 1.0], 50)
    found = Moments.of(losses, np.zeros(100, dtype="int64"), 1)
    assert found.variance[0] == pytest.approx(losses.var(ddof=1), rel=1e-9)


@pytest.mark.parametrize("sizes", [(2, 2), (3, 40), (500, 30)])
@pytest.mark.parametrize("spread", [1.0, 7.0])
def test_means_as_scipys_welch(sizes, spread):
    rng = np.random.default_rng(sizes[0])
    before, after = rng.gamma(2, 1, sizes[0]), rng.gamma(2, spread, sizes[1])
    found = compared(moments(before, after), shares=False)
    theirs = stats.ttest_ind(after, before, equal_var=False)
    low, high = theirs.confidence_interval(0.95)
    assert found.p_value[0] == pytest.approx(theirs.pvalue, rel=1e-9)
    assert (found.low[0], found.high[0]) == pytest.approx((low, high), rel=1e-9)
    assert found.difference[0] == pytest.approx(after.mean() - before.mean(), rel=1e-12)


@pytest.mark.parametrize(
    ("before", "after"),
    [((0, 40), (0, 30)), ((0, 40), (5, 30)), ((7, 90), (33, 60)), ((9, 9), (1, 9))],
)
def test_shares_as_statsmodels_agresti_caffo(before, after):
    sides = [np.repeat([1.0, 0.0], [hits, size - hits]) for hits, size in (before, after)]
    found = compared(moments(*sides), shares=True)
    low, high = confint_proportions_2indep(*after, *before, method="agresti-caffo", compare="diff")
    assert (found.low[0], found.high[0]) == pytest.approx((low, high), rel=1e-9)
    with np.errstate(divide="ignore", invalid="ignore"):  # of the ratio, which nobody asked for
        theirs = two_proportions(*after, *before, method="agresti-caffo", compare="diff")
    assert found.p_value[0] == pytest.approx(theirs.pvalue, rel=1e-9)


def test_all_alike_is_no_chance():
    found = compared(
        moments(np.array([[1.0] * 5, [1.0] * 5]), np.array([[1.0] * 5, [2.0] * 5])), shares=False
    )
    assert found.p_value.tolist() == [1.0, 0.0]
    assert (found.low[1], found.high[1]) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("shares", "draw"),
    [
        (False, lambda rng, mean, size: rng.exponential(mean, size)),
        (True, lambda rng, mean, size: (rng.random(size) < mean).astype("float64")),
    ],
    ids=["skewed losses", "rare errors"],
)
def test_intervals_hold_the_truth_as_often_as_they_say(shares, draw):
    """4,000 draws: the share of intervals with the truth in them has a standard error of 0.0034."""
    rng = np.random.default_rng(3)
    truth = Both(0.05, 0.08)
    sides = [draw(rng, mean, (4000, 120)) for mean in truth]
    found = compared(moments(*sides), shares=shares)
    difference = truth.current - truth.reference
    held = ((found.low <= difference) & (difference <= found.high)).mean()
    assert 0.935 < held < 0.975


@pytest.mark.parametrize("shares", [True, False])
def test_nothing_moved_is_found_as_seldom_as_the_level_says(shares):
    rng = np.random.default_rng(4)
    sides = [(rng.random((4000, 150)) < 0.2).astype("float64") for _ in range(2)]
    found = compared(moments(*sides), shares=shares)
    assert 0.03 < (found.p_value < LEVEL).mean() < 0.06


def test_a_move_is_certain_and_large_enough():
    sides = moments(np.full((3, 9), 10.0), np.full((3, 9), 10.0))
    difference, p_values = np.array([0.9, -1.0, 5.0]), np.array([0.0, 0.01, 0.06])
    assert moved(sides, difference, p_values).tolist() == [False, True, False]
