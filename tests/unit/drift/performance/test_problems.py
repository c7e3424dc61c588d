"""Labels and predictions of every kind: what they are taken for, and what is refused."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from mlops_jupyter.drift.pairs import Both
from mlops_jupyter.drift.performance.problems import read
from mlops_jupyter.drift.performance.rows import Wanted
from mlops_jupyter.errors import BadInput, NotFound


def problem(before, after=None, target="y", prediction=None, **more):
    frames = [pd.DataFrame(side) for side in (before, before if after is None else after)]
    guess = "guess" if prediction is None and "guess" in frames[0] else prediction
    return read(Wanted(target, guess, **more), Both(*frames))


def right(found):
    rows = found.rows.reference.with_labels
    return (rows.predicted == rows.truth).tolist()


@pytest.mark.parametrize(
    ("y", "guess", "task"),
    [
        ([1.5, 2.5], [1.0, 2.0], "regression"),
        (list(range(20)), list(range(20)), "regression"),
        ([1, 2, 3], [1.2, 2.1, 2.9], "regression"),  # few values, but fractions are predicted
        ([Decimal("1.5"), Decimal(2)], [Decimal(1), Decimal(2)], "regression"),
        ([1e300, -1e300], [0.5, 2.5], "regression"),
        ([1, 2, 3], [1, 2, 2], "multiclass"),
        ([0.0, 1.0, np.nan], [0, 1, 1], "binary"),
        (["a", "b"], ["a", "a"], "binary"),
        (["a", "b", "c"], ["a", "a", "a"], "multiclass"),
        ([True, False], [True, True], "binary"),
        ([True, None], [True, True], "binary"),
        (["only"] * 3, ["only"] * 3, "binary"),
    ],
)
def test_the_task_is_told_by_what_there_is(y, guess, task):
    assert problem({"y": y, "guess": guess}).task == task


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "uint8", "category", "string"])
def test_types_that_hold_the_same_classes(dtype):
    before = {"y": pd.Series([0, 1, 1], dtype=dtype), "guess": [0, 1, 0]}
    found = problem(before)
    assert found.classes == ["0", "1"]
    assert right(found) == [True, True, False]


@pytest.mark.parametrize(
    ("y", "guess", "classes"),
    [
        ([True, False, True], [1, 0, 0], ["0", "1"]),
        ([True, False, True], [1.0, 0.0, 0.0], ["0", "1"]),
        ([True, False, True], [True, False, False], ["False", "True"]),
        ([1, 0, 1], ["1", "0", "0"], ["0", "1"]),
        ([1, 0, 1], [1.0, 0.0, 0.0], ["0", "1"]),
        ([10, 9, 10], ["10", "9", "9"], ["9", "10"]),
    ],
)
def test_classes_that_are_the_same_in_other_types(y, guess, classes):
    found = problem({"y": y, "guess": guess})
    assert found.classes == classes
    assert right(found) == [True, True, False]


@pytest.mark.parametrize("name", ["True", "true", "1", True, 1])
@pytest.mark.parametrize("y", [[True, False] * 3, [1, 0] * 3])
def test_a_class_named_as_a_person_would(name, y):
    found = problem({"y": y, "p": [0.9, 0.1] * 3}, probabilities={name: "p"})
    assert found.rows.reference.probabilities[0].tolist() == pytest.approx([0.1, 0.9])
    assert all(right(found))


def test_the_probability_of_the_first_of_two_classes():
    found = problem({"y": ["a", "b"], "p": [0.9, 0.5]}, probabilities={"a": "p"})
    assert found.rows.reference.probabilities.tolist() == [[0.9, pytest.approx(0.1)], [0.5, 0.5]]
    assert right(found) == [True, True]  # a half is the second


def test_a_class_that_no_label_has_is_known_by_its_column():
    before = {"y": ["a", "b"], "pa": [0.5, 0.2], "pb": [0.3, 0.5], "pc": [0.2, 0.3]}
    found = problem(before, probabilities={"a": "pa", "b": "pb", "c": "pc"})
    assert (found.task, found.classes) == ("multiclass", ["a", "b", "c"])


def test_one_class_of_zero_and_one_leaves_the_other_known():
    found = problem({"y": [0, 0, 0], "p": [0.1, 0.2, 0.9]}, probabilities="p")
    assert found.classes == ["0", "1"]
    assert right(found) == [True, True, False]


def test_new_classes_come_after_those_the_model_knows():
    found = problem({"y": ["b", "a"], "guess": ["b", "a"]}, {"y": ["A", "b"], "guess": ["b", "x"]})
    assert (found.classes, found.known) == (["a", "b", "A", "x"], 2)


def test_rows_without_a_prediction_are_left_out_and_without_a_label_counted():
    before = {"y": [1.5, np.nan, np.inf, 4.5], "guess": [1.0, 2.0, 3.0, np.nan]}
    rows = problem(before).rows.reference
    assert rows.kept.tolist() == [True, True, True, False]
    assert rows.labelled.tolist() == [True, False, False]
    assert rows.with_labels.kept.tolist() == [True, False, False, False]
    assert rows.with_labels.truth.tolist() == [1.5]


def test_an_infinite_prediction_is_none():
    assert problem({"y": [1.5, 2.5], "guess": [np.inf, 1.0]}).rows.reference.kept.tolist() == [
        False,
        True,
    ]


def test_rows_without_a_probability_are_left_out():
    before = {"y": ["a", "b", "a"], "p": [0.2, np.nan, 0.9]}
    assert problem(before, probabilities="p").rows.reference.kept.tolist() == [True, False, True]


def test_probabilities_that_were_rounded_sum_to_one_again():
    before = {"y": ["a", "b", "c"], "a": [0.33] * 3, "b": [0.33] * 3, "c": [0.33] * 3}
    found = problem(before, probabilities={name: name for name in "abc"})
    assert found.rows.reference.probabilities.sum(axis=1).tolist() == pytest.approx([1, 1, 1])


def test_current_may_lack_the_target():
    found = problem({"y": [1.5], "guess": [1.0]}, {"guess": [2.0]})
    assert found.rows.current.labelled.tolist() == [False]


@pytest.mark.parametrize(
    ("before", "wanted", "message"),
    [
        ({"y": [1.5], "p": [0.5]}, {"probabilities": "p"}, "fractions have no probabilities"),
        ({"y": [0, 1], "guess": [0.2, 0.8]}, {}, "numbers between 0 and 1.*two classes"),
        (
            {"y": [0, 1], "p": [0.2, 1.8]},
            {"probabilities": "p"},
            "from 0.2 to 1.8 in the reference",
        ),
        ({"y": [0, 1], "p": [0.2, np.inf]}, {"probabilities": "p"}, "these are no probabilities"),
        ({"y": [0, 1], "p": ["x", "y"]}, {"probabilities": "p"}, "holds text in the reference"),
        ({"y": [0, 1, 2], "p": [0.1] * 3}, {"probabilities": "p"}, "one of 3 classes"),
        ({"y": ["a"] * 2, "p": [0.1] * 2}, {"probabilities": "p"}, "one of 1 class of y"),
        (
            {"y": ["a", "b", "c"], "p": [0.1] * 3},
            {"probabilities": {"a": "p"}},
            "the class 'b', which no column",
        ),
        (
            {"y": ["a", "b"], "p": [0.1] * 2, "q": [0.1] * 2},
            {"probabilities": {"a": "p", "b": "q"}},
            "do not sum to 1 in 2 of 2 rows of the reference, such as 0.2",
        ),
        (
            {"y": [True, False], "p": [0.1] * 2, "q": [0.9] * 2},
            {"probabilities": {"1": "p", True: "q"}},
            "two columns are named for the probability of the class 'True'",
        ),
        ({"y": [1.5], "guess": ["x"]}, {}, "guess holds text, where a regression has numbers"),
        ({"y": [pd.Timestamp(0)], "guess": [1]}, {}, "the target y holds dates"),
        ({"y": ["a", "b"], "guess": ["A", "B"]}, {}, "no prediction of the reference is one"),
        ({"y": ["a", "b", "c"], "guess": ["a"] * 3}, {"task": "binary"}, "has 3 classes, not two"),
        (
            {"y": [1.5], "z": [1]},
            {"task": "regression", "probabilities": "z"},
            "needs a column with the pred",
        ),
        ({"y": [1.5], "guess": [1.0]}, {"task": "ranking"}, "no task 'ranking'"),
        ({"y": [1.5], "guess": [1.0]}, {"prediction": "y"}, "y is named as target and"),
    ],
)
def test_what_cannot_be_is_refused_in_words(before, wanted, message):
    with pytest.raises(BadInput, match=message):
        problem(before, **wanted)


def test_the_side_that_is_wrong_is_named():
    with pytest.raises(BadInput, match="in current"):
        problem({"y": [0, 1], "p": [0, 1]}, {"y": [0, 1], "p": [0, 9]}, probabilities="p")


def test_columns_that_are_not_there():
    frame = {"y": [1.5], "guess": [1.0]}
    with pytest.raises(NotFound, match="no column 'why' in the reference"):
        problem(frame, target="why")
    with pytest.raises(NotFound, match="no column 'gues' in the reference") as caught:
        problem(frame, prediction="gues")
    assert "guess" in caught.value.hint
    with pytest.raises(NotFound, match="no column 'guess' in current"):
        problem(frame, {"y": [1.5]})


def test_a_name_of_two_columns():
    frame = pd.DataFrame([[1.5, 1.0, 1.0]], columns=["y", "guess", "guess"])
    with pytest.raises(BadInput, match="guess is the name of several columns of the reference"):
        problem(frame)


def test_columns_whose_names_are_numbers():
    frame = pd.DataFrame({0: [1.5, 2.5], 1: [1.0, 2.0]})
    assert problem(frame, target="0", prediction="1").task == "regression"
