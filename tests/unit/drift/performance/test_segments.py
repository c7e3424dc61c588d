"""Where a model got worse."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from mlops_jupyter.drift.performance import judged
from mlops_jupyter.errors import NotFound

rng = np.random.default_rng(2)
BEGINNING = rng.bit_generator.state


@pytest.fixture(autouse=True)
def _from_the_beginning():
    """Each test draws the same, whichever ran before."""
    rng.bit_generator.state = BEGINNING


SIZE = 4_000


def side(factor=None, **columns):
    """Rows whose error has a standard deviation of 1, times a factor."""
    y = rng.normal(0, 10, SIZE)
    error = rng.normal(0, 1, SIZE) * (1 if factor is None else factor)
    return pd.DataFrame({"y": y, "guess": y + error, **columns})


def found(before, after, *segments):
    performance, findings = judged(
        before, after, target="y", prediction="guess", segments=list(segments)
    )
    return performance, findings


def named(performance):
    return {(segment.column, segment.value, segment.kind) for segment in performance.segments}


def test_the_category_that_got_worse_and_none_besides():
    carrier = rng.choice(["HA", "UA", "B6", "EV"], SIZE, p=[0.1, 0.3, 0.3, 0.3])
    before = side(carrier=carrier)
    after = side(np.where(carrier == "HA", 4.0, 1.0), carrier=carrier)
    performance, findings = found(before, after, "carrier")
    assert findings == []
    assert named(performance) == {("carrier", "HA", "value")}
    (segment,) = performance.segments
    assert (performance.segments_worse, performance.segments_tested) == (1, 4)
    errors = [
        np.abs(frame.guess - frame.y)[carrier == "HA"].to_numpy() for frame in (before, after)
    ]
    theirs = stats.ttest_ind(*errors[::-1], equal_var=False)
    low, high = theirs.confidence_interval(0.95)
    assert (segment.reference, segment.current) == pytest.approx([side.mean() for side in errors])
    assert (segment.low, segment.high) == pytest.approx((low, high), rel=1e-9)
    assert segment.share == pytest.approx((carrier == "HA").mean())
    assert segment.rows_reference == segment.rows_current == (carrier == "HA").sum()


def test_p_values_are_corrected_for_the_number_of_segments():
    group = np.arange(SIZE) % 20
    before, after = side(group=group), side(np.where(group < 4, 1.2, 1.0), group=group)
    performance, _ = found(before, after, "group")
    raw = [
        stats.ttest_ind(
            *(np.abs(frame.guess - frame.y)[chosen].to_numpy() for frame in (after, before)),
            equal_var=False,
        ).pvalue
        for chosen in _quarters(before.group)
    ]
    corrected = multipletests(raw, method="fdr_bh")[1]
    assert performance.segments_tested == 4
    assert [segment.p_value for segment in performance.segments] == pytest.approx(
        [min(corrected)], rel=1e-9, abs=0
    )


def _quarters(column):
    """The masks of the quarters of a column, cut as the test above expects."""
    edges = np.quantile(column, [0.25, 0.5, 0.75], method="higher")
    places = np.searchsorted(edges, column, side="right")
    return [places == place for place in range(4)]


def test_numbers_are_cut_by_the_references_quarters():
    x = np.arange(SIZE, dtype="float64")
    before = side(x=x)
    after = side(np.where(x < 500, 5.0, 1.0), x=x)
    after = after[after.x < 3_000]
    performance, _ = found(before, after, "x")
    assert named(performance) == {("x", "below 1000", "range")}
    assert performance.segments_tested == 3  # current has no row in the last quarter
    assert performance.segments[0].rows_current == 1_000


def test_missing_values_are_a_segment_of_their_own():
    x = np.where(rng.random(SIZE) < 0.2, np.nan, rng.normal(0, 1, SIZE))
    name = np.where(np.isnan(x), None, "there")
    before = side(x=x, name=name)
    after = side(np.where(np.isnan(x), 4.0, 1.0), x=x, name=name)
    performance, _ = found(before, after, "x", "name")
    assert named(performance) == {("x", "missing", "missing"), ("name", "missing", "missing")}


def test_a_category_called_missing_is_no_missing_value():
    name = rng.choice(["missing", "there"], SIZE)
    after = side(np.where(name == "missing", 4.0, 1.0), name=name)
    performance, _ = found(side(name=name), after, "name")
    assert named(performance) == {("name", "missing", "value")}


def test_true_and_false_and_few_numbers_are_values():
    flag, floor = rng.random(SIZE) < 0.5, rng.integers(0, 3, SIZE)
    after = side(np.where(flag | (floor == 2), 4.0, 1.0), flag=flag, floor=floor)
    performance, _ = found(side(flag=flag, floor=floor), after, "flag", "floor")
    assert {("flag", "True", "value"), ("floor", "2", "value")} <= named(performance)


def test_of_hundreds_of_values_the_largest_are_tested_and_ten_shown():
    code = (rng.pareto(1, SIZE * 10) * 30).astype(int).clip(0, 900)
    codes = pd.Series(code[:SIZE]).astype(str)
    performance, _ = found(side(code=codes), side(6.0, code=codes), "code")
    sizes = codes.value_counts()
    assert performance.segments_tested == min(50, (sizes >= 50).sum())
    assert performance.segments_worse == performance.segments_tested > 0
    assert len(performance.segments) == min(10, performance.segments_worse)
    lows = [segment.low for segment in performance.segments]
    assert lows == sorted(lows, reverse=True)


def test_values_that_are_all_different_make_no_segments():
    name = np.where(np.arange(SIZE) < 500, "same", np.arange(SIZE).astype(str))
    performance, _ = found(side(c=name), side(4.0, c=name), "c")
    assert performance.segments_tested == 1
    assert performance.segments[0].share == 500 / SIZE


def test_at_most_fifty_segments_of_a_column():
    codes = (np.arange(SIZE) % 70).astype(str)
    performance, _ = found(side(code=codes), side(code=codes), "code")
    assert performance.segments_tested == 50


@pytest.mark.parametrize(("rows", "segments"), [(49, 1), (50, 2)])
def test_fewer_than_fifty_rows_are_no_segment(rows, segments):
    """Neither a value nor a missing one."""
    rare = np.arange(SIZE) < rows
    for few in ("rare", None):
        column = np.where(rare, few, "usual")
        performance, _ = found(side(c=column), side(np.where(rare, 9.0, 1.0), c=column), "c")
        assert performance.segments_tested == segments
        assert len(performance.segments) == segments - 1


def test_values_of_one_side_alone_are_passed_over():
    before, after = side(c=["old", "both"] * (SIZE // 2)), side(c=["new", "both"] * (SIZE // 2))
    assert found(before, after, "c")[0].segments_tested == 1


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (pd.Timestamp("2026-01-01"), pd.Timestamp("2026-01-01"), "it holds dates"),
        ("a", 1, "it holds text in the reference, numbers in current"),
        (None, None, "it is empty"),
    ],
)
def test_what_cannot_be_cut_is_said(before, after, why):
    performance, findings = found(side(c=before), side(c=after), "c")
    assert performance.segments_tested == 0
    assert [(finding.kind, finding.message) for finding in findings] == [
        ("not_compared", f"no segments by c: {why}")
    ]


def test_columns_that_one_side_lacks_or_has_twice_are_said():
    twice = side(c=1)
    twice.insert(0, "c", 2, allow_duplicates=True)
    assert "current has no such column" in found(side(c=1), side(), "c")[1][0].message
    message = found(twice, side(c=1), "c")[1][0].message
    assert "the reference has several columns of that name" in message


def test_what_was_true_or_predicted_makes_no_segments():
    _, findings = found(side(), side(), "y", "guess")
    assert [finding.column for finding in findings] == ["y", "guess"]


def test_a_column_that_neither_side_has_is_an_error():
    with pytest.raises(NotFound, match="no column 'carier'") as caught:
        found(side(carrier="a"), side(carrier="a"), "carier")
    assert "carrier" in caught.value.hint


@pytest.mark.parametrize(
    "values",
    [
        np.full(SIZE, np.inf),
        np.tile([np.inf, -np.inf, np.nan, 1e300], SIZE // 4),
        np.linspace(0, 1e-300, SIZE),
        np.full(SIZE, 7.0),
    ],
    ids=["infinite", "mixed", "tiny", "constant"],
)
def test_numbers_at_their_limits(values):
    performance, findings = found(side(c=values), side(3.0, c=rng.permutation(values)), "c")
    assert findings == []
    assert 1 <= performance.segments_tested <= 4


def test_a_constant_that_now_has_many_values():
    performance, _ = found(side(c=7.0), side(3.0, c=np.arange(SIZE)), "c")
    assert named(performance) == {("c", "any value", "range")}
