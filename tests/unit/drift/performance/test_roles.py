"""Which columns are target and prediction, and probabilities as they are typed."""

from __future__ import annotations

import pytest

from mlops_jupyter.drift.performance import assumed, parse_probabilities, roles
from mlops_jupyter.errors import BadInput

NAMES = ["age", "target", "prediction", "late", "p0", "p1"]


def test_columns_of_these_names_are_taken_where_none_is_given():
    assert assumed(NAMES) == ("target", "prediction")
    assert assumed(["age"]) == (None, None)
    assert assumed(NAMES, "late", "age") == ("late", "age")


def test_probabilities_are_predictions():
    found = roles(NAMES, "late", "age", {"0": "p0", "1": "p1"})
    assert found == {
        "late": "target",
        "age": "prediction",
        "p0": "prediction",
        "p1": "prediction",
    }
    assert roles(NAMES, "late", probabilities="p1")["p1"] == "prediction"


def test_a_column_that_is_not_there_has_no_role():
    assert roles(["age"], "late", "guess", "p") == {}


def test_what_is_both_is_the_target():
    assert roles(["late"], "late", "late") == {"late": "target"}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], None),
        (["p"], "p"),
        (["late=p"], {"late": "p"}),
        ([" on time = p 0 ", "late=p1"], {"on time": "p 0", "late": "p1"}),
        (["a=b=c"], {"a": "b=c"}),
        (["0=p0", "1=p1"], {"0": "p0", "1": "p1"}),
    ],
)
def test_probabilities_as_they_are_typed(options, expected):
    assert parse_probabilities(options) == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([""], "names no class and column"),
        (["=p"], "names no class and column"),
        (["late="], "names no class and column"),
        (["p0", "p1"], "of which class 'p0'"),
        (["late=p", "p1"], "of which class 'p1'"),
        (["late=p", "late=q"], "two columns are named for the class 'late'"),
        (["late=p", "early=p"], "the column 'p' is named for two classes"),
    ],
)
def test_what_is_typed_wrongly_is_said(options, message):
    with pytest.raises(BadInput, match=message) as caught:
        parse_probabilities(options)
    assert "CLASS=" in caught.value.hint
