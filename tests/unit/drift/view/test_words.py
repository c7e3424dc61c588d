"""What moved, in plain words."""

from __future__ import annotations

import pytest

from mlops_jupyter.drift.report import Histogram, Sample, Side, Summary
from mlops_jupyter.drift.view import words
from tests.unit.drift.view.reports import HOSTILE, categorical, column, numbers


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (column(), "mean up 1.4 sd (12.3 → 15.1); 3 % more missing (2 % → 5 %)"),
        (
            column(current=numbers(mean=11.0, missing=0.3)),
            "28 % more missing (2 % → 30 %); mean down 0.7 sd (12.3 → 11)",
        ),
        (column(current=numbers(std=3.0)), "mean the same (12.3); spread wider (sd 2 → 3)"),
        (column(current=numbers(mean=12.301)), "mean about the same (12.3)"),
        (column(current=numbers(mean=12.2)), "mean down 0.05 sd (12.3 → 12.2)"),
        (column(current=numbers(mean=52.3)), "mean up 20 sd (12.3 → 52.3)"),
        (
            column(reference=numbers(std=0.0, unique=1), current=numbers(mean=13.0)),
            "was constant; mean up (12.3 → 13)",
        ),
        (
            column(reference=numbers(missing=0), current=numbers(missing=0.001)),
            "mean the same (12.3); now 0.1 % missing (none before)",
        ),
        (
            column(current=numbers(missing=0)),
            "mean the same (12.3); none missing now (2 % before)",
        ),
        (
            column(type="text", current=numbers(mean=15.1)),
            "mean length up 1.4 sd (12.3 → 15.1)",
        ),
        (column(current=Summary(count=1, missing=0.02, unique=2)), "about the same"),
        (
            column(
                drifted=True,
                current=Summary(count=1, missing=0.02, unique=2),
                histogram=Histogram(kind="numbers", reference=[1], current=[1]),
            ),
            "shape changed",
        ),
        (
            column(reference=numbers(unique=1), current=numbers(unique=1)),
            "one value on each side; mean the same (12.3)",
        ),
    ],
)
def test_of_numbers(shown, said):
    assert words.change(shown) == said


@pytest.mark.parametrize(
    ("ends", "reference", "current", "span"),
    [
        ({}, [0.5, 0.1, 0.4], [0.3, 0.4, 0.3], "2 to 3: 10 % → 40 %"),
        ({"below": True}, [0.6, 0.2, 0.2], [0.3, 0.3, 0.4], "below 2: 60 % → 30 %"),
        ({"above": True}, [0.3, 0.3, 0.4], [0.4, 0.4, 0.2], "from 3: 40 % → 20 %"),
    ],
)
def test_a_shape_that_moved_without_mean_and_spread_is_told_by_its_bin(
    ends, reference, current, span
):
    bins = Histogram(
        kind="numbers", edges=[1, 2, 3, 4], reference=reference, current=current, **ends
    )
    shown = column(drifted=True, current=numbers(), histogram=bins)
    assert words.change(shown) == f"mean the same (12.3); share of {span}"
    assert "share of" not in words.change(shown.model_copy(update={"drifted": False}))


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (categorical("c", ["UA", "AA"], [0.6, 0.4], [0.3, 0.7]), "share of UA: 60 % → 30 %"),
        (categorical("c", ["UA", "AA"], [0.6, 0.4], [0.6, 0.4]), "about the same shares"),
        (
            categorical("c", ["UA", "others"], [0.01, 0.99], [0.02, 0.98], new=(0.3, 12), others=9),
            "12 new values (30 % of rows); share of UA: 1 % → 2 %",
        ),
        (
            categorical("c", ["UA", "XX"], [1, 0], [0.7, 0.3], gone=(0.1, 1), new=(0.3, 1)),
            (
                "1 new value (30 % of rows); 1 value gone (10 % of rows before); "
                "share of UA: 100 % → 70 %"
            ),
        ),
        (
            categorical("c", ["a", "b"], [1, 0], [0, 1], gone=(1, 1), new=(1, 1)),
            "1 new value (100 % of rows); 1 value gone (100 % of rows before)",
        ),
    ],
)
def test_of_categories(shown, said):
    assert words.change(shown) == said


def test_reports_from_before_counts_were_kept_are_told_without():
    shown = categorical("c", ["a", "b"], [1, 0], [0.7, 0.3], new=(0.3, None))
    assert words.gist(shown, 1) == "new values"


def test_what_is_new_is_a_share_of_rows_not_of_values():
    after = Summary(count=5, missing=0.5, unique=2, unseen=0.4, unseen_values=1)
    assert "1 new value (20 % of rows)" in words.change(
        categorical("c", ["a", "b"], [1, 0], [0.6, 0.4], current=after)
    )


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (column(), "numeric"),
        (column(role="target"), "target, numeric"),
        (column(importance=0.384), "numeric, 38 % of the model"),
        (column(importance=0.0), "numeric, 0 % of the model"),
        (column(of="comment"), "numeric, describes comment"),
        (
            categorical("c", ["a"], [1], [1], role="prediction"),
            "prediction, categorical, 2 values",
        ),
    ],
)
def test_what_a_column_is(shown, said):
    assert words.about(shown) == said


@pytest.mark.parametrize(
    ("shown", "method", "rule"),
    [
        (column(), "Wasserstein distance", "drift from 0.1"),
        (column(method="chi-square p_value", low_is_drift=True), "chi-square p", "drift below 0.1"),
        (
            column(method="Percentile text content drift", threshold=0.95),
            "ROC AUC",
            "drift if better than 95 % of random guesses",
        ),
        (
            column(method="Absolute text content drift", threshold=0.55),
            "ROC AUC",
            "drift from 0.55",
        ),
        (column(method="Hellinger distance"), "Hellinger distance", "drift from 0.1"),
    ],
)
def test_methods(shown, method, rule):
    assert (words.method(shown), words.rule(shown)) == (method, rule)


def test_a_sample_is_told_with_rate_and_seed():
    before, after = Side(label="a", rows=1000, columns=1), Side(label="b", rows=50, columns=1)
    drawn = Sample(reference=100, current=50, seed=7)
    said = words.sample(drawn, before, after)
    assert said == (
        "100 of 1,000 rows of the reference (10 %) and 50 of 50 rows of current (100 %), "
        "drawn by seed 7"
    )
    assert words.sample(drawn, before.model_copy(update={"rows": 0}), after).startswith("50 of 50")


def test_hostile_names_are_cut_and_can_move_nothing():
    shown = categorical(
        HOSTILE * 9, [HOSTILE * 9, "b"], [1, 0], [0, 1], of=HOSTILE, method=HOSTILE * 9
    )
    for said in (words.name(shown), words.about(shown), words.change(shown), words.method(shown)):
        assert len(said) <= 120
        assert not set("\x1b\x00\u202e\u2066\u2028") & set(said)
    assert words.name(column("\u200b\n")) == "(no name)"
    assert words.label("") == "(empty)"
