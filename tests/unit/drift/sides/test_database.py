"""SQL as a side: DuckDB's, over files."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlops_jupyter.drift.parts import parts_of
from mlops_jupyter.drift.periods import choosing
from mlops_jupyter.drift.sides import database, fetching, read
from mlops_jupyter.drift.sides.sources import Source
from mlops_jupyter.errors import BadInput


@pytest.fixture
def june(folder):
    frame = pd.DataFrame({"temp": [60.0, 70.0, 80.0], "late": [True, False, None]})
    (folder.root / "data").mkdir()
    frame.to_parquet("data/june.parquet", index=False)
    return folder


def test_a_query_over_a_file_counts_from_the_workspace(june, monkeypatch):
    (june.root / "notebooks").mkdir()
    monkeypatch.chdir(june.root / "notebooks")
    source = read(june, "SELECT temp FROM 'data/june.parquet' WHERE temp > 65", "current")
    assert source.label == "SELECT temp FROM 'data/june.parquet' WHERE temp > 65"
    assert source.reference is None
    assert source.names == ["temp"]
    assert source.frame(["temp"])["temp"].tolist() == [70.0, 80.0]


def test_with_and_a_semicolon_and_comments_are_a_query(june):
    query = "WITH warm AS (SELECT * FROM 'data/june.parquet') -- all\nSELECT temp FROM warm;"
    assert read(june, query, "current").rows == 3


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("SELECT * FROM 'data/jun.parquet'", "does not run: .*No files found"),
        ("SELECT temp FROM", "does not run: .*syntax error"),
        ("SELECT tmp FROM 'data/june.parquet'", "does not run: .*tmp"),
        ("SELECT 1; SELECT 2", "is not one query"),
        ("SELECT 1; DROP TABLE x", "is not one query"),
        ("WITH x AS (SELECT 1) DELETE FROM y", "not one query|does not run"),
        ("SELECT * FROM june", "does not run: .*june"),
    ],
)
def test_a_query_that_does_not_do(june, query, says):
    with pytest.raises(BadInput, match=says) as raised:
        read(june, query, "reference")
    assert raised.value.hint


def test_a_variable_of_ours_is_no_table(june):
    workspace = june
    frame = pd.DataFrame({"x": [1]})
    assert len(frame) == 1
    with pytest.raises(BadInput, match="does not run"):
        read(workspace, "SELECT * FROM frame", "current")


def test_zoned_times_and_columns_without_any_value_are_known(june):
    frame = pd.DataFrame({"at": pd.to_datetime(["2024-07-01"]).tz_localize("Europe/Berlin")})
    frame.assign(none=None).to_parquet("data/times.parquet", index=False)
    source = read(june, "SELECT * FROM 'data/times.parquet'", "current")
    assert source.frame(["at"])["at"].tolist() == [pd.Timestamp("2024-06-30T22:00Z")]
    assert source.frame(["none"])["none"].isna().all()


def test_a_missing_number_in_parquet_is_found_beside_other_questions(june):
    """Bounds in Parquet leave NaN out, and DuckDB would conclude that there is none."""
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.table({"x": [1.0, float("nan"), 3.0]}), "data/gaps.parquet")
    backend = database.opened(june)
    found = backend.con.execute(
        "SELECT count(*) FILTER (WHERE isnan(x)), count(*) FILTER (WHERE NOT isnan(x)) "
        "FROM 'data/gaps.parquet'"
    )
    assert found.fetchall() == [(1, 2)]


FAILING = "SELECT * FROM 'data/june.parquet' WHERE temp < 70 OR (temp || 'F')::INT > 0"


@pytest.mark.parametrize(
    "ask",
    [
        lambda source: source.rows,
        lambda source: source.frame(["late"]),
        lambda source: fetching.fetched(source.table, [0], np.array([1]), ["x"]),
        lambda source: fetching.TableColumns(source.table).series(0),
        lambda source: choosing.chosen(source, "month"),
        lambda source: parts_of(source, source, "temp"),
    ],
    ids=["rows", "frame", "some rows", "a column", "the time", "parts"],
)
def test_what_fails_while_it_runs_is_said_in_a_line(june, ask):
    source = Source("current", "failing", database.of_query(june, FAILING, "current"))
    with pytest.raises(BadInput, match=r"^DuckDB does not answer: .*70.0F") as raised:
        ask(source)
    assert "\n" not in raised.value.message
    assert "USING SAMPLE" in raised.value.hint


def test_a_line_of_a_file_that_does_not_fit_is_named(june):
    lines = ["a,b", *(["1,2"] * 30_000), "1", "1,2"]
    (june.root / "ragged.csv").write_text("\n".join(lines))
    with pytest.raises(BadInput, match=r"does not answer: line 30002: Expected Number of Columns"):
        read(june, "SELECT * FROM 'ragged.csv'", "current").frame(["a"])


def test_what_does_not_fit_into_memory_is_spilled_beside_the_workspace(june):
    backend = database.opened(june)
    assert backend is database.opened(june)
    settings = dict(
        backend.con.execute(
            "SELECT name, value FROM duckdb_settings() WHERE name IN ('temp_directory')"
        ).fetchall()
    )
    assert settings["temp_directory"].startswith(str(june.state_dir))
