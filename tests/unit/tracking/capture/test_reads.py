"""What is read and written through each library, by the real libraries."""

import json
import pickle
import sqlite3
import subprocess
import sys
from pathlib import Path

import duckdb
import joblib
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.dataset
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
import sqlalchemy
from sklearn import datasets

from tests.shells import Cells

FRAME = pd.DataFrame({"a": [1, 2, 3], "b": list("xyz")})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    FRAME.to_csv("x.csv", index=False)
    FRAME.to_parquet("x.parquet")
    FRAME.to_feather("x.feather")
    FRAME.to_json("x.json")
    FRAME.to_pickle("x.pkl")
    np.save("x.npy", np.arange(4))
    np.savetxt("x.txt", np.arange(4))
    Path("parts").mkdir()
    for part in range(3):
        FRAME.to_parquet(f"parts/{part}.parquet")
    with sqlite3.connect("x.db") as connection:
        FRAME.to_sql("t", connection, index=False)
    connection.close()
    return tmp_path


@pytest.mark.parametrize(
    "name, rows, read",
    [
        ("x.csv", 3, lambda: pd.read_csv("x.csv")),
        ("x.csv", 3, lambda: pd.read_csv(filepath_or_buffer=Path("x.csv"))),
        ("x.parquet", 3, lambda: pd.read_parquet("x.parquet")),
        ("x.feather", 3, lambda: pd.read_feather("x.feather")),
        ("x.json", 3, lambda: pd.read_json("x.json")),
        ("x.pkl", 3, lambda: pd.read_pickle("x.pkl")),
        ("x.csv", 3, lambda: pl.read_csv("x.csv")),
        ("x.parquet", 3, lambda: pl.read_parquet("x.parquet")),
        ("x.parquet", None, lambda: pl.scan_parquet("x.parquet").collect()),
        ("x.parquet", 3, lambda: pq.read_table("x.parquet")),
        ("x.parquet", None, lambda: pq.ParquetFile("x.parquet").read()),
        ("x.csv", 3, lambda: pa.csv.read_csv("x.csv")),
        ("x.feather", 3, lambda: pa.feather.read_table("x.feather")),
        ("x.parquet", None, lambda: pa.dataset.dataset("x.parquet").to_table()),
        ("x.csv", None, lambda: duckdb.sql("SELECT * FROM 'x.csv'")),
        ("x.csv", None, lambda: duckdb.execute("SELECT * FROM read_csv('x.csv')").fetchall()),
        ("x.parquet", 3, lambda: duckdb.connect().read_parquet("x.parquet")),
        ("x.parquet", None, lambda: duckdb.connect().sql('FROM "x.parquet"').df()),
        ("x.npy", None, lambda: np.load("x.npy")),
        ("x.npy", None, lambda: np.load("x.npy", mmap_mode="r")),
        ("x.txt", None, lambda: np.loadtxt("x.txt")),
        ("x.txt", None, lambda: np.genfromtxt("x.txt")),
        ("x.npy", None, lambda: np.fromfile("x.npy")),
        ("x.pkl", None, lambda: joblib.load("x.pkl")),
        ("x.json", None, lambda: json.loads(Path("x.json").read_text())),
        ("x.csv", None, lambda: Path("x.csv").open().close()),
    ],
)  # fmt: skip
def test_files_are_seen_with_their_rows(folder, reads, name, rows, read):
    read()
    files = [found for found in reads.items.values() if found.kind == "file"]
    assert [(found.path, found.what.rows) for found in files] == [(folder / name, rows)]
    assert files[0].unchanged()
    (folder / name).write_bytes(b"something else")
    assert not files[0].unchanged()


def test_a_buffer_is_no_file_but_the_file_behind_it_is(folder, reads):
    with Path("x.csv").open() as opened:
        pd.read_csv(opened)
    (found,) = reads.items.values()
    assert (found.path, found.what.rows) == (folder / "x.csv", 3)


def test_patterns_and_folders(folder, reads):
    assert len(pl.read_parquet("parts/*.parquet")) == 9
    assert {found.together_rows for found in reads.items.values()} == {9}
    assert len(reads.items) == 3
    assert len(pd.read_parquet("parts")) == 9
    (found,) = [found for found in reads.items.values() if found.kind == "folder"]
    assert (found.path, found.what.rows) == (folder / "parts", 9)
    assert found.unchanged()
    FRAME.to_parquet("parts/3.parquet")
    assert not found.unchanged()


def test_a_missing_file_fails_as_ever_and_is_no_read(folder, reads):
    with pytest.raises(FileNotFoundError):
        pd.read_csv("missing.csv")
    with pytest.raises(FileNotFoundError):
        Path("missing.txt").read_text()
    assert reads.items == {}


def test_what_is_not_data_is_not_seen(folder, reads):
    for name in ("code.py", "mlops.toml", ".hidden.csv", "train.ipynb"):
        Path(name).write_text("x")
        Path(name).read_text()
    Path("/etc/hostname").read_text()
    import pandas.tests  # noqa: F401

    assert reads.items == {} and reads.writes == {}


def test_what_a_cell_opens_by_ipythons_own_open_is_seen(folder, reads):
    cells = Cells()
    cells.run("with open('x.csv') as file:\n    text = file.read()")
    cells.run("with open('out', 'w') as file:\n    file.write(text)")
    cells.close()
    assert [read.path for read in reads.items.values()] == [folder / "x.csv"]
    assert list(reads.writes) == [folder / "out"]


