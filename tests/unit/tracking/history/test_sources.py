"""Which way a store is read, and what happens where its file cannot be."""

import os
import sqlite3
import subprocess
import sys

import pytest

import mlops_jupyter as mlops
from mlops_jupyter.tracking.history import sources, sqlite_source
from mlops_jupyter.tracking.store import opening


def way(workspace):
    with sources.opened(workspace) as source:
        return type(source)


def test_a_file_is_read_without_mlflow_also_while_a_run_lives(workspace, store):
    store.run("done")
    with mlops.track("flights", name="living", workspace=workspace):
        mlops.log(workspace, {"auc": 0.7})
        code = (
            "import sys, mlops_jupyter as mlops; ws = mlops.Workspace.find();"
            "print([run.name for run in mlops.runs(ws, sort='time').runs]);"
            "print('mlflow' in sys.modules)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True,
            cwd=workspace.root, env=dict(os.environ),
        )  # fmt: skip
    assert done.stdout.split("\n")[:2] == ["['living', 'done']", "False"]


def test_what_waits_to_be_written_is_written_first(workspace, store):
    opening.before_opening(late := lambda: store.run("late"))
    try:
        assert [run.name for run in mlops.runs(workspace).runs] == ["late"]
    finally:
        opening._before_opening.remove(late)


def test_another_layout_of_tables_is_left_to_mlflow(workspace, store, tmp_path):
    assert way(workspace) is sqlite_source.SqliteSource
    assert sqlite_source.open_file(tmp_path / "missing.db") is None
    (tmp_path / "text.db").write_text("no database at all" * 100)
    assert sqlite_source.open_file(tmp_path / "text.db") is None
    other = tmp_path / "other.db"
    with sqlite3.connect(workspace.store.sqlite_path) as old, sqlite3.connect(other) as new:
        old.backup(new)
        new.execute("ALTER TABLE latest_metrics RENAME COLUMN is_nan TO odd")
    old.close()
    new.close()
    assert sqlite_source.open_file(other) is None


def test_a_file_is_never_written_to(workspace, store):
    store.run("a")
    path = workspace.store.sqlite_path
    before = path.read_bytes()
    mlops.runs(workspace, sort="time:asc", where="name = a")
    assert path.read_bytes() == before
    source = sqlite_source.open_file(path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        source._connection.execute("DELETE FROM runs")
    source.close()


def test_a_file_that_another_process_writes_is_read_all_the_same(workspace, store, monkeypatch):
    monkeypatch.setattr(sqlite_source, "_SECONDS_OF_PATIENCE", 0.1)
    holder = sqlite3.connect(workspace.store.sqlite_path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    assert mlops.runs(workspace).runs == []  # with a write-ahead log readers go on
    holder.close()
    assert mlops.runs(workspace).runs == []
