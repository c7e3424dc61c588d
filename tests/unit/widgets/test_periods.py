"""The periods that the explorer offers."""

import pandas as pd
import pytest

import mlops_jupyter as mlops
from mlops_jupyter.drift.sides import read
from mlops_jupyter.errors import BadInput, NotFound
from mlops_jupyter.widgets.periods import periods_of

TABLE = pd.DataFrame(
    {
        "at": pd.to_datetime(["2013-01-05", "2013-03-02", "2013-01-20", None]),
        "kind": ["b", "a", "b", "b"],
        "x": [1, 2, 3, 4],
    }
)


def test_units_of_time_have_gaps_and_leave_out_rows_without_one(workspace):
    after = read(workspace, TABLE, "current")
    found = periods_of(after, "month", None)
    assert [(each.label, each.rows) for each in found] == [
        ("2013-01", 2), ("2013-02", 0), ("2013-03", 1),
    ]  # fmt: skip
    assert [each.taken().frame(["x"])["x"].tolist() for each in found] == [[1, 3], [], [2]]


def test_values_of_a_column_are_periods_in_memory_and_in_a_database(workspace):
    import ibis

    for table in (TABLE, ibis.memtable(TABLE)):
        found = periods_of(read(workspace, table, "current"), "kind", None)
        assert [(each.label, each.rows, each.taken().rows) for each in found] == [
            ("a", 1, 1), ("b", 3, 3),
        ]  # fmt: skip


def test_a_unit_of_time_is_refused_for_a_database_with_the_way_out(workspace):
    import ibis

    after = read(workspace, ibis.memtable(TABLE), "current")
    with pytest.raises(BadInput, match="not by month") as refused:
        periods_of(after, "month", None)
    assert "column of the query" in refused.value.hint


def test_what_is_neither_unit_nor_column_is_named(workspace):
    with pytest.raises(NotFound, match="kidn"):
        mlops.explore(TABLE, TABLE, columns=["x", "kind"], by="kidn")
