"""A version as a frame: every format and library, folders, and what is no table."""

from __future__ import annotations

import gzip

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import feather

import mlops_jupyter as mlops
from mlops_jupyter.data import load, path_of, snapshot
from mlops_jupyter.errors import BadInput, NotFound, UsageError

FRAME = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "ü", "z"], "c": [0.5, None, 2.0]})


def _write(folder, suffix):
    path = folder / f"t{suffix}"
    match suffix.removesuffix(".gz").removesuffix(".zst"):
        case ".parquet" | ".pq":
            FRAME.to_parquet(path, index=False)
        case ".csv":
            FRAME.to_csv(path, index=False)
        case ".tsv":
            FRAME.to_csv(path, index=False, sep="\t")
        case ".jsonl" | ".ndjson":
            FRAME.to_json(path, orient="records", lines=True)
        case ".json":
            FRAME.to_json(path, orient="records")
        case ".feather" | ".arrow":
            feather.write_feather(FRAME, path)
    return path


SUFFIXES = [
    ".parquet", ".pq", ".csv", ".csv.gz", ".tsv", ".tsv.gz", ".jsonl", ".jsonl.gz", ".ndjson",
    ".json", ".json.gz", ".feather", ".arrow",
]  # fmt: skip


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_each_format_by_each_library(ws, suffix):
    version = snapshot(ws, _write(ws.root, suffix))
    (ws.root / f"t{suffix}").write_text("overwritten since")
    found = load(version.ref)
    pd.testing.assert_frame_equal(found, FRAME)
    assert load(version.ref, engine="polars").to_dicts() == pl.from_pandas(FRAME).to_dicts()
    assert load(version.ref, engine="arrow").select(["a", "b"]).to_pylist() == (
        pa.Table.from_pandas(FRAME[["a", "b"]], preserve_index=False).to_pylist()
    )
    for engine in ("pandas", "polars", "arrow"):
        chosen = load(version.ref, engine=engine, columns=["c", "a"])
        assert list(getattr(chosen, "column_names", chosen.columns)) == ["c", "a"]
        with pytest.raises(NotFound, match="no column 'aa'"):
            load(version.ref, engine=engine, columns=["aa"])


def test_stream_format_and_zstd(ws):
    table = pa.Table.from_pandas(FRAME, preserve_index=False)
    with pa.OSFile("s.arrow", "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    assert load(snapshot(ws, "s.arrow").ref, engine="arrow").equals(table)
    with pa.output_stream("z.csv.zst", compression="zstd") as sink:
        sink.write(FRAME.to_csv(index=False).encode())
    pd.testing.assert_frame_equal(load(snapshot(ws, "z.csv.zst").ref), FRAME)


def test_a_folder_is_one_frame_with_the_columns_of_its_names(ws):
    for year in (2013, 2014):
        folder = ws.root / "parts" / f"year={year}"
        folder.mkdir(parents=True)
        FRAME.to_parquet(folder / "0.parquet", index=False)
    snapshot(ws, "parts")
    for engine in ("pandas", "polars", "arrow"):
        found = load("parts", engine=engine)
        frame = found if engine == "pandas" else found.to_pandas()
        assert frame["year"].tolist() == [2013] * 3 + [2014] * 3
        assert frame["a"].tolist() == [1, 2, 3] * 2
    assert load("parts", columns=["year"]).shape == (6, 1)


def test_an_index_and_categories_come_back(ws):
    frame = FRAME.set_index("b").astype({"c": "category"})
    frame.to_parquet("i.parquet")
    found = load(snapshot(ws, "i.parquet").ref)
    pd.testing.assert_frame_equal(found, pd.read_parquet("i.parquet"))
    assert found.index.name == "b"


def test_what_is_no_table_names_the_way_to_its_bytes(ws):
    (ws.root / "m.bin").write_bytes(b"\0\1")
    with pytest.raises(BadInput, match=r"no table.*m\.bin") as caught:
        load(snapshot(ws, "m.bin").ref)
    assert "mlops.data.path_of" in caught.value.hint
    (ws.root / "packed.parquet.gz").write_bytes(gzip.compress(b"PAR1"))
    with pytest.raises(BadInput, match="no table"):
        load(snapshot(ws, "packed.parquet.gz").ref)


@pytest.mark.parametrize("suffix", [".parquet", ".json", ".jsonl", ".feather", ".csv.gz"])
@pytest.mark.parametrize("engine", ["pandas", "polars", "arrow"])
def test_what_is_not_what_its_name_says(ws, suffix, engine):
    (ws.root / f"w{suffix}").write_bytes(b"{[<\0not it")
    version = snapshot(ws, f"w{suffix}")
    with pytest.raises(BadInput, match="cannot be read"):
        load(version.ref, engine=engine)


def test_mixed_folders_and_unknown_words(ws):
    (ws.root / "data" / "readme.md").write_text("x")
    snapshot(ws, "data")
    with pytest.raises(BadInput, match="no table"):
        load("data")
    with pytest.raises(UsageError, match="no engine 'spark'"):
        load("data", engine="spark")
    with pytest.raises(NotFound):
        load("nothing")


def test_content_that_is_not_here_names_pull(ws):
    version = snapshot(ws, "data/x.csv")
    path_of(ws, version.ref).unlink()
    with pytest.raises(NotFound) as caught:
        mlops.load(version.ref)
    assert "mlops data pull" in caught.value.hint
