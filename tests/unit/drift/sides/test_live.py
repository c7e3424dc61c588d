"""Frames of each library, and tables of databases, as sides."""

from __future__ import annotations

import datetime as dt

import duckdb
import ibis
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from mlops_jupyter.drift.sides import read
from mlops_jupyter.errors import BadInput, NotFound

COLUMNS = {
    "late": [1.5, None, -3.0, 4.0],
    "carrier": ["UA", "B6", None, "UA"],
    "seats": [100, 120, 100, 90],
    "at": [dt.datetime(2024, 7, day, 12) for day in range(1, 5)],  # noqa: DTZ001 - without a zone
    "fine": [True, False, True, True],
}


def table():
    """A table of a user's own database."""
    connection = duckdb.connect()
    frame = pa.table(COLUMNS)
    connection.register("given", frame)
    connection.execute("CREATE TABLE flights AS SELECT * FROM given")
    return ibis.duckdb.from_connection(connection).table("flights")


KINDS = {
    "DataFrame": lambda: pd.DataFrame(COLUMNS),
    "polars": lambda: pl.DataFrame(COLUMNS),
    "LazyFrame": lambda: pl.DataFrame(COLUMNS).lazy(),
    "Table": lambda: pa.table(COLUMNS),
    "RecordBatch": lambda: pa.RecordBatch.from_pydict(COLUMNS),
    "memtable": lambda: ibis.memtable(pa.table(COLUMNS)),
    "database": table,
    "expression": lambda: table().filter(lambda t: t.seats > 0),
    "relation": lambda: duckdb.from_arrow(pa.table(COLUMNS)),
}


@pytest.fixture(params=list(KINDS))
def source(request, folder):
    return read(folder, KINDS[request.param](), "current")


def test_each_kind_of_table_has_the_same_columns(source):
    assert source.rows == 4
    assert source.names == list(COLUMNS)
    frame = source.frame(list(COLUMNS))
    assert frame["late"].tolist()[2:] == [-3.0, 4.0]
    assert frame["late"].isna().tolist() == [False, True, False, False]
    assert frame["carrier"].isna().tolist() == [False, False, True, False]
    assert frame["carrier"].dropna().tolist() == ["UA", "B6", "UA"]
    assert frame["seats"].tolist() == COLUMNS["seats"]
    assert frame["at"].tolist() == [pd.Timestamp(time) for time in COLUMNS["at"]]
    assert frame["fine"].tolist() == COLUMNS["fine"]
    assert source.reference is None


def test_rows_are_drawn_whole_and_again(source):
    frames = [source.frame(["seats", "at"], limit=2, seed=seed) for seed in (1, 1, 2, 3, 4)]
    assert all(len(frame) == 2 for frame in frames)
    assert frames[0].equals(frames[1])
    assert any(not frames[0].equals(other) for other in frames[2:])
    known = set(zip(COLUMNS["seats"], map(pd.Timestamp, COLUMNS["at"]), strict=True))
    assert set(frames[0].itertuples(index=False, name=None)) <= known


def test_many_rows_of_a_database_are_drawn_batch_by_batch(folder):
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t AS SELECT range AS x, range * 2 AS y FROM range(350000)")
    source = read(folder, ibis.duckdb.from_connection(connection).table("t"), "current")
    frame = source.frame(["x", "y"], limit=1000, seed=3)
    assert len(frame) == 1000
    assert (frame["y"] == 2 * frame["x"]).all()
    assert frame["x"].is_monotonic_increasing
    assert frame["x"].max() > 300_000
    assert source.rows == 350_000  # nothing of the connection is left open


def test_a_column_that_is_not_there_or_there_twice(folder):
    frame = pd.DataFrame([[1, 2]], columns=["x", "x"])
    source = read(folder, frame, "reference")
    with pytest.raises(NotFound, match="the reference, DataFrame, has no column 'y'"):
        source.frame(["y"])
    with pytest.raises(BadInput, match="x is the name of several columns"):
        source.frame(["x"])


@pytest.mark.parametrize(
    "thing",
    [
        pl.Series([1, 2]),
        pa.array([1, 2]),
        pd.Series([1, 2]),
        np.zeros(3),
        ibis.memtable({"x": [1]}).x,
    ],
)
def test_a_single_column_is_no_table(folder, thing):
    with pytest.raises(BadInput, match="not a table"):
        read(folder, thing, "current")


def test_values_of_every_type_come_as_they_are_or_as_a_placeholder(folder):
    columns = {
        "list": pa.array([[1], None]),
        "struct": pa.array([{"a": 1}, None]),
        "bytes": pa.array([b"\xff", None]),
        "decimal": pa.array([1, None], pa.decimal128(5, 2)),
        "dictionary": pa.array(["a", None]).dictionary_encode(),
        "date": pa.array([dt.date(2024, 1, 1), None]),
        "time": pa.array([dt.time(1), None]),
        "duration": pa.array([dt.timedelta(1), None]),
        "null": pa.nulls(2),
        "half": pa.array([np.float16(1), None], pa.float16()),
        "zoned": pa.array([dt.datetime(2024, 1, 1, tzinfo=dt.UTC), None]),
        "large": pa.array(["a", None], pa.large_string()),
        "view": pa.array(["a", None], pa.string_view()),
    }
    source = read(folder, pa.table(columns), "current")
    frame = source.frame(source.names)
    for name in set(columns) - {"null"}:
        assert frame[name].isna().tolist() == [False, True], name
    assert frame["null"].isna().all()


def test_names_that_are_no_text_and_texts_that_are_no_unicode(folder):
    frame = pd.DataFrame({1: [1], ("a", 2): [2], "\ud800": ["\udfff"], "größe 🛫": [3]})
    source = read(folder, frame, "current")
    assert source.names == ["1", "('a', 2)", "?", "größe 🛫"]
    assert source.frame(["1", "größe 🛫"]).iloc[0].tolist() == [1, 3]