def test_the_packages_that_make_a_run_are_not_the_user(folder, reads):
    from mlops_jupyter.data.cache.intake import read

    read(folder / "x.csv", lambda _count: None)
    assert reads.items == {}


def query_sqlite():
    with sqlite3.connect("x.db") as connection:
        pd.read_sql("SELECT a FROM t", connection)
    connection.close()


def query_engine():
    engine = sqlalchemy.create_engine("sqlite:///x.db")
    pd.read_sql_query(sqlalchemy.text("SELECT a FROM t"), engine)
    with engine.connect() as connection:
        pl.read_database("SELECT a FROM t", connection)
    engine.dispose()


@pytest.mark.parametrize("query", [query_sqlite, query_engine])
def test_databases_with_query_rows_and_digest(folder, reads, query):
    query()
    found = [read for read in reads.items.values() if read.kind == "sql"]
    assert {read.query for read in found} == {"SELECT a FROM t"}
    for read in found:
        assert read.source.startswith("sqlite:///") and read.source.endswith("x.db")
        assert (read.what.rows, read.what.schema[0][0]) == (3, "a")
        assert read.what.digest.startswith("xxh:")


def test_duckdb_a_database_and_what_was_asked_of_it(folder, reads):
    connection = duckdb.connect("x.duckdb")
    connection.execute("CREATE TABLE t AS SELECT * FROM 'x.csv'")
    connection.execute("SELECT a FROM t").fetchall()
    connection.sql("SELECT b FROM t").df()
    connection.close()
    asked = [read for read in reads.items.values() if read.kind == "sql"]
    assert [read.query for read in asked] == ["SELECT a FROM t", "SELECT b FROM t"]
    assert {read.source for read in asked} == {f"duckdb:///{folder / 'x.duckdb'}"}
    assert {read.what.rows for read in asked} == {3}
    assert (folder / "x.csv") in [read.path for read in reads.items.values()]


def test_duckdb_finds_live_frames_of_the_caller_and_they_are_no_source(folder, reads):
    mine = pd.DataFrame({"a": [1, 2]})
    connection = duckdb.connect()
    assert connection.sql("SELECT sum(a) FROM mine").fetchall() == [(3,)]
    assert connection.execute("SELECT sum(a) FROM mine").fetchall() == [(3,)]
    assert duckdb.sql("SELECT sum(a) FROM FRAME").fetchall() == [(6,)]
    assert len(mine) == 2
    assert reads.items == {}


def test_data_sets_that_scikit_learn_brings(reads):
    datasets.load_iris()
    (found,) = reads.items.values()
    assert (found.kind, found.source) == ("builtin", "sklearn.datasets.load_iris")
    assert found.what.rows == 150 and found.what.digest


def pickled(path):
    with path.open("wb") as target:
        pickle.dump(FRAME, target)


@pytest.mark.parametrize(
    "write",
    [
        lambda: FRAME.to_csv("out"),
        lambda: FRAME.to_parquet("out"),
        lambda: FRAME.to_pickle("out"),
        lambda: pl.DataFrame({"a": [1]}).write_parquet("out"),
        lambda: pl.DataFrame({"a": [1]}).write_csv("out"),
        lambda: pl.DataFrame({"a": [1]}).lazy().sink_parquet("out"),
        lambda: pq.write_table(pa.table({"a": [1]}), "out"),
        lambda: pa.csv.write_csv(pa.table({"a": [1]}), "out"),
        lambda: duckdb.sql("SELECT 1 AS a").write_parquet("out"),
        lambda: duckdb.execute("COPY (SELECT 1 AS a) TO 'out' (FORMAT csv)").fetchall(),
        lambda: np.savetxt("out", np.arange(3)),
        lambda: joblib.dump([1], "out"),
        lambda: pickled(Path("out")),
        lambda: Path("out").write_text("x"),
    ],
)
def test_files_written(folder, reads, write):
    write()
    assert list(reads.writes) == [folder / "out"]
    assert reads.items == {}


def test_a_library_imported_later_is_watched_too_and_nothing_is_imported_by_us(tmp_path: Path):
    code = (
        "import sys\n"
        "from mlops_jupyter.tracking.capture.reads import Reads\n"
        "reads = Reads(); reads.start()\n"
        "heavy = {'pandas', 'polars', 'duckdb', 'pyarrow', 'sklearn', 'mlflow', 'dvc', 'xxhash'}\n"
        "assert not heavy & set(sys.modules)\n"
        "import pandas\n"
        "pandas.DataFrame({'x': [1]}).to_parquet('a.parquet')\n"
        "pandas.read_parquet('a.parquet')\n"
        "import pyarrow.parquet\n"
        "pyarrow.parquet.read_table('a.parquet', columns=[])\n"
        "print([r.path.name for r in reads.items.values()], [p.name for p in reads.writes])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "['a.parquet'] ['a.parquet']"


def test_thousands_of_files_stay_cheap_and_bounded(folder, reads, monkeypatch):
    from mlops_jupyter.tracking.capture import reads as module

    monkeypatch.setattr(module, "MAX_READS", 50)
    for number in range(60):
        Path(f"{number}.dat").write_bytes(b"x")
    for number in range(60):
        Path(f"{number}.dat").read_bytes()
    assert (len(reads.items), reads.forgotten, len(reads.writes)) == (50, 10, 50)
