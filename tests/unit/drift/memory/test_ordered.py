"""Numbers in their order, measured without merging: held to NumPy and SciPy."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import ks_2samp, wasserstein_distance

from mlops_jupyter.drift.memory import ordered

ANY = st.one_of(
    arrays("float64", st.integers(1, 60), elements=st.floats(-1e100, 1e100)),
    arrays("float64", st.integers(1, 60), elements=st.integers(-20, 20).map(float)),
    *(
        arrays(kind, st.integers(1, 60))
        for kind in ("int8", "int16", "int32", "int64", "uint8", "uint64")
    ),
    arrays("int64", st.integers(1, 60), elements=st.integers(-20, 20)),
)
FINITE = arrays("float64", st.integers(1, 60), elements=st.floats(-1e6, 1e6)) | arrays(
    "int64", st.integers(1, 60), elements=st.integers(-9, 9)
)


@given(ANY)
def test_in_order_as_sorted(values):
    found = ordered.in_order(values)
    assert found.dtype == values.dtype
    assert np.array_equal(found, np.sort(values))


def test_the_far_ends_of_64_bits_are_sorted():
    values = np.array([2**63 - 1, -(2**63), 0, 0])
    assert ordered.in_order(values).tolist() == sorted(values.tolist())


@pytest.mark.parametrize(
    "values",
    [
        np.arange(-128, 128, dtype="int8").repeat(3)[::-1],
        np.array([2**64 - 1, 2**64 - 2] * 5, dtype="uint64"),
        np.array([-(2**63), -(2**63) + 1] * 5),
        np.array([1e300] * 5),
        np.array([0.0, -0.0, 2.0, 1.0]),
    ],
)
def test_whole_numbers_at_the_ends_of_their_types(values):
    found = ordered.in_order(values)
    assert found.dtype == values.dtype
    assert found.tolist() == sorted(values.tolist())


@given(FINITE, FINITE)
def test_distances_as_scipy(before, after):
    sides = [ordered.in_order(side) for side in (before, after)]
    expected = wasserstein_distance(before, after)
    assert ordered.area(*sides) == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert ordered.area(*sides[::-1]) == pytest.approx(expected, rel=1e-9, abs=1e-9)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the p-value, which is not asked for
        gap = ks_2samp(before, after).statistic
    assert ordered.gap(*sides) == pytest.approx(gap, abs=1e-15)


@pytest.mark.parametrize("sizes", [(50_000, 50_000), (50_000, 49_999), (16_384, 40_000)])
def test_more_than_one_piece(sizes):
    rng = np.random.default_rng(0)
    before, after = (rng.normal(at, 1, size) for at, size in zip((0, 0.1), sizes, strict=True))
    found = ordered.area(np.sort(before), np.sort(after))
    assert found == pytest.approx(wasserstein_distance(before, after), rel=1e-12)


@given(FINITE)
def test_values_are_counted_as_numpy_does(values):
    values = np.sort(values)
    different, counts = np.unique(values, return_counts=True)
    runs = ordered.runs(values)
    assert np.array_equal(runs[0], different)
    assert np.array_equal(runs[1], counts)
    assert ordered.distinct(values) == len(different)
    found = ordered.statistics(values)
    quantiles = np.quantile(values, [0, 0.01, 0.5, 0.99, 1])
    assert [found.min, found.q01, found.median, found.q99, found.max] == pytest.approx(
        quantiles.tolist(), rel=1e-9, abs=1e-9
    )
    assert (found.mean, found.std) == pytest.approx((values.mean(), values.std()))


@given(FINITE)
def test_bins_as_numpy_has_them(values):
    edges = np.linspace(values.min(), values.max() + 1, 7)
    assert np.array_equal(ordered.histogram(np.sort(values), edges), np.histogram(values, edges)[0])
