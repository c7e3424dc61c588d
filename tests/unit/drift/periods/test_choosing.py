"""What periods are meant, by a unit or a column, and what is said where that is not clear."""

from __future__ import annotations

import pandas as pd
import pytest

from mlops_jupyter.drift.periods import chosen, cut_up
from mlops_jupyter.drift.sides import read
from mlops_jupyter.drift.sides.live import of_object
from mlops_jupyter.errors import BadInput, NotFound
from mlops_jupyter.settings import Settings
from mlops_jupyter.workspace import Workspace

DAYS = ["2013-07-01", "2013-07-02", None]


def side(**columns):
    return of_object(pd.DataFrame(columns), "current")


DATES = pd.to_datetime(DAYS)


@pytest.mark.parametrize(
    ("columns", "by", "time", "wanted"),
    [
        ({"at": DATES, "x": [1, 2, 3]}, "month", None, ("month", ("at",))),
        ({"at": DATES, "x": [1, 2, 3]}, "Week", None, ("week", ("at",))),
        ({"at": DAYS, "x": ["a", "b", "c"]}, "day", None, ("day", ("at",))),
        ({"at": ["2013-07-01T10:00Z", "2013-07-01 11:00", None]}, "day", None, ("day", ("at",))),
        ({"at": ["2013-07", "2013-08", "2013-09"]}, "month", None, ("month", ("at",))),
        ({"year": [2013], "month": [7], "day": [1]}, "month", None, ("month", ("year", "month"))),
        (
            {"Day": [1], "Month": [7], "Year": [2013]},
            "week",
            None,
            ("week", ("Year", "Month", "Day")),
        ),
        ({"year": [2013], "month": [7]}, "column:month", None, (None, ("month",))),
        ({"month": [7], "x": [1]}, "month", None, (None, ("month",))),
        (
            {"carrier": ["UA"], "at": pd.to_datetime(["2013"])},
            "carrier",
            None,
            (None, ("carrier",)),
        ),
        ({"at": DATES, "then": DATES}, "month", "then", ("month", ("then",))),
        ({"y": [2013], "m": [7]}, "month", "y, m", ("month", ("y", "m"))),
        ({"a,b": DATES}, "month", "a,b", ("month", ("a,b",))),
        ({"y": [2013], "m": [7], "d": [1]}, "month", "y,m,d", ("month", ("y", "m"))),
        ({"year": [2013]}, "year", None, ("year", ("year",))),
        # Dates before their parts, and these before text.
        ({"at": DATES, "year": [1] * 3, "month": [1] * 3}, "month", None, ("month", ("at",))),
        (
            {"at": DAYS, "year": [1] * 3, "month": [1] * 3},
            "month",
            None,
            ("month", ("year", "month")),
        ),
    ],
)
def test_unit_and_columns(columns, by, time, wanted):
    found = chosen(side(**columns), by, time)
    assert (found.unit, found.columns) == wanted


def test_where_a_unit_is_also_a_column_that_is_said():
    both = side(at=DATES, month=[7, 7, 8])
    assert chosen(both, "month").notes == (
        "by the unit month of at; column:month takes the column's values",
    )
    assert chosen(both, "column:month").columns == ("month",)
    assert chosen(side(month=[7, 8]), "month").notes == (
        "no column says when: each value of the column month is a period",
    )


@pytest.mark.parametrize(
    ("columns", "by", "time", "error", "said"),
    [
        ({"at": DATES}, "moth", None, NotFound, "did you mean 'month'?"),
        ({"carrier": ["UA"]}, "carier", None, NotFound, "did you mean 'carrier'?"),
        ({"carrier": ["UA"]}, "column:carier", None, NotFound, "did you mean 'carrier'?"),
        ({"carrier": ["UA"], "at": ["2013-07-01"]}, "carrier", "at", BadInput, "says nothing"),
        ({"at": DATES, "then": DATES}, "month", None, BadInput, "could be the time: at, then"),
        ({"x": [1.5], "y": ["no date"]}, "month", None, BadInput, "says when"),
        ({"x": [1.5]}, "month", "then", NotFound, "no column 'then'"),
        ({"y": [2013], "m": [7]}, "day", "y,m", BadInput, "year, month, day, in this order"),
    ],
)
def test_what_is_not_clear_is_said_with_what_to_do(columns, by, time, error, said):
    with pytest.raises(error) as caught:
        chosen(side(**columns), by, time)
    assert said in f"{caught.value} {caught.value.hint}"


def test_a_column_whose_name_is_there_twice_is_refused():
    twice = pd.DataFrame([[1, "a", "b"]], columns=["x", "carrier", "carrier"])
    with pytest.raises(BadInput, match="several columns"):
        chosen(of_object(twice, "current"), "column:carrier")


def test_a_table_of_a_database_is_looked_at_as_well():
    import ibis

    table = ibis.memtable(pd.DataFrame({"at": DATES, "x": [1, 2, 3]}))
    assert chosen(of_object(table, "current"), "month").columns == ("at",)


def test_a_file_is_looked_at_as_well_and_keeps_its_zone(tmp_path):
    times = pd.Series(
        pd.to_datetime(["2013-06-30T22:30Z", "2013-07-02"], utc=True, format="ISO8601")
    )
    frame = pd.DataFrame({"x": [1, 2], "at": times.dt.tz_convert("Europe/Berlin"), "y": [0.5, 1.5]})
    frame.to_parquet(tmp_path / "days.parquet")
    source = read(Workspace(tmp_path, Settings()), tmp_path / "days.parquet", "current")
    cut = chosen(source, "day")
    assert cut.columns == ("at",)
    found = cut_up(source.frame(cut.columns), cut)
    assert (found.labels, found.zone) == (["2013-07-01", "2013-07-02"], "Europe/Berlin")


def test_a_column_that_begins_with_many_gaps():
    days = [None] * 30_000 + ["2013-07-01"]
    assert chosen(side(at=days), "day").columns == ("at",)
