"""Tables that are odd, and files that are none."""

from __future__ import annotations

import datetime as dt
import decimal
import math

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest


def written(tmp_path, table, name="t.parquet"):
    pq.write_table(table if isinstance(table, pa.Table) else pa.table(table), tmp_path / name)
    return tmp_path / name


def csv(tmp_path, content, name="t.csv"):
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return tmp_path / name


def test_no_rows(profiled, tmp_path):
    table = {"x": pa.array([], pa.float64()), "t": pa.array([], pa.string())}
    profile = profiled(written(tmp_path, table))
    assert profile.rows == 0
    assert [(c.name, c.distinct, c.quantiles, c.top) for c in profile.columns] == [
        ("x", 0, (), ()),
        ("t", 0, (), ()),
    ]


def test_nothing_but_missing(columns, tmp_path):
    kinds = {"n": pa.null(), "f": pa.float64(), "t": pa.string(), "d": pa.timestamp("us")}
    table = {name: pa.array([None, None], kind) for name, kind in kinds.items()}
    for column in columns(written(tmp_path, table)).values():
        assert column.missing == 2
        assert column.minimum is column.mean is column.histogram is None


def test_one_constant(columns, tmp_path):
    found = columns(written(tmp_path, {"x": [4.5, 4.5, 4.5], "n": [7, 7, 7], "t": ["a"] * 3}))
    assert (found["x"].minimum, found["x"].mean, found["x"].sd) == (4.5, 4.5, 0.0)
    assert found["x"].histogram.counts == (3,)
    assert found["n"].histogram.counts == (3,)
    assert found["t"].top[0].count == 3


def test_numbers_too_large_for_sums_of_squares(columns, tmp_path):
    found = columns(written(tmp_path, {"x": [1e300, -1e300, 1.0], "y": [5e-324, 1e-310, 0.0]}))
    assert (found["x"].minimum, found["x"].maximum) == (-1e300, 1e300)
    assert found["x"].mean is found["x"].sd is found["x"].histogram is None
    assert found["y"].maximum == 1e-310


def test_integers_beyond_what_floats_hold(columns, tmp_path):
    big = 2**63 - 1
    found = columns(
        written(tmp_path, {"n": [big, big - 1], "u": pa.array([2**64 - 1, 0], "uint64")})
    )
    assert (found["n"].minimum, found["n"].maximum) == (big - 1, big)
    assert found["u"].maximum == 2**64 - 1
    assert found["n"].distinct == 2


def test_moments(columns, tmp_path):
    zone = pd.to_datetime(["2013-01-01 12:00", "2013-07-01 12:00"]).tz_localize("Europe/Berlin")
    frame = pd.DataFrame({"zoned": zone, "time": [dt.time(5), dt.time(17)]})
    frame["far"] = pa.array([1, 2]).to_pandas()
    table = pa.Table.from_pandas(frame).set_column(
        2, "far", pa.array([-(10**14), 10**15], pa.timestamp("ms"))
    )
    found = columns(written(tmp_path, table))
    assert found["zoned"].minimum == "2013-01-01 11:00:00+00"
    assert found["zoned"].maximum == "2013-07-01 10:00:00+00"
    assert found["time"].minimum == "05:00:00"
    assert found["time"].quantile(0.5) == 11 * 3600
    assert found["far"].maximum.startswith("33658-")  # Python has no such year
    assert sum(found["far"].histogram.counts) == 2


def test_decimals_lists_structs_maps_and_bytes(columns, tmp_path):
    table = pa.table(
        {
            "price": [decimal.Decimal("1.10"), decimal.Decimal("2.20"), None],
            "list": [[1, 2, 3], [], None],
            "struct": [{"a": 1}, {"a": None}, None],
            "map": pa.array([[("k", 1)], [], None], pa.map_(pa.string(), pa.int64())),
            "bytes": [b"\x00\xff", b"", None],
            "word": pa.array(["b", "a", None]).dictionary_encode(),
        }
    )
    found = columns(written(tmp_path, table))
    assert (found["price"].minimum, found["price"].mean) == (1.1, pytest.approx(1.65))
    assert (found["list"].lengths.shortest, found["list"].lengths.longest) == (0, 3)
    assert {name: column.missing for name, column in found.items()} == dict.fromkeys(found, 1)
    assert {found["struct"].kind, found["map"].kind} == {"nested"}
    assert found["bytes"].lengths.longest == 2
    assert (found["word"].minimum, found["word"].distinct) == ("a", 2)


