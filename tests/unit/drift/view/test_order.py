"""Which column comes first."""

from __future__ import annotations

import pytest

from mlops_jupyter.drift.view.order import MOST, ordered, severity
from tests.unit.drift.view.reports import column, p_value


def names(*columns):
    return [each.column for each in ordered(columns)]


def test_drifted_columns_come_first_then_the_nearest_to_it():
    columns = [
        column("far", score=0.01),
        p_value("p-near", 0.06),
        p_value("p-zero", 0.0),
        column("no answer", score=None),
        column("drifted", drifted=True),
    ]
    assert names(*columns) == ["p-zero", "drifted", "p-near", "far", "no answer"]


def test_importance_weighs_drift_where_a_model_is_known():
    columns = [
        column("unused", drifted=True, score=0.9, importance=0.0),
        column("no feature", drifted=True, score=0.5),
        column("weak", drifted=True, score=0.4, importance=0.1),
        column("strong", drifted=True, score=0.2, importance=0.6),
        column("steady", score=0.05, importance=0.3),
        column("label", drifted=True, score=0.15, role="target"),
    ]
    order = ["label", "strong", "weak", "unused", "no feature", "steady"]
    assert names(*columns) == order
    assert names(*reversed(columns)) == order


def test_what_describes_a_text_stands_below_it():
    columns = [
        column("a", drifted=True, score=0.3),
        column("comment", type="text", score=0.51, method="Percentile text content drift"),
        column("comment: length", drifted=True, score=0.9, of="comment"),
        column("comment: sentiment", score=0.05, of="comment"),
        column("b", score=0.01),
    ]
    order = ["comment", "comment: length", "comment: sentiment", "a", "b"]
    assert names(*columns) == order
    assert names(*reversed(columns)) == order


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (column(score=0.2), 2),
        (column(score=None), 0),
        (column(score=0.0), 0),
        (column(score=1e300), MOST),
        (column(score=0.1, threshold=0.0), MOST),
        (column(score=0.0, threshold=0.0), 0),
        (p_value("p", 0.05), 1),
        (p_value("p", 0.0025), 2),
        (p_value("p", 1.0), 0),
        (p_value("p", 0.5, threshold=0.0), 0),
        (p_value("p", 0.5, threshold=1.0), 0),
        (column(score=0.5, threshold=0.95, method="Percentile text content drift"), 0),
        (column(score=0.6, threshold=0.55, method="Absolute text content drift"), 2),
    ],
)
def test_severity_begins_at_one_where_drift_begins(shown, expected):
    assert severity(shown) == pytest.approx(expected)


def test_a_p_value_of_nothing_is_more_than_a_small_one():
    assert severity(p_value("p", 1e-300)) < severity(p_value("p", 0.0)) < MOST
