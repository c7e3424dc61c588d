"""Some of the rows: as many as said, the same again by seed."""

from __future__ import annotations

import pandas as pd
import pytest

from mlops_jupyter.drift.engines.sampling import MOST_TEXTS, MOST_VALUES, Sampling, needed, sampled
from mlops_jupyter.drift.memory.columns import MemoryPair
from mlops_jupyter.errors import BadInput


def pair(rows=1000, other=1000):
    return MemoryPair("x", pd.Series(range(rows)), pd.Series(range(other)))


@pytest.mark.parametrize(
    ("said", "count", "wanted"),
    [("100_000", 10, 10), ("100,000", 10**6, 10**5), ("0.1", 1000, 100), ("0.001", 10, 1)],
)
def test_rows_or_a_share(said, count, wanted):
    assert Sampling.parse(said).of(count) == wanted


@pytest.mark.parametrize("said", ["", "many", "0", "-5", "1.5", "nan", "inf"])
def test_what_is_no_size_is_said(said):
    with pytest.raises(BadInput, match="neither a number of rows nor a share"):
        Sampling.parse(said)


def test_the_same_by_seed_and_other_rows_by_another():
    def drawn(seed):
        return [list(side) for side in sampled(pair(), Sampling(rows=50, seed=seed)).series()]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    reference, current = drawn(1)
    assert reference != current
    assert len(set(reference)) == 50
    assert reference == sorted(reference)


def test_what_is_small_enough_is_left_whole():
    whole = pair(40, 30)
    assert sampled(whole, Sampling(rows=40)) is whole
    assert tuple(sampled(pair(100, 30), Sampling(rows=40)).count) == (40, 30)


def test_only_evidently_needs_it():
    texts = pair(MOST_TEXTS + 1)
    assert needed(texts, "text", "evidently", seed=3) == Sampling(rows=MOST_TEXTS, seed=3)
    assert needed(texts, "numeric", "evidently") is None
    assert needed(pair(MOST_VALUES + 1), "numeric", "evidently") == Sampling(rows=MOST_VALUES)
    assert needed(pair(MOST_VALUES + 1), "numeric", "columnar") is None
