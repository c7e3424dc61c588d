"""``mlops log`` in cells, scripts and the shell, with the real embedded store."""

from __future__ import annotations

import json
import math
import shlex
import subprocess
import sys
import time
from pathlib import Path

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient

import mlops_jupyter as mlops
from mlops_jupyter.tracking.store import metric_buffer

POINTS = 1500


@pytest.fixture
def tracked(cells):
    cells.run("%mlops track curves")
    return cells


@pytest.fixture
def runs(workspace):
    return lambda: mlops.runs(workspace).runs


@pytest.fixture
def client(workspace):
    return MlflowClient(workspace.store.uri)


@pytest.fixture
def read(workspace, client):
    """Return the bytes of a run's artifact; all of their paths without a name."""

    def read(run_id, path=None):
        if path is None:
            return [file.path for file in mlops.show(workspace, run_id).artifacts]
        return Path(client.download_artifacts(run_id, path)).read_bytes()

    return read


def history(client, run_id, name):
    return sorted(client.get_metric_history(run_id, name), key=lambda m: (m.step, m.timestamp))


LOOP = f"""\
import mlops_jupyter as mlops
for step in range({POINTS}):
    logged = mlops.log({{"loss": 1 / (step + 1), "rate": 0.1}}, step=step)"""


def test_a_training_loop_is_a_run_with_its_whole_curve(tracked, runs, client):
    tracked.run(LOOP)
    (run,) = runs()
    assert run.status == "FINISHED"
    found = history(client, run.run_id, "loss")
    assert [point.step for point in found] == list(range(POINTS))
    assert [point.value for point in found] == [1 / (step + 1) for step in range(POINTS)]
    assert len(history(client, run.run_id, "rate")) == POINTS
    assert "loss" in tracked.shown[-1]["text/plain"]


def test_the_loop_again_is_a_run_of_its_own(tracked, runs, client):
    tracked.run(LOOP)
    tracked.run(LOOP)
    assert [len(history(client, run.run_id, "loss")) for run in runs()] == [POINTS, POINTS]


def test_a_loop_that_raises_keeps_what_it_had(tracked, runs, client):
    with pytest.raises(ZeroDivisionError):
        tracked.run(LOOP.replace("1 / (step + 1)", "1 / (100 - step)"))
    (run,) = runs()
    assert run.status == "FAILED"
    assert len(history(client, run.run_id, "loss")) == 100


def test_a_curve_that_diverges_is_kept(tracked, runs, client):
    shown = tracked.run(
        "import mlops_jupyter as mlops\n"
        "for step, loss in enumerate([0.5, float('inf'), float('nan')]):\n"
        "    logged = mlops.log({'loss': loss}, step=step)\n"
        "logged"
    )
    (run,) = runs()
    values = [point.value for point in history(client, run.run_id, "loss")]
    assert values[0] == 0.5
    assert values[1] > 1e308
    assert math.isnan(values[2])
    assert str(shown).startswith("logged loss = NaN at step 2 to ")


def test_a_number_for_an_earlier_model_goes_to_its_run(tracked, runs):
    tracked.run(LOOP)
    tracked.run("%mlops log test_auc=0.7  # on the flights of July")
    (run,) = runs()
    assert run.metrics["test_auc"] == 0.7


def test_the_user_s_own_run_wins(workspace, tracked, runs):
    tracked.run(LOOP)
    mlflow.set_tracking_uri(workspace.store.uri)
    try:
        tracked.run(
            "import mlflow\n"
            "with mlflow.start_run(run_name='mine'):\n"
            "    _ = mlops.log({'loss': 0.25, 'note': 'mine'})\n"
            "    mlflow.log_metric('loss', 0.125, step=1)"
        )
    finally:
        mlflow.set_tracking_uri(None)
    (mine,) = [run for run in runs() if run.name == "mine"]
    assert mine.metrics == {"loss": 0.125}
    assert len(runs()) == 2


