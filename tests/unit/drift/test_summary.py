"""Summaries and shared bins."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlops_jupyter.data.comparing.bins import BARS, BINS
from mlops_jupyter.drift.memory.columns import MemoryPair
from mlops_jupyter.drift.summary import about_values, describe


def pair(before, after):
    return MemoryPair("x", pd.Series(before), pd.Series(after))


def test_numbers():
    before, after, bins = describe(pair([0.0, 1.0, 2.0, None], [1.0, 3.0]), "numeric")
    assert (before.mean, before.median, before.min, before.max) == (1.0, 1.0, 0.0, 2.0)
    assert (before.missing, before.count, after.missing) == (0.25, 3, 0.0)
    assert (len(bins.edges), len(bins.reference)) == (BINS + 1, BINS)
    assert (bins.edges[0], bins.edges[-1]) == (0.0, 3.0)
    assert sum(bins.reference) == pytest.approx(1, abs=1e-3)
    assert sum(bins.current) == pytest.approx(1, abs=1e-3)


def test_whole_numbers_have_a_bin_each():
    hours = np.arange(24)
    _, _, bins = describe(pair(hours, hours), "numeric")
    assert bins.edges == list(range(25))
    assert bins.reference == [round(1 / 24, 4)] * 24


def test_many_whole_numbers_have_bins_of_equal_whole_width():
    values = np.arange(1000)
    _, _, bins = describe(pair(values, values), "numeric")
    assert set(np.diff(bins.edges)) == {50.0}
    assert set(bins.reference) == {0.05}


def test_far_tails_are_gathered_not_lost():
    core = np.random.default_rng(0).normal(size=1000)
    _, _, bins = describe(pair(np.append(core, 1e9), core), "numeric")
    assert (bins.below, bins.above) == (False, True)
    assert bins.edges[-1] < 10
    assert sum(bins.reference) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("value", [0.0, 7.0, -1e308, 1e308, 5e-324])
def test_a_single_value_has_bins(value):
    _, _, bins = describe(pair([value] * 3, [value]), "numeric")
    assert sum(bins.reference) == sum(bins.current) == 1


def test_the_widest_range_there_is():
    before, _, bins = describe(pair([-1.7e308, 1.7e308], [0.0, 1.0]), "numeric")
    assert before.std is None
    assert bins.reference[0] == bins.reference[-1] == 0.5


def test_categories_by_share_then_others():
    values = [name for i, name in enumerate("abcdefghijkl") for _ in range(20 - i)]
    before, after, bins = describe(pair(values, ["l", "new"]), "categorical")
    assert bins.labels[-1] == "others"
    assert len(bins.labels) == BARS
    assert bins.others == 13 - (BARS - 1)
    assert "new" in bins.labels
    assert sum(bins.current) == pytest.approx(1, abs=1e-3)
    assert (before.unique, after.unique) == (12, 2)


def test_what_only_one_side_has_is_counted_on_either():
    before, after, _ = describe(pair(["a", "b", "b", "c", None], ["a", "new"]), "categorical")
    assert (before.unseen, before.unseen_values) == (0.75, 2)
    assert (after.unseen, after.unseen_values) == (0.5, 1)
    before, after, _ = describe(pair(["a", "b"], ["b", "a"]), "categorical")
    assert (before.unseen, before.unseen_values) == (0.0, 0)
    assert (after.unseen, after.unseen_values) == (0.0, 0)


def test_categories_that_a_storage_knows_and_no_row_has_are_not_gone():
    known = pd.CategoricalDtype(["a", "b", "ghost"])
    column = pd.Series(["a", "b"], dtype=known)
    before, after, _ = describe(pair(column, column), "categorical")
    assert (before.unseen_values, after.unseen_values) == (0, 0)


def test_numeric_categories_stand_in_order():
    _, _, bins = describe(pair([3, 1, 1], [2, 2, 2]), "categorical")
    assert bins.labels == ["1", "2", "3"]
    assert bins.current == [0, 1, 0]


def test_categories_no_row_has_are_no_bars():
    column = pd.Categorical(["a"], categories=["a", "ghost"])
    _, _, bins = describe(pair(column, column), "categorical")
    assert bins.labels == ["a"]


def test_texts_are_shown_by_length():
    before, _, bins = describe(pair(["a", "bbb"], ["cc", "dddd"]), "text")
    assert (before.mean, before.max, bins.kind) == (2.0, 3.0, "lengths")


def test_what_is_worth_knowing():
    found = {f.kind: f.message for f in about_values(pair(["a", "a"], ["a", "b"]), "categorical")}
    assert found == {
        "constant": "x is constant: in the reference a",
        "new_categories": "x has values that the reference lacks: b",
    }
    assert not list(about_values(pair([1.0, 2.0], [3.0, 4.0]), "numeric"))
