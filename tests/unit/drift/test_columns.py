"""Every column is a pair or a finding."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from mlops_jupyter.drift.columns import pairs
from mlops_jupyter.drift.memory.plain import plain
from mlops_jupyter.drift.memory.tables import FrameColumns, MemoryTables
from mlops_jupyter.drift.pairs import Both
from mlops_jupyter.drift.report import Finding
from mlops_jupyter.errors import BadInput, NotFound


def split(reference, current, wanted=None):
    sides = Both(pd.DataFrame(reference), pd.DataFrame(current)).map(FrameColumns)
    items = list(pairs(MemoryTables(sides), wanted))
    found = {item.column: item for item in items if not isinstance(item, Finding)}
    return found, [(f.kind, f.column) for f in items if isinstance(f, Finding)]


def test_columns_of_one_side_are_findings():
    found, findings = split({"a": [1], "b": [1]}, {"a": [1], "c": [1]})
    assert list(found) == ["a"]
    assert findings == [("only_in_reference", "b"), ("only_in_current", "c")]


def test_missing_values_are_left_out_and_counted():
    found, findings = split({"a": [1.0, None, 3.0]}, {"a": [1.0, 2.0]})
    assert found["a"].series().reference.tolist() == [1.0, 3.0]
    assert tuple(found["a"].rows) == (3, 2)
    assert findings == []


def test_infinities_are_left_out_and_said():
    found, findings = split({"a": [1.0, np.inf, -np.inf]}, {"a": [1.0, 2.0]})
    assert found["a"].series().reference.tolist() == [1.0]
    assert findings == [("infinities", "a")]


@pytest.mark.parametrize("empty", [[None, None], [np.nan, np.nan], [np.inf, -np.inf]])
def test_a_column_without_values_is_not_compared(empty):
    found, findings = split({"a": empty, "b": [1, 2]}, {"a": [1.0, 2.0], "b": [1, 2]})
    assert list(found) == ["b"]
    assert ("all_missing", "a") in findings


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([1, 2], ["1", "2"]),
        ([True, False], [1, 0]),
        (pd.Categorical(["a", "b"]), [1, 2]),
    ],
)
def test_a_changed_type_is_said_not_compared(before, after):
    for sides in ((before, after), (after, before)):
        found, findings = split({"a": sides[0]}, {"a": sides[1]})
        assert not found
        assert findings == [("type_changed", "a")]


def test_dates_that_are_text_on_one_side_are_said_as_such():
    written = ["2013-01-01", "2013-01-02"]
    for sides in ((written, pd.to_datetime(written)), (pd.to_datetime(written), written)):
        found, findings = split({"a": sides[0]}, {"a": sides[1]})
        assert not found
        assert findings == [("dates_as_text", "a")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([1, 2], [1.5, 2.5]),
        (pd.Categorical(["a", "b"]), ["a", "b"]),
        (pd.array([1, None], dtype="Int64"), np.array([1, 2], dtype="uint8")),
        (pd.array(["a", "b"], dtype="string"), ["a", "b"]),
    ],
)
def test_other_types_of_the_same_kind_are_compared(before, after):
    found, findings = split({"a": before}, {"a": after})
    assert list(found) == ["a"]
    assert findings == []


@pytest.mark.parametrize("values", [["a", 1], [[1], [2]], [{}, {}]])
def test_values_of_several_kinds_are_not_compared(values):
    found, findings = split({"a": values}, {"a": values})
    assert not found
    assert findings == [("not_compared", "a")]


def test_a_name_that_stands_twice_is_not_compared():
    twice = pd.DataFrame([[1, 2, 3]], columns=["a", "a", "b"])
    found, findings = split(twice, twice)
    assert list(found) == ["b"]
    assert findings == [("duplicate_name", "a")]


def test_names_that_are_no_text():
    found, _ = split({0: [1], ("x", 1): [2], "\ud800": [3]}, {0: [1], ("x", 1): [2], "\ud800": [3]})
    assert list(found) == ["0", "('x', 1)", "?"]


def test_no_common_column():
    found, findings = split({"a": [1]}, {"b": [1]})
    assert not found
    assert findings == [("only_in_reference", "a"), ("only_in_current", "b")]


def test_wanted_columns():
    found, findings = split({"a": [1], "b": [1], "c": [1]}, {"a": [1], "b": [1]}, ["b", "c"])
    assert list(found) == ["b"]
    assert findings == [("only_in_reference", "c")]


def test_an_unknown_wanted_column_gets_a_guess():
    with pytest.raises(NotFound, match="no column 'dep_dela'") as raised:
        split({"dep_delay": [1]}, {"dep_delay": [1]}, ["dep_dela"])
    assert raised.value.hint == "did you mean 'dep_delay'?"


@pytest.mark.parametrize(("wanted", "says"), [([], "no column is asked"), (["a", "a"], "twice")])
def test_a_choice_of_columns_that_is_none(wanted, says):
    with pytest.raises(BadInput, match=says):
        split({"a": [1]}, {"a": [1]}, wanted)


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (np.array([1, 2], dtype="uint8"), "int64"),
        (np.array([1, 2**64 - 1], dtype="uint64"), "float64"),
        (pd.array([1, 2], dtype="Int64"), "int64"),
        (pd.array([1, None], dtype="Int64"), "float64"),
        (pd.array([1.5, None], dtype="Float32"), "float64"),
        (pd.array([True, None], dtype="boolean"), "category"),
        ([True, None], "category"),
        ([Decimal("1.5"), None], "float64"),
        ([1, None, 2.5], "float64"),
        (pd.array(["a"], dtype="string"), "string"),
    ],
)
def test_plain_types(values, dtype):
    column = pd.Series(values)
    assert plain(column).dtype.name == dtype
    assert plain(column).isna().tolist() == column.isna().tolist()


@pytest.mark.parametrize("values", [[1, 2], [1.5, 2], ["a", "b"], [True, False]])
def test_what_is_plain_is_not_copied(values):
    column = pd.Series(values)
    assert plain(column) is column


def test_arrow_types_are_made_plain():
    import pyarrow as pa

    table = pa.table(
        {
            "n": pa.array([1, None], pa.uint16()),
            "s": ["a", "b"],
            "t": [True, None],
            "d": [Decimal("1.50"), Decimal("2.50")],
            "w": [dt.datetime(2013, 1, 1, tzinfo=dt.UTC)] * 2,
        }
    )
    frame = table.to_pandas(types_mapper=pd.ArrowDtype)
    found, findings = split(frame, table.to_pandas())
    assert sorted(found) == ["d", "n", "s", "t", "w"]
    assert findings == []
    assert plain(frame["s"]).dtype.name == "string"
    assert plain(frame["n"]).dtype.name == "float64"