def test_without_tracking_a_run_of_mlflow_s_will_do(workspace, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", workspace.store.uri)
    with mlflow.start_run(run_name="bare") as active:
        mlops.log({"loss": np.float32(0.5), "ok": True})
    assert mlops.show(workspace, active.info.run_id).summary.metrics == {"loss": 0.5, "ok": 1}


def test_in_a_script(workspace, client):
    with mlops.track("script") as tracked:
        for step in range(300):
            mlops.log({"loss": 1.0}, step=step)
    assert len(history(client, tracked.result.run_id, "loss")) == 300
    with mlops.track("script") as second:
        mlops.log({"loss": 0.5})
    assert second.result.run_id != tracked.result.run_id


FIGURE = """\
from matplotlib.figure import Figure
import pandas as pd
fig = Figure(); ax = fig.add_subplot(); line, = ax.plot([1, 2])
frame = pd.DataFrame({"a": [1, 2]}); text = "free"; auc = 0.75; scores = {"f1": 0.5, "auc": 0.6}"""


def test_live_objects_by_their_names(tracked, runs, read):
    tracked.run(FIGURE)
    shown = tracked.run(
        "%mlops log roc=$fig tables/all=$frame notes.md=$text $auc $scores conf=$scores"
    )
    (run,) = runs()
    assert run.metrics.items() >= {"auc": 0.6, "f1": 0.5}.items()
    names = {"conf.json", "notes.md", "roc.png", "tables/all.head.csv", "tables/all.parquet"}
    assert names <= set(read(run.run_id))
    assert json.loads(read(run.run_id, "conf.json")) == {"f1": 0.5, "auc": 0.6}
    assert "roc.png" in str(shown)
    assert "roc.png" in shown.to_html()


def test_what_was_logged_is_what_was_there(tracked, runs, read):
    tracked.run(FIGURE)
    tracked.run("%mlops log $frame conf=$scores")
    tracked.run("frame['a'] = 0; scores.clear()")
    (run,) = runs()
    assert read(run.run_id, "frame.head.csv") == b",a\n0,1\n1,2\n"
    assert json.loads(read(run.run_id, "conf.json"))["f1"] == 0.5


def test_a_name_that_is_taken_is_numbered_or_replaced(tracked, runs, read):
    tracked.run("%mlops log a=1\n")
    for content in ("one", "two", "three"):
        tracked.run(f"text = '{content}'")
        tracked.run("%mlops log $text")
    (run,) = runs()
    assert [read(run.run_id, f"text{n}.txt") for n in ("", "-2", "-3")] == [
        b"one",
        b"two",
        b"three",
    ]
    tracked.run("%mlops log $text --replace")
    assert read(run.run_id, "text.txt") == b"three"
    assert read(run.run_id, "text-2.txt") == b"two"


def test_the_step_is_in_a_picture_s_name(tracked, runs, read):
    tracked.run(FIGURE)
    tracked.run("for step in (5, 10): mlops_logged = %mlops log sample=$fig --step {step}")
    assert {"sample-step5.png", "sample-step10.png"} <= {
        path for run in runs() for path in read(run.run_id)
    }


def test_files_and_folders_of_the_workspace(workspace, tracked, runs, read):
    Path("out/deep").mkdir(parents=True)
    Path("out/a.txt").write_text("a")
    Path("out/deep/b#1.bin").write_bytes(b"b")
    Path("out/passwords").symlink_to("/etc/passwd")
    Path("out/.env").write_text("TOKEN=1")
    shown = tracked.run("%mlops log --file out --file out/a.txt --file mlops.toml")
    (run,) = runs()
    assert {"out/a.txt", "out/deep/b~231.bin", "out/a-2.txt", "mlops.toml"} <= set(read(run.run_id))
    assert not any("passwords" in path for path in read(run.run_id))
    assert "not logged: passwords: leads out of the workspace" in str(shown)
    assert "out/.env" not in read(run.run_id)
    assert ".env: looks like a file of secrets" in str(shown)
    Path("out/a.txt").write_text("later")
    assert read(run.run_id, "out/a.txt") == b"a"
    tracked.run("%mlops log --file out")
    assert read(run.run_id, "out-2/a.txt") == b"later"
    tracked.run("%mlops log --file .")  # without the store itself, or it would never end
    assert not any(".mlops/" in path or ".git/" in path for path in read(run.run_id))


def test_past_the_budget_the_hash_is_kept(workspace, tracked, runs, read):
    Path("big.bin").write_bytes(b"x" * 1_500_000)
    Path("small.bin").write_bytes(b"x" * 600_000)
    settings = Path("mlops.toml").read_text().replace("copy_limit_mb = 200", "copy_limit_mb = 1")
    Path("mlops.toml").write_text(settings)
    tracked.run("%mlops track curves")
    shown = tracked.run("%mlops log --file big.bin --file small.bin --file small.bin")
    (run,) = runs()
    files = read(run.run_id)
    assert "small.bin" in files
    assert "big.bin" not in files
    pointer = json.loads(read(run.run_id, "big.bin.pointer.json"))
    assert pointer == {
        "path": "big.bin",
        "size": 1_500_000,
        "md5": mlops.data.snapshot(workspace, "big.bin").hash,
    }
    assert "not logged: big.bin: 1.5 MB is past copy_limit_mb" in str(shown)
    assert str(shown).count("not logged") == 2


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("%mlops log", "nothing to log"),
        ("%mlops log =1", "NAME=VALUE"),
        ("%mlops log loss=0,7", "is not a number"),
        ("%mlops log bad*name=1", "no name for a metric"),
        ("%mlops log $nothing", "no variable 'nothing'"),
        ("%mlops log none=$none", "none is None"),
        ("%mlops log ../up=$text", "no name for a file"),
        ("%mlops log thing=$thing", "nothing to show"),
        ("%mlops log --file /etc/passwd", "outside the workspace"),
        ("%mlops log --file nothing.txt", "no file"),
        ("%mlops log --file .mlops", "a store of its own"),
        ("%mlops log loss=1 --step 99999999999999999999", "is no step"),
        ("import mlops_jupyter; mlops_jupyter.log({'loss': 1}, step='first')", "is no step"),
        ("import mlops_jupyter; mlops_jupyter.log({'loss': 1}, step=1.5)", "is no step"),
    ],
)
def test_what_cannot_be_logged_is_told_and_leaves_no_run(tracked, runs, line, told):
    tracked.run("none = None; text = 'x'; thing = object()")
    with pytest.raises(mlops.MlopsError, match=told):
        tracked.run(line)
    assert runs() == []