def test_names_and_values_of_any_kind(columns, tmp_path):
    names = ["<b>", 'quo"te', "it's", "naïve 日本", " ", "a;DROP TABLE x--", "select"]
    table = pa.table([["<script>", "é" * 5000]] * len(names), names=names)
    found = columns(written(tmp_path, table))
    assert list(found) == names
    assert {column.maximum for column in found.values()} == {"é" * 200}
    assert found["<b>"].lengths.longest == 5000


def test_csv_with_one_name_twice(columns, tmp_path):
    found = columns(csv(tmp_path, "a,a,b\n1,x,2\n3,y,4\n"))
    assert [column.kind for column in found.values()] == ["integer", "text", "integer"]


def test_csv_whose_types_change_late(columns, tmp_path):
    found = columns(csv(tmp_path, "a,b\n" + "1,2\n" * 50_000 + "x,3\n"))
    assert found["a"].kind == "text"
    assert found["a"].distinct == 2
    assert found["b"].kind == "integer"


def test_json_lines_and_several_files(columns, tmp_path):
    found = columns(csv(tmp_path, '{"a": 1, "b": [1]}\n{"a": 2}\n', "t.jsonl"))
    assert (found["a"].maximum, found["b"].missing) == (2, 1)
    found = columns(
        written(tmp_path, {"x": [1.0]}, "1.parquet"), written(tmp_path, {"x": [3.0]}, "2.parquet")
    )
    assert found["x"].mean == 2.0


def test_feather(columns, tmp_path):
    frame = pd.DataFrame({"x": np.arange(10.0)})
    frame.to_feather(tmp_path / "t.feather")
    assert columns(tmp_path / "t.feather")["x"].mean == 4.5


def test_hundreds_of_columns(profiled, tmp_path):
    table = pa.table({f"c{n}": [n, n + 1, None] for n in range(300)})
    profile = profiled(written(tmp_path, table))
    assert [column.minimum for column in profile.columns] == list(range(300))


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("t.csv", b"", "0 bytes"),
        ("t.parquet", b"no Parquet at all", "t.parquet"),
        ("t.csv", "name,n\nm\xfcller,1\n".encode("latin-1"), "utf-8"),
        ("t.json", b'{"a": [1, 2', "t.json"),
        ("t.feather", b"feathers", "t.feather"),
        ("t.csv.gz", b"not zipped", ""),
    ],
)
def test_what_is_no_table_says_why(profiled, tmp_path, name, content, told):
    profile = profiled(csv(tmp_path, content, name))
    assert profile.rows is None
    assert profile.problem
    assert told in profile.problem
    assert str(tmp_path) not in profile.problem
    assert "müller" not in profile.problem


def test_files_of_no_table_are_counted_by_suffix(profiled, tmp_path):
    files = [csv(tmp_path, b"x" * n, f"{n}{suffix}") for n in (1, 2) for suffix in (".PNG", ".txt")]
    profile = profiled(*files)
    assert not profile.problem
    assert profile.format == ""
    assert [(part.suffix, part.files, part.size) for part in profile.parts] == [
        (".png", 2, 3),
        (".txt", 2, 3),
    ]


def test_values_that_must_not_be_told_are_not_there(columns, tmp_path):
    file = written(tmp_path, {"who": ["ann", "ann", "bob"], "x": [1, 1, 2], "b": [True] * 3})
    kept = columns(file)
    assert kept["who"].top[0].value == kept["who"].minimum == "ann"
    left_out = columns(file, values=False)
    assert {column.top for column in left_out.values()} == {()}
    assert left_out["who"].minimum is left_out["who"].maximum is None
    assert left_out["who"].distinct == 2
    assert left_out["x"].maximum == 2


def test_what_never_comes_twice_has_no_frequent_values(columns, tmp_path):
    found = columns(written(tmp_path, {"id": [f"u{n}" for n in range(100)]}))
    assert found["id"].distinct == 100
    assert found["id"].top == ()


def test_nan_is_not_missing(columns, tmp_path):
    x = columns(written(tmp_path, {"x": [math.nan, 1.0, None, math.inf]}))["x"]
    assert (x.missing, x.not_a_number, x.infinite, x.distinct, x.mean) == (1, 1, 1, 1, 1.0)
