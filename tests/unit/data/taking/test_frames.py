"""Frames in memory: the same frame is the same version, and comes back as it was."""

from __future__ import annotations

import datetime as dt
import io
import re
import tracemalloc
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from mlops_jupyter import git
from mlops_jupyter.data import path_of, show, snapshot, versions
from mlops_jupyter.data.taking import frames
from mlops_jupyter.errors import BadInput, UsageError

ROWS = 40_000
UTC = dt.UTC


def flights(rows: int = ROWS) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "n": np.arange(rows),
            "delay": np.where(np.arange(rows) % 7, np.arange(rows) / 3, np.nan),
            "from": np.array(["EWR", "JFK", None, "größe"], dtype=object)[np.arange(rows) % 4],
            "when": pd.date_range("2013", periods=rows, freq="min", tz="UTC"),
            "carrier": pd.Categorical.from_codes(np.arange(rows) % 3, ["AA", "B6", "UA"]),
            "late": pd.array(np.arange(rows) % 2 == 0, dtype="boolean"),
            "list": [[1, 2]] * rows,
        }
    )


def _back(ws, version) -> io.BytesIO:
    return io.BytesIO(path_of(ws, version.ref).read_bytes())


INDEXES = {
    "default": pd.RangeIndex(ROWS),
    "range": pd.RangeIndex(5, 5 + 3 * ROWS, 3, name="r"),
    "numbers": pd.Index(np.arange(ROWS) % 11),
    "named as a column": pd.Index(np.arange(ROWS), name="n"),
    "named by a number": pd.Index(np.arange(ROWS) * 1.5, name=7),
    "dates": pd.date_range("2020", periods=ROWS, freq="h", name="day"),
    "levels": pd.MultiIndex.from_arrays([np.arange(ROWS), ["x"] * ROWS], names=["k", None]),
}


@pytest.mark.parametrize("index", INDEXES)
def test_a_pandas_frame_comes_back_as_pandas_itself_would_have_it(ws, index):
    frame = flights().set_index(INDEXES[index])
    before = frame.copy()
    version = snapshot(ws, frame, name="flights", message="as cleaned")
    assert (version.ref, version.path, version.rows) == (
        "data:flights@v1", "data/flights.parquet", ROWS,
    )  # fmt: skip
    assert (version.origin, version.source, version.message) == ("frame", None, "as cleaned")
    written = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a name that is no text
        frame.to_parquet(written)
    assert ("kept as text" in version.note) == (index == "named by a number")
    pd.testing.assert_frame_equal(pd.read_parquet(_back(ws, version)), pd.read_parquet(written))
    pd.testing.assert_frame_equal(frame, before)
    assert not (ws.root / "data" / "flights.parquet").exists()


@pytest.mark.parametrize("columns", [[1, 2], [("a", "x"), ("b", "y")], ["a", 1]])
def test_columns_of_other_names(ws, columns):
    frame = pd.DataFrame([[1, 2], [3, 4]])
    frame.columns = pd.Index(columns)
    version = snapshot(ws, frame, name="f")
    back = pd.read_parquet(_back(ws, version))
    if columns == ["a", 1]:
        assert list(back.columns) == ["a", "1"]
        assert "kept as text" in version.note
    else:
        pd.testing.assert_frame_equal(back, frame)


def test_the_same_frame_makes_no_new_version_whatever_its_layout(ws):
    frame = flights()
    snapshot(ws, frame, name="p")
    assert snapshot(ws, frame.copy(), name="p").unchanged
    assert snapshot(ws, pd.concat([frame[[name]] for name in frame], axis=1), name="p").unchanged
    changed = frame.copy()
    changed.loc[ROWS - 1, "delay"] = 1.0
    assert snapshot(ws, changed, name="p").version == 2
    assert snapshot(ws, frame, name="p").same_as == 1

    table = pa.Table.from_pandas(frame)
    parts = pa.concat_tables([table.slice(0, 3), table.slice(3, 17_000), table.slice(17_003)])
    assert snapshot(ws, table, name="a").rows == ROWS
    assert snapshot(ws, parts, name="a").unchanged

    polars = pl.from_pandas(frame)
    assert snapshot(ws, polars, name="o").rows == ROWS
    assert snapshot(ws, pl.concat([polars[:5], polars[5:]], rechunk=False), name="o").unchanged


def test_a_lazy_frame_is_collected_as_it_is_written(ws, tmp_path):
    flights().drop(columns="list").to_parquet(tmp_path / "x.parquet", row_group_size=999)
    lazy = pl.scan_parquet(tmp_path / "x.parquet").with_columns(twice=pl.col("n") * 2)
    version = snapshot(ws, lazy, name="f")
    assert version.rows == ROWS
    assert snapshot(ws, lazy.collect(), name="f").unchanged
    for _ in range(3):
        assert snapshot(ws, lazy, name="f").unchanged
    with pytest.raises(BadInput, match="LazyFrame cannot be collected"):
        snapshot(ws, lazy.select(pl.col("from").cast(pl.Int64)), name="f")
    assert pl.read_parquet(_back(ws, version)).equals(lazy.collect())


