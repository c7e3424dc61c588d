"""What was read becomes inputs: hashed as it was, with versions, groups, contexts; and outputs."""

import json
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
import polars as pl
import pytest
import xgboost
from mlflow import MlflowClient
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.tree import DecisionTreeClassifier

import mlops_jupyter as mlops
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.capture import inputs, writes
from mlops_jupyter.tracking.capture.fit_arguments import given_to_fit, given_to_trainer
from mlops_jupyter.tracking.capture.provenance import Provenance
from mlops_jupyter.tracking.run_parts import DataInput

FRAME = pd.DataFrame({"a": [1, 2, 3], "b": list("xyz")})


@pytest.fixture
def collect(workspace, reads):
    return lambda: inputs.collect(workspace, reads)


def only(found):
    (entry,), skipped = found
    assert skipped == []
    return entry


def test_a_file_with_hash_size_rows_schema_and_version(workspace, collect, reads):
    FRAME.to_parquet("x.parquet")
    version = mlops.data.snapshot(workspace, "x.parquet")
    pd.read_parquet("x.parquet")
    entry = only(collect())
    assert (entry.kind, entry.name, entry.source) == ("file", "x.parquet", "x.parquet")
    assert (entry.digest, entry.version) == (version.hash, "data:x@v1")
    assert (entry.rows, entry.columns) == (3, 2)
    assert entry.size == Path("x.parquet").stat().st_size
    assert [(c.name, c.type) for c in entry.column_types] == [("a", "int64"), ("b", "object")]


def test_headers_tell_what_a_lazy_read_does_not(collect, reads):
    FRAME.to_parquet("x.parquet")
    np.save("x.npy", np.zeros((4, 2)))
    Path("torn.parquet").write_bytes(b"PAR1")
    pl.scan_parquet("x.parquet").collect()
    np.load("x.npy")
    Path("torn.parquet").read_bytes()
    found, skipped = collect()
    assert {e.name: e.rows for e in found} == {"x.parquet": 3, "x.npy": 4, "torn.parquet": None}
    assert skipped == []
    assert found[0].column_types[0].name == "a"


def test_what_was_hashed_in_time_stays_true_and_what_was_not_is_said(collect, reads):
    Path("x.csv").write_text("a\n1\n")
    pd.read_csv("x.csv")
    before = only(collect()).digest
    Path("x.csv").write_text("a\n2\n3\n")
    assert only(collect()).digest == before
    pd.read_csv("x.csv")
    Path("x.csv").write_text("a\n4\n5\n6\n")
    found, skipped = collect()
    assert found == [] and skipped == ["hash of x.csv: changed since it was read"]


def test_the_budget_is_kept_and_said(workspace, reads):
    (workspace.root / "mlops.toml").write_text("[data]\nhash_limit_mb = 0\n")
    small = mlops.Workspace.find(workspace.root)
    Path("x.csv").write_text("a\n1\n")
    pd.read_csv("x.csv")
    found, skipped = inputs.collect(small, reads)
    assert found == [] and "hash_limit_mb" in skipped[0]


def test_many_files_of_a_folder_are_one_input_with_dvcs_hash(workspace, collect, reads):
    for kind in ("cat", "dog"):
        folder = Path("images") / kind
        folder.mkdir(parents=True)
        for number in range(20):
            (folder / f"{number}.png").write_bytes(bytes([number]) * 10)
    version = mlops.data.snapshot(workspace, "images")
    for path in Path("images").rglob("*.png"):
        path.read_bytes()
    entry = only(collect())
    assert (entry.kind, entry.source, entry.files, entry.size) == ("folder", "images", 40, 400)
    assert (entry.digest, entry.version) == (version.hash, "data:images@v1")


def test_a_folder_read_as_one_has_dvcs_hash(workspace, collect, reads):
    Path("parts").mkdir()
    for part in range(3):
        FRAME.to_parquet(f"parts/{part}.parquet")
    version = mlops.data.snapshot(workspace, "parts")
    pd.read_parquet("parts")
    entry = only(collect())
    assert (entry.kind, entry.rows, entry.digest) == ("folder", 9, version.hash)
    assert entry.version == "data:parts@v1"


def test_what_this_cell_builds_on_comes_first(collect, reads, monkeypatch):
    monkeypatch.setattr(reads, "provenance", Provenance({"pd": pd}))
    for name in ("a", "b"):
        Path(f"{name}.csv").write_text(f"{name}\n1\n")
    for cell in ("b = pd.read_csv('b.csv')", "a = pd.read_csv('a.csv')"):
        reads.begin_cell(cell)
        pd.read_csv(f"{cell[0]}.csv")
    reads.begin_cell("model.fit(a)")
    found, _ = collect()
    assert [(e.name, e.context) for e in found] == [("a.csv", "training"), ("b.csv", "earlier")]
    assert inputs.shown(found).startswith("data:a.csv@")


def test_a_temporary_file_that_is_gone_is_nothing_to_tell(collect, reads, tmp_path):
    path = tmp_path / "thrown away.csv"
    path.write_text("a\n1\n")
    pd.read_csv(path)
    path.unlink()
    assert collect() == ([], [])


@pytest.fixture
def website(tmp_path):
    """A server of another process: what it opens is not what this one reads."""
    FRAME.to_csv(tmp_path / "x.csv", index=False)
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        port = re.search(r"port (\d+)", server.stdout.readline())[1]
        yield f"http://127.0.0.1:{port}"
        server.terminate()


