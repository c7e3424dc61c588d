"""Which column comes first."""

from __future__ import annotations

from mlops_jupyter.drift.view.order import ordered
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
