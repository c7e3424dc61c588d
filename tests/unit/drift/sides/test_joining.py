"""Where two sides are compared: in memory, or in databases; the answer is the same."""

from __future__ import annotations

import duckdb
import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from mlops_jupyter.drift.judging import How, all_judged
from mlops_jupyter.drift.pairs import Both
from mlops_jupyter.drift.sides import read, sizes, tables_of

HERE = How(engine="columnar")


def flights(rows, seed):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "late": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(seed, 10, rows)),
            "seats": rng.integers(0, 300, rows),
            "wings": rng.integers(2, 5, rows),
            "carrier": rng.choice(["UA", "B6", "EV"], rows),
            "tail": pd.Series(rng.choice(["N1", "N2"], rows)).where(rng.random(rows) < 0.8),
            "night": rng.random(rows) < 0.3,
            "wind": np.where(rng.random(rows) < 0.05, np.inf, rng.exponential(3, rows)),
            "at": pd.Timestamp("2024-07-01") + pd.to_timedelta(rng.integers(0, 900, rows), "h"),
            "none": [None] * rows,
            "one": ["x"] * rows,
        }
    )


@pytest.fixture
def small(monkeypatch):
    """A machine without free memory."""
    monkeypatch.setattr(sizes, "free", lambda: 0)


@pytest.fixture
def files(folder):
    for name, rows, seed in (("june", 900, 1), ("july", 1100, 2)):
        flights(rows, seed).to_parquet(f"{name}.parquet", index=False)
    return folder


def judged(tables):
    found = all_judged(tables, HERE)
    return (
        {column.column: column for column in found.columns},
        {(finding.kind, finding.column) for finding in found.findings},
    )


def same(one, other):
    assert one[0].keys() == other[0].keys()
    assert one[1] == other[1]
    for name, column in one[0].items():
        twin = other[0][name]
        assert (column.type, column.method, column.drifted) == (
            (twin.type, twin.method, twin.drifted)
        )
        assert twin.score == pytest.approx(column.score, rel=1e-6, abs=1e-12), name
        assert twin.reference.count == column.reference.count, name


def sides(workspace, before="june.parquet", after="july.parquet"):
    return read(workspace, before, "reference"), read(workspace, after, "current")


def test_files_are_compared_in_memory_where_there_is_some(files):
    tables = tables_of(*sides(files))
    assert tables.backend == "in memory"
    assert tables.rows == Both(900, 1100)


def test_files_that_do_not_fit_are_compared_by_duckdb_with_the_same_answer(files, small):
    tables = tables_of(*sides(files))
    assert tables.backend == "DuckDB"
    assert tables.rows == Both(900, 1100)
    before, after = flights(900, 1), flights(1100, 2)
    same(judged(tables_of(*sides(files, before, after))), judged(tables))


def test_a_frame_goes_to_a_large_file(files, small):
    tables = tables_of(*sides(files, flights(900, 1)))
    assert tables.backend == "DuckDB"
    same(judged(tables_of(*sides(files, flights(900, 1), flights(1100, 2)))), judged(tables))


def test_frames_stay_in_memory_however_large_they_are(files, small):
    tables = tables_of(*sides(files, flights(900, 1), flights(1100, 2)))
    assert tables.backend == "in memory"


def test_a_folder_with_columns_in_its_names_keeps_them(folder, small):
    for month in (1, 2):
        (folder.root / "year" / f"month={month}").mkdir(parents=True)
        flights(400, month).to_parquet(f"year/month={month}/a.parquet", index=False)
    tables = tables_of(*sides(folder, "year", "year"))
    assert tables.backend == "DuckDB"
    assert tables.pair("month").frequencies().counts.current.tolist() == [400, 400]


def test_files_whose_columns_differ_are_joined_by_name(folder, small):
    (folder.root / "year").mkdir()
    flights(400, 1).drop(columns="wings").to_parquet("year/a.parquet", index=False)
    flights(400, 2).to_parquet("year/b.parquet", index=False)
    tables = tables_of(*sides(folder, "year", "year"))
    assert tables.backend == "DuckDB"
    assert tables.pair("wings").count == Both(400, 400)
    assert tables.rows == Both(800, 800)


def test_the_index_of_a_frame_is_no_column_in_duckdb_either(folder, small):
    flights(100, 1).set_index("carrier").to_parquet("a.parquet")
    tables = tables_of(*sides(folder, "a.parquet", "a.parquet"))
    assert tables.backend == "DuckDB"
    assert "carrier" not in tables.names.reference