def test_a_polars_frame_comes_back(ws):
    frame = pl.DataFrame(
        {
            "i": [1, 2, None], "s": ["a", None, "c"], "b": [b"x"] * 3, "yes": [True, None, False],
            "d": [dt.date(2013, 1, 1)] * 3, "t": [dt.datetime(2013, 1, 1, tzinfo=UTC)] * 3,
            "took": [dt.timedelta(1)] * 3, "at": [dt.time(1, 2)] * 3,
            "l": [[1], [2, 3], None], "r": [{"a": 1}] * 3,
        }
    ).with_columns(
        cat=pl.col("s").cast(pl.Categorical), enum=pl.col("s").cast(pl.Enum(["a", "c"])),
        none=pl.lit(None), money=pl.col("i").cast(pl.Decimal(10, 2)), u8=pl.col("i").cast(pl.UInt8),
    )  # fmt: skip
    back = pl.read_parquet(_back(ws, snapshot(ws, frame, name="f")))
    assert back.schema == frame.schema
    assert back.equals(frame)


@pytest.mark.parametrize(
    "empty",
    [flights(0), pl.from_pandas(flights(0)), pa.Table.from_pandas(flights(0))],
    ids=["pandas", "polars", "arrow"],
)
def test_a_frame_without_rows_is_a_version(ws, empty):
    assert snapshot(ws, empty, name="none").rows == 0


MIXED = pa.table({"ok": [1], "gap": pa.array([(1, 2, 3)], pa.month_day_nano_interval())})


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pd.DataFrame({"ok": [1, 2], "mix": [1, "a"]}), "column 'mix' .* (int, str)"),
        (pd.DataFrame({"c": [1 + 2j]}), "column 'c'"),
        (pd.DataFrame({"huge": [10**30]}), "column 'huge'"),
        (pd.DataFrame({"o": [object()]}), "column 'o'"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "Duplicate column names"),
        (pd.DataFrame(), "no columns"),
        (pl.DataFrame({"o": [object()]}), "column 'o' holds Python objects"),
        (MIXED, "column 'gap' is month_day_nano_interval"),
        (pd.Series([1]), "pandas"),
        (pl.Series([1]), "polars"),
        (np.zeros(3), "numpy.ndarray"),
        ({"a": [1]}, "dict"),
        (None, "NoneType"),
    ],
)
def test_what_cannot_be_parquet_is_refused_and_named(ws, frame, said):
    with pytest.raises(BadInput) as error:
        snapshot(ws, frame, name="f")
    pattern = said.replace("(", r"\(").replace(")", r"\)")
    assert re.search(pattern, error.value.message), error.value.message
    assert error.value.hint
    assert git.run(ws.root, "tag") == ""
    assert [p for p in (ws.root / ".dvc" / "cache").rglob("*") if p.is_file()] == []


def test_a_frame_needs_a_name_that_can_be_a_place(ws):
    with pytest.raises(UsageError) as error:
        snapshot(ws, flights(3))
    assert "--name" in error.value.hint
    assert snapshot(ws, flights(3), name="raw/flights 2013").path == "data/raw/flights 2013.parquet"
    for name in ("../out", "a/../../../out", ".git/x", "x/.dvc/y", "..", "/"):
        with pytest.raises(BadInput):
            snapshot(ws, flights(3), name=name)


def test_where_data_is_a_link_to_elsewhere_the_place_is_the_workspace(ws, tmp_path):
    (ws.root / "data" / "x.csv").unlink()
    (ws.root / "data").rmdir()
    (tmp_path / "disk").mkdir()
    (ws.root / "data").symlink_to(tmp_path / "disk")
    assert snapshot(ws, flights(3), name="f").path == "f.parquet"


def test_memory_stays_below_the_frame(ws):
    frame = pd.DataFrame({f"c{n}": np.random.default_rng(n).random(400_000) for n in range(20)})
    snapshot(ws, flights(3), name="warm")
    allocated = pa.default_memory_pool()
    before = allocated.bytes_allocated()
    seen = []
    tracemalloc.start()
    snapshot(ws, frame, name="f", events=lambda _: seen.append(allocated.bytes_allocated()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    size = frame.memory_usage().sum()  # 64 MB; a row group is as much, twice
    assert peak < size / 2
    assert max(seen) - before < 2.5 * frames._GROUP_BYTES


def test_nothing_is_expected_where_a_checkout_would_put_a_frame(ws):
    version = snapshot(ws, flights(10), name="late")
    place = ws.root / "data" / "late.parquet"
    assert version.to_text().endswith("from a frame in memory; a checkout writes data/late.parquet")

    def said() -> str:
        listed, details = versions(ws, "late"), show(ws, "late")
        assert listed.versions[0].file_now == details.version.file_now
        return f"{listed.to_text()}{listed.to_html()}{details.to_text().partition('column')[0]}"

    assert not re.search("missing|file now:", said())
    place.write_bytes(b"something of the user's")
    assert not re.search("changed|file now:", said())
    assert "(a frame)" in said()
    place.write_bytes(path_of(ws, "late").read_bytes())
    assert "file now: same" in said()
    assert "(a frame)" not in said()
