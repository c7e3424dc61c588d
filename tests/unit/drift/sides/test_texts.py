"""Text files, also such as are still written, spoiled, or something else."""

from __future__ import annotations

import gc
import gzip
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from mlops_jupyter.drift.sides import converting, read, texts
from mlops_jupyter.errors import BadInput

LOG = [{"at": f"2024-07-{day:02d}", "late": day / 3, "said": day % 2 == 0} for day in range(1, 31)]


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


@pytest.fixture(params=["whole", "as Parquet"])
def size(request, monkeypatch):
    """Small files are read by pandas, large ones by DuckDB: the same comes of it."""
    if request.param == "as Parquet":
        monkeypatch.setattr(converting, "LARGE_TEXT", 0)
    return request.param


def told(source):
    return [note.message for note in source.notes]


def test_a_log_that_ends_in_half_a_line(folder, size):
    (folder.root / "log.jsonl").write_bytes(lines(LOG) + b'{"at": "2024-07-3')
    source = read(folder, "log.jsonl", "current")
    frame = source.frame(["at", "late", "said"])
    assert frame["at"].tolist()[:30] == [row["at"] for row in LOG]
    # pandas rounds the last digit of what it reads
    assert frame["late"].tolist()[:30] == pytest.approx([row["late"] for row in LOG], rel=1e-15)
    assert len(frame) == 30
    assert told(source) == ["log.jsonl: its last line is not complete: left out"]


def test_a_log_whose_writer_died_in_a_line_and_was_started_again(folder, size):
    (folder.root / "log.jsonl").write_bytes(lines(LOG) + b'{"at": "2024{"at": "x"}\n' + lines(LOG))
    source = read(folder, "log.jsonl", "current")
    assert source.rows == 60
    assert told(source) == ["log.jsonl: 1 of its 61 lines is no JSON: left out"]


def test_a_log_that_is_no_json(folder):
    (folder.root / "log.jsonl").write_bytes(b"at late\n" * 20)
    with pytest.raises(BadInput, match=r"log\.jsonl, does not read as \.jsonl"):
        read(folder, "log.jsonl", "current")


def test_a_table_that_ends_in_half_a_line(folder, size):
    (folder.root / "a.csv").write_bytes(b"x,y\n1,a\n2,b\n3")
    source = read(folder, "a.csv", "current")
    assert source.frame(["x"])["x"].tolist() == [1, 2]
    assert told(source) == ["a.csv: its last line is not complete: left out"]


def test_a_last_line_without_its_end_is_a_line(folder, size):
    (folder.root / "a.csv").write_bytes(b"x,y\n1,a\n2,b")
    source = read(folder, "a.csv", "current")
    assert source.frame(["x"])["x"].tolist() == [1, 2]
    assert not source.notes


@pytest.mark.parametrize("name", ["a.csv.gz", "a.jsonl.gz"])
def test_a_packed_file_that_ends_in_the_middle(folder, name):
    frame = pd.DataFrame({"x": np.arange(100_000), "y": np.random.default_rng(0).random(100_000)})
    text = (
        frame.to_csv(index=False) if "csv" in name else frame.to_json(orient="records", lines=True)
    )
    packed = gzip.compress(text.encode())
    (folder.root / name).write_bytes(packed[: len(packed) // 2])
    source = read(folder, name, "current")
    assert 30_000 < source.rows < 60_000
    assert source.frame(["x"])["x"].tolist() == list(range(source.rows))
    assert told(source) == [f"{name}: {texts.CUT}"]


def test_a_packed_file_with_hardly_a_beginning(folder):
    (folder.root / "a.csv.gz").write_bytes(gzip.compress(b"x,y\n1,2\n" * 100)[:12])
    with pytest.raises(BadInput, match=r"a\.csv\.gz, does not read as \.csv\.gz"):
        read(folder, "a.csv.gz", "current")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"PAR1\x15\x04\x15", "it begins like Parquet"),
        (b"PK\x03\x04\x14", "it begins like zip or Excel"),
        (gzip.compress(b"x,y\n1,2\n", mtime=0), "it begins like gzip"),
        (b"x,y\n1,\x00\x01\n", "it is no text"),
        ("x,y\n1,2\n".encode("utf-16"), "codec can't decode"),
        ("x,y\né,2\n".encode("latin-1"), "codec can't decode"),
    ],
)
def test_a_table_that_is_none(folder, content, says):
    (folder.root / "a.csv").write_bytes(content)
    with pytest.raises(BadInput, match=rf"a\.csv, does not read as \.csv: .*{says}"):
        read(folder, "a.csv", "current")


def test_values_beyond_the_header_are_said(folder):
    (folder.root / "a.csv").write_bytes(b"x,y\nr1,1,2\nr2,3,4\n")
    source = read(folder, "a.csv", "current")
    assert source.frame(["x"])["x"].tolist() == [1, 3]
    assert told(source) == [f"a.csv: {texts.NAMELESS}"]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_a_mark_at_the_beginning_is_no_part_of_a_name(folder, name):
    content = b"x\n1\n2\n" if name == "a.csv" else b'{"x": 1}\n{"x": 2}\n'
    (folder.root / name).write_bytes(b"\xef\xbb\xbf" + content)
    assert read(folder, name, "current").names == ["x"]


def test_numbers_that_are_none_and_infinite_in_a_log(folder):
    (folder.root / "log.jsonl").write_bytes(
        lines([{"x": float("nan")}, {"x": float("inf")}, {"x": 1}])
    )
    values = read(folder, "log.jsonl", "current").frame(["x"])["x"].tolist()
    assert np.isnan(values[0])
    assert values[1:] == [float("inf"), 1.0]


