"""A column in memory: one side is measured once, whatever it is compared with."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlops_jupyter.drift.memory.columns import MemoryPair
from mlops_jupyter.drift.memory.kept import Kept


def test_a_side_is_sorted_once_for_several_pairs():
    side = Kept(pd.Series([3.0, 1.0, None, np.inf]))
    pairs = [MemoryPair("x", side, pd.Series(values)) for values in ([1.0, 2.0], [1.0, 3.0])]
    assert [pair.area() for pair in pairs] == [0.5, 0.0]
    assert (side.rows, side.count, side.infinite) == (4, 2, 1)
    assert all(pair.rows.reference == 4 and pair.count.reference == 2 for pair in pairs)
    assert side.is_ordered


def test_many_values_by_two_threads_are_the_same():
    rng = np.random.default_rng(0)
    before, after = pd.Series(rng.normal(size=150_000)), pd.Series(rng.normal(size=150_000))
    pair = MemoryPair("x", before, after.mask(after > 2))
    assert pair.statistics().reference.mean == pytest.approx(before.mean())
    assert pair.statistics().current.max <= 2
    assert tuple(pair.count) == (150_000, int((after <= 2).sum()))


def test_what_is_given_is_not_written_to():
    values = pd.Series([3.0, 1.0, np.inf, None])
    kept = values.copy()
    pair = MemoryPair("x", values, values)
    assert pair.statistics().reference.min == 1.0
    pd.testing.assert_series_equal(values, kept)


@pytest.mark.parametrize("categories", [[1, 2], [1.5, 2.5]])
def test_numbers_as_categories_beside_numbers(categories):
    held = pd.Series(pd.Categorical([*categories, None], categories=[*categories, 99]))
    pair = MemoryPair("x", held, pd.Series([1, 2, 3]))
    assert set(pair.storage) <= {"integer", "float"}
    assert tuple(pair.rows) == (3, 3)
    assert tuple(pair.count) == (2, 3)
    assert pair.distinct().reference == 2


def test_frequencies_of_either_side():
    found = MemoryPair("x", pd.Series([1, 1, 2]), pd.Series([2.0, 3.5])).frequencies()
    assert list(found.values) == [1.0, 2.0, 3.5]
    assert [side.tolist() for side in found.counts] == [[2, 1, 0], [0, 1, 1]]


def test_whole_numbers_that_are_one_as_fractions():
    pair = MemoryPair("x", pd.Series([2**53, 2**53 + 1]), pd.Series([2.0**53]))
    assert [side.tolist() for side in pair.frequencies().counts] == [[2], [1]]


def test_narrow_floats_are_measured_in_64_bits():
    values = pd.Series(np.array([60000.0, -60000.0], dtype="float16"))
    pair = MemoryPair("x", values, values)
    assert pair.statistics().reference.std == 60000.0
    assert pair.series().reference.dtype == "float64"