def test_a_name_that_is_there_twice_stays_in_memory(folder, small):
    feather.write_feather(pa.table([[1] * 40, [2] * 40], names=["x", "x"]), "a.feather")
    tables = tables_of(*sides(folder, "a.feather", "a.feather"))
    assert tables.backend == "in memory"
    assert tables.names.reference == ["x", "x"]


def test_names_that_differ_in_case_alone(folder, small):
    parquet.write_table(pa.table({"x": range(50), "X": ["a"] * 50}), "a.parquet")
    tables = tables_of(*sides(folder, "a.parquet", "a.parquet"))
    found, _ = judged(tables)
    assert found["x"].type == "numeric"
    assert found["X"].type == "categorical"


def test_queries_and_tables_stay_in_their_database(files):
    queries = [f"SELECT * FROM '{name}.parquet'" for name in ("june", "july")]
    tables = tables_of(*sides(files, *queries))
    assert tables.backend == "DuckDB"
    same(judged(tables_of(*sides(files))), judged(tables))


def test_a_query_and_a_frame_meet_in_memory(files):
    tables = tables_of(*sides(files, "SELECT * FROM 'june.parquet'", flights(1100, 2)))
    assert tables.backend == "in memory"
    same(judged(tables_of(*sides(files))), judged(tables))


def test_a_query_and_a_frame_meet_in_duckdb_where_they_do_not_fit(files, small):
    tables = tables_of(*sides(files, "SELECT * FROM 'june.parquet'", flights(1100, 2)))
    assert tables.backend == "DuckDB"
    same(judged(tables_of(*sides(files))), judged(tables))


def test_two_connections_are_two_databases_and_are_compared_all_the_same(files):
    tables = []
    for name in ("june", "july"):
        connection = duckdb.connect()
        connection.execute(f"CREATE TABLE t AS SELECT * FROM '{name}.parquet'")
        tables.append(ibis.duckdb.from_connection(connection).table("t"))
    found = tables_of(*sides(files, *tables))
    same(judged(tables_of(*sides(files))), judged(found))


def test_values_of_several_types_are_not_compared_in_duckdb_either(files, small):
    flights(900, 1).assign(mixed=1.0).to_parquet("june.parquet", index=False)
    mixed = flights(1100, 2).assign(mixed=[1, "a"] * 550)
    found, findings = judged(tables_of(*sides(files, "june.parquet", mixed)))
    assert "mixed" not in found
    assert ("not_compared", "mixed") in findings


def test_what_is_needed_grows_with_rows_and_the_widest_column(folder):
    pd.DataFrame({"x": range(1000), "y": range(1000)}).to_parquet("numbers.parquet")
    pd.DataFrame({"x": range(1000), "y": ["a" * 100 + str(i) for i in range(1000)]}).to_parquet(
        "texts.parquet"
    )
    numbers = sizes.needed(Both(*sides(folder, "numbers.parquet", "numbers.parquet")))
    texts = sizes.needed(Both(*sides(folder, "texts.parquet", "texts.parquet")))
    assert numbers == 6 * 8 * 2000
    assert texts > 10 * numbers


def test_there_is_less_free_in_a_container_with_a_limit(tmp_path, monkeypatch):
    for name, content in (("max", "3000000"), ("current", "1000000")):
        (tmp_path / name).write_text(content)
    monkeypatch.setattr(sizes, "_LIMITS", (str(tmp_path / "max"),))
    monkeypatch.setattr(sizes, "_USED", (str(tmp_path / "current"),))
    assert sizes.free() == 2_000_000
    (tmp_path / "max").write_text("max")
    assert sizes.free() > 2_000_000


def test_missing_numbers_in_parquet_are_no_infinities_in_a_database_of_the_user(folder):
    """Bounds in Parquet leave NaN out, and DuckDB would conclude that there is none."""
    values = [*range(50), float("nan"), float("inf"), None]
    parquet.write_table(pa.table({"x": pa.array(values, pa.float64())}), "a.parquet")
    backend = ibis.duckdb.connect()
    backend.con.execute("CREATE VIEW v AS SELECT * FROM 'a.parquet'")
    pair = tables_of(*sides(folder, backend.table("v"), backend.table("v"))).pair("x")
    assert pair.count == Both(50, 50)
    assert pair.infinite == Both(1, 1)