def test_large_text_is_read_as_pandas_reads_small_text(folder, monkeypatch):
    """The same types, missing values and texts: a verdict must not hang on the size of a file."""
    missing = list(converting.MISSING)
    rows = len(missing)
    frame = pd.DataFrame(
        {
            "whole": range(rows),
            "gaps": [None, *range(rows - 1)],
            "number": np.arange(rows) / 8,
            "flag": [i % 2 == 0 for i in range(rows)],
            "text": [f"t{i}" for i in range(rows)],
            "marks": missing,
            "date": ["2024-01-31"] * rows,
            "code": ["007"] * rows,
            "late": [*(["1"] * (rows - 1)), "x"],
        }
    )
    frame.to_csv("a.csv", index=False)
    small = read(folder, "a.csv", "current").frame(list(frame.columns))
    monkeypatch.setattr(converting, "LARGE_TEXT", 0)
    large = read(folder, "a.csv", "current").frame(list(frame.columns))
    assert small["marks"].isna().all()
    assert large["marks"].isna().all()
    for name in set(frame.columns) - {"marks"}:
        assert large[name].isna().tolist() == small[name].isna().tolist(), name
        assert large[name].dropna().tolist() == small[name].dropna().tolist(), name


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "tsv", "jsonl", "jsonl.zst"])
def test_large_text_of_each_kind(folder, monkeypatch, ending):
    monkeypatch.setattr(converting, "LARGE_TEXT", 0)
    frame = pd.DataFrame({"x": [1, 2, 3], "t": ["a", None, "c"]})
    if "jsonl" in ending:
        text = frame.to_json(orient="records", lines=True)
    else:
        text = frame.to_csv(index=False, sep="\t" if ending == "tsv" else ",")
    compression = {"gz": "gzip", "zst": "zstd"}.get(ending.rpartition(".")[2])
    with pa.output_stream(f"a.{ending}", compression=compression) as opened:
        opened.write(text.encode())
    source = read(folder, f"a.{ending}", "current")
    assert source.frame(["x"])["x"].tolist() == [1, 2, 3]
    assert source.frame(["t"])["t"].isna().tolist() == [False, True, False]


def test_quotes_and_separators_in_large_text(folder, monkeypatch):
    monkeypatch.setattr(converting, "LARGE_TEXT", 0)
    texts_ = ['say "no"', "a, b", "two\nlines", "it's", "größe"]
    pd.DataFrame({"x": range(5), "a, b": texts_}).to_csv("a.csv", index=False)
    source = read(folder, "a.csv", "current")
    assert source.frame(["a, b"])["a, b"].tolist() == texts_
    assert source.frame(["x"])["x"].tolist() == list(range(5))


def test_a_spoiled_line_within_large_text_is_named(folder, monkeypatch):
    monkeypatch.setattr(converting, "LARGE_TEXT", 0)
    (folder.root / "a.csv").write_bytes(b"x,y\n1,2\n3\n4,5\n" * 3)
    with pytest.raises(BadInput, match=r"a\.csv, does not read as a table: line 3: "):
        read(folder, "a.csv", "current")


def test_large_text_that_is_none_is_refused(folder, monkeypatch):
    monkeypatch.setattr(converting, "LARGE_TEXT", 0)
    for name in ("a.csv", "a.jsonl"):
        (folder.root / name).write_bytes(b"\x00\x01\x02\xff" * 1000)
        with pytest.raises(BadInput, match=f"the current, {name}, does not read as a table"):
            read(folder, name, "current")


@pytest.mark.parametrize("place", ["runs[1]", "a*b", "a?b", "a[!x]b", "a{1,2}b", "a]b"])
@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_folder_whose_name_looks_like_a_pattern(folder, monkeypatch, place, ending):
    """Its files alone are read, and not those of a folder that the pattern would find."""
    monkeypatch.setattr(converting, "LARGE_TEXT", 0)
    for number, name in enumerate((place, "runs1", "aXb", "a1b")):
        (folder.root / name).mkdir()
        frame = pd.DataFrame({"x": [number] * 3})
        if ending == "csv":
            frame.to_csv(f"{name}/a.csv", index=False)
        else:
            frame.to_json(f"{name}/a.jsonl", orient="records", lines=True)
    source = read(folder, f"{place}/a.{ending}", "current")
    assert source.frame(["x"])["x"].tolist() == [0, 0, 0]
    assert source.stored().count().execute() == 3


def test_a_copy_of_large_text_goes_with_what_is_read_of_it(folder, monkeypatch):
    monkeypatch.setattr(converting, "LARGE_TEXT", 0)
    pd.DataFrame({"x": range(5)}).to_csv("a.csv", index=False)

    def copies():
        gc.collect()
        return len(list(folder.state_dir.glob("drift-*")))

    source = read(folder, "a.csv", "current")
    columns = source.table
    del source
    assert copies() == 1
    assert columns.series(0).tolist() == list(range(5))
    del columns
    assert copies() == 0

    table = read(folder, "a.csv", "current").stored().filter(lambda row: row.x > 2)
    assert copies() == 1
    assert table.count().execute() == 2
    del table
    assert copies() == 0

    (folder.root / "a.csv").write_bytes(b"x,y\n1,2\n3\n4,5\n" * 3)
    with pytest.raises(BadInput, match="does not read as a table"):
        read(folder, "a.csv", "current")
    assert copies() == 0


@pytest.mark.parametrize("place", ["runs[1]", "a*b", "a?b"])
def test_files_are_stored_from_such_a_folder_too(folder, place):
    for number, name in enumerate((place, "runs1", "aXb")):
        (folder.root / name).mkdir()
        for part in "pq":
            pd.DataFrame({"x": [number] * 3}).to_parquet(f"{name}/{part}.parquet")
    stored = read(folder, place, "current").stored()
    assert stored.x.sum().execute() == 0
    assert stored.count().execute() == 6
