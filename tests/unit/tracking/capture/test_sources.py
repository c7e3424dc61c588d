"""Where data came from: paths, addresses without credentials, databases."""

import io
import os
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy

from mlops_jupyter.tracking.capture import sql
from mlops_jupyter.tracking.capture.sources import Signature, places, without_credentials


@pytest.mark.parametrize(
    "address, clean",
    [
        ("https://me:pw@example.org/a.csv", "https://example.org/a.csv"),
        ("https://example.org/a.csv?month=6&page=2#x", "https://example.org/a.csv?month=6&page=2"),
        (
            "https://b.s3.amazonaws.com/a.csv?X-Amz-Credential=AKIA1&X-Amz-Signature=99&v=1",
            "https://b.s3.amazonaws.com/a.csv?v=1",
        ),
        ("https://x.blob.core.windows.net/c/a.csv?sv=2024&sig=abc%3D&se=2026", None),
        ("https://example.org/a.csv?api_key=hunter2hunter2&token=abc", None),
        ("s3://key:secret@bucket/a.csv", "s3://bucket/a.csv"),
        ("gs://bucket/a.csv", "gs://bucket/a.csv"),
        ("http://[broken/a.csv?token=x", "http://"),
        ("https://example.org/ghp_aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789/a.csv", None),
    ],
)
def test_no_credential_is_left_in_an_address(address, clean):
    found = without_credentials(address)
    if clean is None:
        assert not any(word in found for word in ("sig=", "hunter2", "token=abc", "ghp_"))
    else:
        assert found == clean


def test_local_places(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a b.csv").write_text("x")
    (tmp_path / "c.csv").write_text("x")
    here = tmp_path / "a b.csv"
    assert places("a b.csv") == places(Path("a b.csv")) == places(here.as_uri()) == [here]
    assert places("~/a b.csv") == [here]
    assert sorted(places("*.csv")) == [here, tmp_path / "c.csv"]
    assert places([here, "c.csv"]) == [here, tmp_path / "c.csv"]
    with here.open() as opened:
        assert places(opened) == [here]
    for nothing in (None, b"x", io.StringIO("x"), 3, "", "x\ny", "\0"):
        assert places(nothing) == []


def test_a_signature_is_of_a_regular_file_and_changes_with_it(tmp_path):
    path = tmp_path / "a"
    assert Signature.of(path) is None and Signature.of(tmp_path) is None
    path.write_text("x")
    before = Signature.of(path)
    os.utime(path, ns=(1, 1))
    assert Signature.of(path) not in (None, before)
    os.mkfifo(tmp_path / "pipe")
    assert Signature.of(tmp_path / "pipe") is None


def test_a_database_without_its_credentials(tmp_path):
    secret = "postgresql://me:hunter2@db.example:5432/flights?password=hunter2"
    assert sql.where(secret) == "postgresql://db.example:5432/flights"
    engine = sqlalchemy.create_engine("sqlite:///a.db")
    assert sql.where(engine) == "sqlite:///a.db"
    url = sqlalchemy.make_url("mysql+pymysql://me:hunter2@h:3306/d")

    class Remote:
        engine = type("Engine", (), {"url": url})

    assert sql.where(Remote()) == "mysql://h:3306/d"
    with sqlite3.connect(tmp_path / "b.db") as connection:
        connection.row_factory = lambda _cursor, row: {"odd": row}
        assert sql.where(connection) == f"sqlite:///{tmp_path / 'b.db'}"
    connection.close()


def test_a_query_is_masked_and_bounded():
    query = "SELECT * FROM t WHERE token = 'ghp_aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789'"
    assert "ghp_" not in sql.text_of(query)
    assert sql.text_of(query).startswith("SELECT * FROM t WHERE")
    assert len(sql.text_of("SELECT " + "x" * 50_000)) == 10_000


@pytest.mark.parametrize(
    "query, read, written",
    [
        ("SELECT * FROM 'a.parquet' WHERE x = 'y'", ["a.parquet", "y"], []),
        ("SELECT * FROM read_csv(['a.csv', 'b.csv'])", ["a.csv", "b.csv"], []),
        ("COPY t FROM 'a.csv'", ["a.csv"], []),
        ("COPY t TO 'it''s.csv' (HEADER)", [], ["it's.csv"]),
        ('FROM "a.csv"', ["a.csv"], []),
        ("SELECT 1", [], []),
    ],
)
def test_what_a_query_of_duckdb_names(query, read, written):
    assert sql.named_in(query) == (read, written)
