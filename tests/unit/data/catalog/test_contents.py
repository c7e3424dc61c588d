"""The files of a version, and tables in them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest

import mlops_jupyter as mlops
from mlops_jupyter.data.cache import dvc_store
from mlops_jupyter.data.catalog.contents import KeptFile, files_of
from mlops_jupyter.data.reading import tables
from mlops_jupyter.errors import BadInput, NotFound, ToolFailed


def keep(workspace, path):
    return mlops.data.snapshot(workspace, path)


def rows(workspace, files):
    with tables.connected(workspace) as connection:
        tables.create_view(connection, "t", files)
        return connection.sql("SELECT * FROM t ORDER BY ALL").fetchall()


def a_file(path):
    return KeptFile(path.name, path, "0" * 32)


class TestFilesOf:
    def test_a_file(self, workspace):
        Path("a.csv").write_text("x\n1\n")
        (kept,) = files_of(workspace, keep(workspace, "a.csv"))
        assert kept.name == "a.csv"
        assert kept.path.read_text() == "x\n1\n"

    def test_a_folder_s_files_by_name(self, workspace):
        Path("d/sub").mkdir(parents=True)
        Path("d/b.csv").write_text("x\n2\n")
        Path("d/sub/a b.csv").write_text("x\n1\n")
        found = files_of(workspace, keep(workspace, "d"))
        assert [(f.name, f.path.read_text()) for f in found] == [
            ("b.csv", "x\n2\n"),
            ("sub/a b.csv", "x\n1\n"),
        ]

    def test_content_that_is_not_here(self, workspace):
        Path("d").mkdir()
        for name in ("a", "b"):
            Path(f"d/{name}.csv").write_text(f"{name}\n1\n")
        version = keep(workspace, "d")
        files_of(workspace, version)[0].path.unlink()
        with pytest.raises(NotFound, match=r"data:d@v1 is not on this machine"):
            files_of(workspace, version)

    @pytest.mark.parametrize("name", ["../../x", "/etc/x", "a//b", "./a"])
    def test_a_list_that_names_what_is_outside(self, workspace, name):
        content = json.dumps([{"md5": "0" * 32, "relpath": name}]).encode()
        hash_ = hashlib.md5(content, usedforsecurity=False).hexdigest() + ".dir"
        with dvc_store.opened(workspace) as store:
            store.cached(hash_).parent.mkdir(parents=True)
            store.cached(hash_).write_bytes(content)
            with pytest.raises(ToolFailed, match="no sound list"):
                store.listing(hash_)


class TestTables:
    @pytest.mark.parametrize(
        ("name", "write"),
        [
            ("t.parquet", "to_parquet"),
            ("t.csv", "to_csv"),
            ("t.csv.gz", "to_csv"),
            ("T.CSV", "to_csv"),
            ("t.feather", "to_feather"),
        ],
    )
    def test_each_format(self, workspace, name, write):
        more = {"index": False} if write == "to_csv" else {}
        getattr(pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}), write)(name, **more)
        assert rows(workspace, [a_file(Path(name))]) == [(1, "x"), (2, "y")]

    def test_lines_of_json_and_tabs(self, workspace):
        Path("t.jsonl").write_text('{"a": 1}\n{"a": 2}\n')
        Path("t.tsv").write_text("a\tb\n1\tx,y\n")
        assert rows(workspace, [a_file(Path("t.jsonl"))]) == [(1,), (2,)]
        assert rows(workspace, [a_file(Path("t.tsv"))]) == [(1, "x,y")]

    def test_parts_are_matched_by_column_names(self, workspace):
        Path("a.csv").write_text("x,y\n1,2\n")
        Path("b.csv").write_text("y,x\n4,3\n")
        assert rows(workspace, [a_file(Path("a.csv")), a_file(Path("b.csv"))]) == [(1, 2), (3, 4)]

    def test_names_that_sql_would_trip_over(self, workspace):
        path = Path("it's (a) [b] $x.csv")
        path.write_text("x\n1\n")
        assert rows(workspace, [a_file(path)]) == [(1,)]

    @pytest.mark.parametrize("names", [["a.png"], ["a.csv", "b.parquet"], []])
    def test_what_is_no_table(self, workspace, names):
        for name in names:
            Path(name).write_text("x")
        with pytest.raises(BadInput, match="no table"):
            rows(workspace, [a_file(Path(name)) for name in names])

    def test_what_is_not_what_its_name_says(self, workspace):
        Path("a.parquet").write_text("x,y\n")
        with pytest.raises(BadInput, match=r"a.parquet cannot be read as parquet"):
            rows(workspace, [a_file(Path("a.parquet"))])
