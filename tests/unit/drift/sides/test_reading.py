"""What can be compared, and what is said where something cannot be read."""

from __future__ import annotations

import os

import pandas as pd
import pytest

from mlops_jupyter.drift.sides import read
from mlops_jupyter.errors import BadInput, NotFound, UsageError

FRAME = pd.DataFrame({"id": ["007", "008"], "dep_time": [517, 533], "late": [1.5, None]})


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("a.csv", lambda p: FRAME.to_csv(p, index=False)),
        ("a.csv.gz", lambda p: FRAME.to_csv(p, index=False)),
        ("a.PARQUET", FRAME.to_parquet),
        ("a.feather", FRAME.to_feather),
        ("a.jsonl", lambda p: FRAME.to_json(p, orient="records", lines=True)),
        ("a.ndjson.gz", lambda p: FRAME.to_json(p, orient="records", lines=True)),
    ],
)
def test_reads_each_format(folder, name, write):
    write(folder.root / name)
    source = read(folder, name, "reference")
    assert source.label == name
    assert source.frame(["dep_time"])["dep_time"].tolist() == [517, 533]
    assert source.frame(["late"])["late"].isna().tolist() == [False, True]
    if "csv" not in name:
        assert source.frame(["id"])["id"].tolist() == ["007", "008"]


def test_a_live_frame_is_not_copied(folder):
    assert read(folder, FRAME, "current").table.frame is FRAME


def test_anything_with_to_pandas_is_a_frame(folder):
    import pyarrow as pa

    source = read(folder, pa.Table.from_pandas(FRAME), "current")
    assert source.label == "Table"
    assert source.frame(["dep_time"])["dep_time"].tolist() == [517, 533]


def test_a_file_outside_the_workspace_is_read(folder, tmp_path_factory):
    path = tmp_path_factory.mktemp("elsewhere") / "a.csv"
    FRAME.to_csv(path, index=False)
    assert read(folder, path, "current").label == str(path)


def test_labels_count_from_the_workspace(folder, monkeypatch):
    (folder.root / "data").mkdir()
    FRAME.to_csv(folder.root / "data" / "a.csv", index=False)
    monkeypatch.chdir(folder.root / "data")
    assert read(folder, "a.csv", "current").label == "data/a.csv"


def test_a_missing_file_gets_a_guess(folder):
    FRAME.to_csv(folder.root / "june.csv", index=False)
    with pytest.raises(NotFound, match=r"no file jun\.csv \(the reference\)") as raised:
        read(folder, "jun.csv", "reference")
    assert "june.csv" in raised.value.hint


def test_a_missing_folder_is_said(folder):
    with pytest.raises(NotFound) as raised:
        read(folder, "dta/june.csv", "reference")
    assert "no folder dta" in raised.value.hint


def _make(name, content):
    def make(root):
        (root / name).write_bytes(content)
        return name

    return make


def _folder(root):
    (root / "parts.parquet").mkdir()
    return "parts.parquet"


def _documents(root):
    (root / "docs").mkdir()
    (root / "docs" / "a.md").write_text("x")
    (root / "docs" / "b.md").write_text("x")
    return "docs"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (_make("a.parquet", b""), r"the current, a\.parquet, is empty \(0 bytes\)"),
        (_make("a.csv", b"\xff\xfe\x00\x81"), r"a\.csv, does not read as \.csv"),
        (_make("a.csv", b'x,y\n1,2\n1,2,3\n"'), r"does not read as \.csv"),
        (_make("a.csv.gz", b"x,y\n1,2\n"), r"does not read as \.csv\.gz"),
        (_make("a.parquet", b"PAR1 not really"), r"a\.parquet, does not read as \.parquet"),
        (_make("a.feather", b"garbage, long enough to look"), r"does not read as \.feather"),
        (_make("a.jsonl", b"{'x': 1}\n"), r"does not read as \.jsonl"),
        (_make("a.xlsx", b"PK"), r"no ending that says how to read it"),
        (_make("a", b"1"), r"no ending that says how to read it"),
        (_folder, r"parts\.parquet, has no file that is a table: the folder is empty"),
        (_documents, r"docs, has no file that is a table: a\.md, b\.md"),
    ],
)
def test_what_is_no_table_is_named(folder, make, says):
    with pytest.raises(BadInput, match=says) as raised:
        read(folder, make(folder.root), "current")
    assert raised.value.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(folder):
    FRAME.to_csv(folder.root / "a.csv", index=False)
    (folder.root / "a.csv").chmod(0)
    with pytest.raises(BadInput, match="may not be read"):
        read(folder, "a.csv", "current")


@pytest.mark.parametrize("thing", [42, [1, 2], {"x": [1]}, None])
def test_what_is_no_frame_is_named(folder, thing):
    with pytest.raises(BadInput, match=f"the current is a {type(thing).__name__}, not a table"):
        read(folder, thing, "current")


def test_a_misspelt_prefix_is_no_missing_file(folder):
    with pytest.raises(UsageError, match="there is no prefix 'dat:'"):
        read(folder, "dat:flights@v1", "reference")
