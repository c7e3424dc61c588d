"""What is compared, end to end: data of runs and models, a log that grows, Spark."""

from __future__ import annotations

import json
import threading

import numpy as np
import pandas as pd
import pytest

import mlops_jupyter as mlops
from mlops_jupyter import drift
from mlops_jupyter.data import snapshot
from mlops_jupyter.drift.sides import read, tables_of
from mlops_jupyter.errors import NotFound, UsageError


def weather(warmer=0.0, rows=400, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "temp": rng.normal(60 + warmer, 8, rows),
            "humid": rng.uniform(20, 90, rows),
            "origin": rng.choice(["EWR", "JFK", "LGA"], rows),
            "late": rng.integers(0, 2, rows),
        }
    )


@pytest.fixture
def here(workspace, monkeypatch):
    monkeypatch.chdir(workspace.root)
    return workspace


def train(frame, **options):
    from sklearn.linear_model import LogisticRegression

    with mlops.track("late", **options):
        LogisticRegression().fit(frame()[["temp", "humid"]], frame()["late"])


def register(workspace, run_id, name):
    from mlops_jupyter.tracking.store.opening import client

    opened = client(workspace)
    opened.create_registered_model(name)
    opened.create_model_version(name, source=f"runs:/{run_id}/model", run_id=run_id)


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_version_of_data(here, kind):
    if kind == "file":
        weather().to_csv("june.csv", index=False)
        snapshot(here, "june.csv")
    else:
        (here.root / "june").mkdir()
        for part in range(2):
            weather(rows=200, seed=part).to_parquet(f"june/{part}.parquet", index=False)
        snapshot(here, "june")
    source = read(here, "data:june@v1", "reference")
    assert source.rows == 400
    assert source.reference == "data:june@v1"
    assert source.label == ("data:june@v1" if kind == "file" else "data:june@v1 (2 files)")
    report = drift.detect(here, "data:june@v1", weather(30, seed=7))
    assert "temp" in {column.column for column in report.columns if column.drifted}


def test_what_a_run_and_its_model_were_trained_on(here):
    weather().to_csv("june.csv", index=False)
    train(lambda: pd.read_csv("june.csv"), name="forest")
    assert read(here, "run:forest", "reference").rows == 400  # its copy is waited for
    weather(30).to_csv("june.csv", index=False)  # what it was trained on is another content now
    source = read(here, "run:forest", "reference")
    assert source.rows == 400
    assert source.frame(["temp"])["temp"].mean() == pytest.approx(60, abs=2)
    assert "run:" in source.label
    register(here, mlops.runs(here).runs[0].run_id, "late")
    for named in ("model:late@1", "model:late"):
        of_model = read(here, named, "reference")
        assert of_model.reference == "model:late@1"
        assert of_model.rows == 400
    report = drift.detect(here, "model:late@1", "june.csv")
    assert {column.column for column in report.columns if column.drifted} == {"temp"}


def test_a_run_of_a_version_of_data(here):
    weather().to_csv("june.csv", index=False)
    snapshot(here, "june.csv")
    train(lambda: mlops.load("data:june@v1"), name="forest")
    source = read(here, "run:forest", "reference")
    assert source.label.startswith("data:june@v1 of run:")
    assert source.rows == 400


def test_a_run_that_read_nothing_says_what_to_do(here):
    frame = weather()
    train(lambda: frame, name="forest")
    with pytest.raises(NotFound, match=r"nothing that run:.* was trained on is kept") as raised:
        read(here, "run:forest", "reference")
    assert "mlops data snapshot" in raised.value.hint


def test_a_run_that_read_several_files_lists_them(here):
    for name in ("june", "july"):
        weather().to_csv(f"{name}.csv", index=False)
        snapshot(here, f"{name}.csv")

    def both():
        return pd.concat([mlops.load("data:june@v1"), mlops.load("data:july@v1")])

    train(both, name="forest")
    with pytest.raises(UsageError, match="was trained on 2 data") as raised:
        read(here, "run:forest", "reference")
    assert "data:june@v1" in raised.value.hint
    assert "data:july@v1" in raised.value.hint


def test_a_run_or_model_that_is_not_there(here):
    train(weather, name="forest")
    for missing in ("run:tree", "model:tree@1"):
        with pytest.raises(NotFound):
            read(here, missing, "reference")


def test_a_prediction_log_is_read_while_it_grows(here):
    path = here.root / "predictions.jsonl"
    rows = weather(rows=2000).to_dict("records")
    with path.open("w", encoding="utf-8") as log:
        log.writelines(json.dumps(row) + "\n" for row in rows[:200])
    stop = threading.Event()

    def write():
        with path.open("a", encoding="utf-8") as log:
            while not stop.is_set():
                for row in rows:
                    line = json.dumps(row) + "\n"
                    log.write(line[:20])
                    log.flush()  # a reader sees half a line
                    log.write(line[20:])
                    if stop.is_set():
                        return

    writer = threading.Thread(target=write)
    writer.start()
    try:
        seen = []
        for _ in range(15):
            source = read(here, "predictions.jsonl", "current")
            frame = source.frame(["temp", "origin", "late"])
            assert not frame.isna().any().any()
            assert set(frame["origin"]) == {"EWR", "JFK", "LGA"}
            assert {note.kind for note in source.notes} <= {"left_out"}
            seen.append(source.rows)
    finally:
        stop.set()
        writer.join()
    assert seen == sorted(seen)
    assert seen[-1] > seen[0]


@pytest.fixture(scope="module")
def spark():
    pyspark = pytest.importorskip("pyspark.sql")
    session = (
        pyspark.SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.xdist_group("spark")
def test_a_frame_of_spark_is_read_and_compared_with_a_file(here, spark):
    before, after = weather(), weather(30, seed=7)
    after.to_parquet("july.parquet", index=False)
    given = spark.createDataFrame(before)
    source = read(here, given, "reference")
    assert source.rows == 400
    assert source.names == list(before.columns)
    frame = source.frame(["temp", "origin"])
    assert sorted(frame["temp"]) == sorted(before["temp"])
    drawn = source.frame(["temp", "late"], limit=50, seed=3)
    assert len(drawn) == 50
    assert drawn.equals(source.frame(["temp", "late"], limit=50, seed=3))
    report = drift.detect(here, given, "july.parquet")
    of_frames = drift.detect(here, before, after)
    assert [(c.column, c.drifted) for c in report.columns] == (
        [(c.column, c.drifted) for c in of_frames.columns]
    )
    assert [c.score for c in report.columns] == pytest.approx([c.score for c in of_frames.columns])
    both = tables_of(source, read(here, spark.createDataFrame(after), "current"))
    assert both.backend == "PySpark"
    assert both.pair("late").frequencies().counts.reference.sum() == 400
