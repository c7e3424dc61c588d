"""`mlops sweep`, with real kernels, Dask, Optuna and a real store."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from mlflow import MlflowClient
from nbformat.v4 import new_code_cell, new_notebook

import mlops_jupyter as mlops
from mlops_jupyter import cli
from mlops_jupyter.errors import BadInput, MissingExtra, NotFound, UsageError
from mlops_jupyter.sweeps import workers as _workers
from mlops_jupyter.sweeps.space import Choices, Range, Space
from mlops_jupyter.tracking import tags

pytestmark = [
    pytest.mark.xdist_group("sweep"),  # one cluster is enough
    pytest.mark.usefixtures("_closed_loop"),
]


@pytest.fixture(scope="module")
def cluster():
    """Two workers that are there already: most of a sweep's time is their start."""
    from distributed import LocalCluster

    before = dict(os.environ)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        with LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
            silence_logs=50,
        ) as started:
            yield started.scheduler_address
    # Dask sets numbers of threads in this process, too.
    os.environ.clear()
    os.environ.update(before)


def write(code, parameters="x: int = 1", path="n.ipynb"):
    cells = [
        new_code_cell(parameters, metadata={"tags": ["parameters"]}),
        new_code_cell(code),
    ]
    kernel = {"name": "python3", "display_name": "python3", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path


def every_run(client):
    return client.search_runs([each.experiment_id for each in client.search_experiments()])


def runs_of(workspace, **wanted):
    """Runs that were not repeated, with the tags that are wanted; by number of the trial."""
    every = every_run(MlflowClient(workspace.store.uri))
    found = [run for run in every if tags.SWEEP_TRIAL in run.data.tags]
    return {
        int(run.data.tags[tags.SWEEP_TRIAL]): run
        for run in found
        if tags.SWEEP_REPEATED not in run.data.tags and wanted.items() <= run.data.tags.items()
    }


def test_a_grid_on_four_workers_and_one_store(workspace, capsys):
    write(
        "import mlops_jupyter as mlops\nmlops.log({'score': x * y})\nassert x != 3, 'three'",
        "x: int = 1\ny: float = 0.5",
    )
    words = ["sweep", "n.ipynb", "-p", "x=1..3", "-p", "y=0.1,0.2", "--workers", "4", "--json"]

    assert cli.main(words) == 1  # two trials failed

    told = capsys.readouterr()
    sweep = json.loads(told.out)
    assert (sweep["kind"], sweep["metric"], sweep["direction"]) == ("sweep", "score", "higher")
    assert [trial["values"] for trial in sweep["trials"][:4]] == [
        {"x": 2, "y": 0.2},
        *sorted(({"x": 1, "y": 0.2}, {"x": 2, "y": 0.1}), key=lambda v: v["x"]),
        {"x": 1, "y": 0.1},
    ]
    assert sweep["best"] == sweep["trials"][0]["number"] == 4
    assert [(t["number"], t["status"]) for t in sweep["trials"][4:]] == [
        (5, "FAILED"),
        (6, "FAILED"),
    ]
    assert "AssertionError: three" in sweep["trials"][4]["error"]
    assert "locked" not in told.err
    parent = MlflowClient(workspace.store.uri).get_run(sweep["run_id"])
    assert parent.info.status == "FINISHED"
    assert parent.data.tags[tags.KIND] == "sweep"
    assert parent.data.params == {"x": "1..3", "y": "0.1,0.2"}
    runs = runs_of(workspace)
    assert sorted(runs) == [1, 2, 3, 4, 5, 6]
    for number, run in runs.items():
        assert run.data.tags[tags.PARENT] == sweep["run_id"]
        assert run.info.status == ("FAILED" if number > 4 else "FINISHED")
        values = json.loads(run.data.tags[tags.SWEEP_VALUES])
        assert run.data.params == {name: str(value) for name, value in values.items()}
        assert run.data.metrics["score"] == values["x"] * values["y"]
    assert list(runs_of(workspace, **{tags.SWEEP_BEST: "true"})) == [4]


def test_points_at_random_are_those_of_the_seed(workspace, cluster):
    write("assert lr < 0.1, lr", "lr: float = 0.1\nn: int = 1\nname: str = 'a'")
    before = dict(os.environ)
    messages = []
    space = {"lr": "1e-4..1e-2:log", "n": range(1, 4), "name": "same"}

    done = mlops.sweep(
        workspace,
        "n.ipynb",
        space=space,
        search="random",
        trials=3,
        seed=7,
        cluster=cluster,
        events=lambda event: messages.append((event.message, event.done, event.total)),
    )

    assert {trial.status for trial in done.trials} == {"FINISHED"}
    drawn = Space(
        {
            "lr": Range(1e-4, 1e-2, None, log=True),
            "n": Choices((1, 2, 3)),
            "name": Choices(("same",)),
        }
    ).sample(3, seed=7)
    assert [trial.values for trial in done.trials] == drawn
    assert (done.seed, done.metric, done.best) == (7, None, None)
    assert done.notes == ["no trial logged a metric: log one with mlops.log({'auc': …})"]
    assert messages[-1][1:] == (3, 3)
    assert any("2 workers on" in message for message, *_ in messages)
    assert dict(os.environ) == before


def test_a_lost_worker_loses_no_trial(workspace, cluster):
    write(
        "import os, pathlib, signal\n"
        "mark = pathlib.Path(f'began-{x}')\n"
        "again = mark.exists()\n"
        "mark.touch()\n"
        "if x == 3 or (x == 2 and not again):\n"
        "    os.kill(os.getppid(), signal.SIGKILL)\n"  # the worker
        "    import time; time.sleep(60)\n"
    )

    done = mlops.sweep(workspace, "n.ipynb", space=["x=1..5"], cluster=cluster)

    by_number = {trial.number: trial for trial in done.trials}
    assert sorted(by_number) == [1, 2, 3, 4, 5]
    assert {n: t.status for n, t in by_number.items()} == {
        1: "FINISHED",
        2: "FINISHED",
        3: "KILLED",
        4: "FINISHED",
        5: "FINISHED",
    }
    assert by_number[2].lost == 1
    assert "given up" in by_number[3].error
    assert any("given up" in note and note.endswith("trials 3") for note in done.notes)
    client = MlflowClient(workspace.store.uri)
    every = every_run(client)
    halves = [run for run in every if tags.SWEEP_REPEATED in run.data.tags]
    assert sorted(run.data.tags[tags.SWEEP_TRIAL] for run in halves) == ["2", "3", "3"]
    assert {run.info.status for run in every} == {"FINISHED", "KILLED"}
    assert all("its worker was lost" in run.data.tags[tags.ERROR] for run in halves)


def test_optuna_stops_what_others_are_better_than(workspace, cluster):
    write(
        "import os, time, mlops_jupyter as mlops\n"
        "place = len(os.listdir('begun'))\n"
        "open(f'begun/{os.getpid()}', 'w').close()\n"
        "poor = place >= 6\n"  # by then five have ended, which the pruner wants, and one may run
        "for step in range(600 if poor else 2):\n"
        "    mlops.log({'loss': 9.0 if poor else x}, step=step)\n"
        "    time.sleep(0.1)\n",
        "x: float = 1",
    )
    Path("begun").mkdir()

    done = mlops.sweep(
        workspace,
        "n.ipynb",
        space=["x=0.0..1.0"],
        search="optuna",
        trials=7,
        metric="loss",
        prune=True,
        seed=1,
        cluster=cluster,
    )

    finished = [trial for trial in done.trials if trial.status == "FINISHED"]
    (pruned,) = [trial for trial in done.trials if trial.status == "PRUNED"]
    assert len(finished) == 6
    assert done.best == finished[0].number
    assert [t.value for t in finished] == sorted(t.values["x"] for t in finished)
    assert "pruned at step" in pruned.error
    assert done.failed == []
    run = MlflowClient(workspace.store.uri).get_run(pruned.run_id)
    assert run.info.status == "KILLED"
    assert int(run.data.tags[tags.SWEEP_PRUNED]) < 599
    assert run.data.params["x"] == str(pruned.values["x"])


def test_ctrl_c_stops_clean_and_continue_goes_on(workspace, cluster):
    write(
        "import pathlib, time\n"
        "with open(f'began-{x}', 'a') as file:\n"
        "    file.write('.')\n"
        "if x > 1 and not pathlib.Path('go').exists():\n"
        "    time.sleep(600)\n"
    )
    command = [sys.executable, "-m", "mlops_jupyter", "sweep", "n.ipynb", "-p", "x=1..4"]
    started = subprocess.Popen(
        [*command, "--workers", "2"],
        env={**os.environ, "SWEEP_UNDER_TEST": str(workspace.root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        wait_for(lambda: Path("began-2").exists() and Path("began-3").exists(), started)
        os.killpg(started.pid, signal.SIGINT)  # as a terminal does: to all of them
        _, told = started.communicate(timeout=120)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)

    assert started.returncode == 130, told
    assert "Traceback" not in told
    assert processes_of(workspace) == []
    assert {number: run.info.status for number, run in runs_of(workspace).items()} == {
        1: "FINISHED",
        2: "KILLED",
        3: "KILLED",
    }
    (reference,) = [line.split()[-1] for line in told.splitlines() if "--continue" in line]
    client = MlflowClient(workspace.store.uri)
    (parent,) = [run for run in every_run(client) if run.data.tags[tags.KIND] == "sweep"]
    assert parent.info.run_id.startswith(reference)
    assert parent.info.status == "KILLED"

    with pytest.raises(UsageError, match="keeps its space"):
        mlops.sweep(workspace, resume=reference, space=["x=1"])
    Path("go").touch()
    done = mlops.sweep(workspace, resume=reference, cluster=cluster)

    assert done.run_id == parent.info.run_id
    assert [(trial.number, trial.status) for trial in done.trials] == [
        (number, "FINISHED") for number in (1, 2, 3, 4)
    ]
    assert [len(Path(f"began-{x}").read_text()) for x in (1, 2, 3, 4)] == [1, 2, 2, 1]
    assert client.get_run(done.run_id).info.status == "FINISHED"


def wait_for(condition, process):
    deadline = time.monotonic() + 200
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)


def processes_of(workspace):
    """What the sweep started and left; a worker's own are told by the environment they got."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("SWEEP_UNDER_TEST") == str(workspace.root):
                found.append(process.cmdline())
    return found


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"space": ["y=1,2"]}, BadInput, "no parameter 'y'"),
        ({"space": ["x=a,b"]}, BadInput, "'x'"),
        ({"space": ["x=1..20000"]}, UsageError, "20,000 trials"),
        ({"space": ["x=1,2"], "trials": 3}, UsageError, "takes no --trials"),
        ({"space": ["x=1,2"], "search": "random", "trials": 3}, UsageError, "has 2 points"),
        ({"space": ["x=1,2"], "search": "optuna"}, UsageError, "--metric auc"),
        ({"space": ["x=1,2"], "metric": "speed"}, UsageError, "--maximize or --minimize"),
        ({"space": ["x=1,2"], "prune": True}, UsageError, "--search optuna"),
        ({"space": ["x=1,2"], "workers": 0}, UsageError, "--workers is 0"),
        ({"space": ["x=1,2"], "workers": 1, "cluster": "tcp://h:1"}, UsageError, "--cluster"),
        ({"space": ["x=1,2"], "timeout": 0}, UsageError, "timeout"),
        ({"space": ["x=1,2"], "kernel": "none"}, BadInput, "there is no kernel 'none'"),
        ({"space": ["x=1,2"], "cluster": "tcp://127.0.0.1:1"}, BadInput, "no Dask scheduler"),
        ({"space": ["x=1,2"], "cluster": "nonsense://"}, BadInput, "no Dask scheduler"),
        ({"resume": "none"}, NotFound, "no run 'none'"),
    ],
)
def test_what_is_refused_starts_nothing(workspace, monkeypatch, options, error, said):
    monkeypatch.setattr(_workers, "_CONNECTING", 0.5)
    write("raise SystemExit(1)")
    with pytest.raises(error, match=said):
        mlops.sweep(workspace, None if "resume" in options else "n.ipynb", **options)
    assert every_run(MlflowClient(workspace.store.uri)) == []


def test_says_which_extra_brings_dask(workspace, monkeypatch):
    write("raise SystemExit(1)")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtra, match=r"dask.*\n.*mlops-jupyter\[sweep\]"):
        mlops.sweep(workspace, "n.ipynb", space=["x=1,2"])


def test_only_a_sweep_can_go_on(workspace):
    with mlops.track("other"):
        mlops.log({"a": 1.0})
    with pytest.raises(BadInput, match="is no sweep"):
        mlops.sweep(workspace, resume="last")