def test_names_need_not_be_strings(workspace, tracked, runs):
    tracked.run("import mlops_jupyter; mlops_jupyter.log({0: 0.5, 1: 0.7})")
    (run,) = runs()
    assert run.metrics["1"] == 0.7


def test_a_number_alone_has_no_name(workspace):
    with pytest.raises(mlops.MlopsError, match="has no name"):
        mlops.log(workspace, 0.5)


def test_from_the_shell_to_a_run_of_before(workspace, tracked, runs, read):
    tracked.run("%mlops log a=1")
    Path("notes.txt").write_text("later")
    line = "log b=nan --file notes.txt --run last --json"
    shown = subprocess.run(
        [sys.executable, "-m", "mlops_jupyter", *shlex.split(line)],
        capture_output=True,
        text=True,
        check=True,
    )
    answer = json.loads(shown.stdout)
    assert answer["metrics"] == {"b": None}
    assert answer["artifacts"] == [{"path": "notes.txt", "size": 5}]
    (run,) = runs()
    assert math.isnan(run.metrics["b"])
    assert read(run.run_id, "notes.txt") == b"later"


KILLED = """
import os, signal, time
import mlops_jupyter as mlops
with mlops.track("killed"):
    for step in range(40):
        mlops.log({"loss": 1.0}, step=step)
        time.sleep(0.05)
    print("ready", flush=True)
    time.sleep(60)
"""


def test_a_killed_process_loses_a_second_at_most(workspace, client):
    assert metric_buffer.INTERVAL <= 1
    with subprocess.Popen([sys.executable, "-c", KILLED], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        time.sleep(4 * metric_buffer.INTERVAL)
        (run,) = mlops.runs(workspace).runs
        deadline = time.monotonic() + 20  # on a busy machine it is more than a second
        while len(history(client, run.run_id, "loss")) < 40 and time.monotonic() < deadline:
            time.sleep(0.1)
        process.kill()
    assert len(history(client, run.run_id, "loss")) == 40


def test_points_of_a_run_that_stays_open_arrive_meanwhile(tracked, runs, client):
    tracked.run("%mlops track curves --notebook")
    tracked.run(LOOP)
    deadline = time.monotonic() + 20
    while metric_buffer.BUFFER.pending() and time.monotonic() < deadline:
        time.sleep(0.05)
    (run,) = runs()
    assert run.status == "RUNNING"
    assert len(history(client, run.run_id, "loss")) == POINTS