def test_an_address_has_the_digest_of_what_came(website, collect, reads, tmp_path):
    pd.read_csv(f"{website}/x.csv?token=abcdef&month=6")
    entry = only(collect())
    assert (entry.kind, entry.name, entry.rows) == ("url", "x.csv", 3)
    assert entry.source == f"{website}/x.csv?month=6"
    FRAME.assign(a=[1, 2, 4]).to_csv(tmp_path / "x.csv", index=False)
    pd.read_csv(f"{website}/x.csv?token=other&month=6")
    assert only(collect()).digest != entry.digest


def test_what_fit_is_given_is_digested_and_what_cannot_be_is_said():
    given = given_to_fit((object(), FRAME[["a"]], np.zeros(3)), {"sample_weight": None})
    found, skipped = inputs.of_fit(given)
    assert [(e.name, e.kind, e.rows) for e in found] == [("X", "frame", 3), ("y", "frame", 3)]
    assert skipped == []
    found, skipped = inputs.of_fit({"X": (row for row in [1])})
    assert found == [] and skipped[0].startswith("digest of X: ")


def test_arguments_of_a_fit_that_hold_data():
    weights = np.ones(3)
    tree = DecisionTreeClassifier()
    assert list(given_to_fit((tree, FRAME, FRAME.a, weights), {})) == ["X", "y", "sample_weight"]
    assert list(given_to_fit((tree, FRAME), {"y": FRAME.a, "check_input": True})) == ["X", "y"]
    assert list(given_to_fit((CountVectorizer(), ["a", "b"]), {})) == ["raw_documents"]


def test_what_xgboost_and_lightgbm_train_on_is_taken_apart():
    values, labels = np.arange(6.0).reshape(3, 2), np.array([0, 1, 0])
    matrix = xgboost.DMatrix(values, labels)
    found, skipped = inputs.of_fit(given_to_trainer(matrix))
    assert ([(e.name, e.rows) for e in found], skipped) == ([("X", 3), ("y", 3)], [])
    found, skipped = inputs.of_fit(given_to_trainer(lightgbm.Dataset(values, labels)))
    assert ([(e.name, e.rows) for e in found], skipped) == ([("X", 3), ("y", 3)], [])


def test_mlflow_keeps_it_all_and_show_reads_it_back(workspace, collect, reads):
    from mlops_jupyter.tracking.store.opening import client as open_client
    from mlops_jupyter.tracking.writer import open_run

    FRAME.to_parquet("x.parquet")
    pd.read_parquet("x.parquet")
    Path("query.sql").write_text("x")
    found, _ = collect()
    given, _ = inputs.of_fit({"X": FRAME, "y": FRAME["a"]})
    run = open_run(workspace, experiment="e", name="r")
    opened = open_client(workspace)
    for _ in range(2):  # the same content is kept once
        inputs.log(opened, run.run_id, [*found, *given, *given])
    written, skipped = writes.collect(workspace, reads)
    writes.log(opened, run.run_id, written)
    run.finish()
    assert skipped == []
    shown = mlops.show(workspace, run.run_id)
    told, read_back = ([each.model_dump() for each in sorted(entries, key=lambda e: e.name)]
                       for entries in ([*given, *found], shown.inputs))  # fmt: skip
    assert read_back == told
    assert [(o.path, o.size) for o in shown.outputs] == [
        ("x.parquet", Path("x.parquet").stat().st_size), ("query.sql", 1)
    ]  # fmt: skip
    assert [ref.partition("@")[0] for ref in shown.summary.data] == ["data:x.parquet"]
    dataset = opened.get_run(run.run_id).inputs.dataset_inputs[0].dataset
    import mlflow.data

    assert mlflow.data.get_source(dataset) is not None


def test_outputs_are_those_of_the_cell_that_are_still_there(workspace, reads):
    Path("before.csv").write_text("x")
    reads.begin_cell("write")
    Path("now.csv").write_text("x")
    Path("gone.csv").write_text("x")
    Path("gone.csv").unlink()
    found, skipped = writes.collect(workspace, reads)
    assert ([o.path for o in found], skipped) == (["now.csv"], [])
    for number in range(40):
        Path(f"{number}.csv").write_text("x")
    found, skipped = writes.collect(workspace, reads)
    assert len(found) == 25 and skipped == ["16 more files that were written"]


def test_one_dataset_logged_by_many_threads_at_once(workspace):
    client = MlflowClient(workspace.store.uri)
    found, _ = inputs.of_fit({"X": FRAME})
    run_ids = [client.create_run("0").info.run_id for _ in range(12)]
    together = threading.Barrier(len(run_ids))

    def log(run_id):
        together.wait()
        inputs.log(client, run_id, found)

    with ThreadPoolExecutor(len(run_ids)) as pool:
        list(pool.map(log, run_ids))
    logged = [client.get_run(run_id).inputs.dataset_inputs for run_id in run_ids]
    assert [len(entries) for entries in logged] == [1] * len(run_ids)


def test_of_files_that_were_read_aside_nobody_asks_later_whether_they_changed(workspace):
    store = MlflowClient(tracking_uri=workspace.store.uri)
    run_id = store.create_run("0").info.run_id
    read = {"used.csv": inputs.TRAINING, "aside.csv": tags.EARLIER}
    found = [
        DataInput(
            kind="file", name=name, source=name, digest=digest * 32, context=context, size=1,
            mtime_ns=1,
        )
        for digest, (name, context) in zip("01", read.items(), strict=True)
    ]  # fmt: skip
    inputs.log(store, run_id, found)
    kept = json.loads(store.get_run(run_id).data.tags[tags.DATA_FILES])
    assert kept == [["used.csv", "0" * 32, 1, 1]]
