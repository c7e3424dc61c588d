"""The flights month by month: either engine gives the same scores and verdicts."""

from __future__ import annotations

import itertools

import pytest

from mlops_jupyter.drift import detect
from mlops_jupyter.project.flights import read_flights

COLUMNS = [
    *("dep_delay", "arr_delay", "air_time", "distance", "hour", "minute", "day"),
    *("carrier", "origin"),
]
SOME = [2, 7, 12]
MONTHS = [*range(1, 13)]
FEW = {(a, b) for a in SOME for b in SOME}


@pytest.fixture(scope="module")
def months():
    return {int(month): of_month[COLUMNS] for month, of_month in read_flights().groupby("month")}


def assert_engines_agree(workspace, reference, current, **options):
    reports = [
        detect(workspace, reference, current, engine=engine, **options)
        for engine in ("columnar", "evidently")
    ]
    ours, theirs = reports
    assert [c.column for c in ours.columns] == [c.column for c in theirs.columns] == COLUMNS
    for mine, other in zip(ours.columns, theirs.columns, strict=True):
        assert (mine.type, mine.method, mine.threshold) == (
            other.type,
            other.method,
            other.threshold,
        )
        assert mine.score == pytest.approx(other.score, rel=1e-9, abs=1e-12)
        assert mine.drifted == other.drifted
    assert ours.share == theirs.share
    assert ours.engine != theirs.engine
    return ours


@pytest.mark.parametrize(("before", "after"), sorted(FEW))
def test_months(workspace, months, before, after):
    report = assert_engines_agree(workspace, months[before], months[after])
    # A month has not drifted from itself; winter and summer are told apart.
    assert any(column.drifted for column in report.columns) == (before != after)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "after"),
    [pair for pair in itertools.product(MONTHS, MONTHS) if pair not in FEW],
)
def test_all_months(workspace, months, before, after):
    assert_engines_agree(workspace, months[before], months[after])


@pytest.mark.parametrize("method", ["psi", "kl_div", "jensenshannon", "ks", "wasserstein"])
def test_methods_by_name(workspace, months, method):
    report = assert_engines_agree(workspace, months[2], months[7], method=method)
    assert len({column.method for column in report.columns}) <= 3


def test_few_rows_have_other_methods(workspace, months):
    few = [months[month].sample(800, random_state=1) for month in (2, 7)]
    report = assert_engines_agree(workspace, *few)
    assert {"K-S p_value", "chi-square p_value"} <= {column.method for column in report.columns}
