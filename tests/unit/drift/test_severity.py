"""How far a score is towards drift."""

from __future__ import annotations

import pytest

from mlops_jupyter.drift.severity import MOST, severity
from tests.unit.drift.view.reports import column, p_value


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
