"""`mlops run` as a command: exit codes, streams, Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from mlflow import MlflowClient
from nbformat.v4 import new_code_cell, new_notebook


def write(path, *sources, tags=()):
    cells = [new_code_cell(source) for source in sources]
    cells[0].metadata["tags"] = list(tags)
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": spec}), path)


def command(*words):
    return [sys.executable, "-W", "ignore", "-m", "mlops_jupyter", "run", *words]


def mlops_run(*words):
    return subprocess.run(command(*words), capture_output=True, text=True, check=False)


def runs(workspace):
    client = MlflowClient(workspace.store.uri)
    ids = [experiment.experiment_id for experiment in client.search_experiments()]
    return {run.data.tags["mlflow.runName"]: run for run in client.search_runs(ids)}


def artifacts(workspace, run):
    client = MlflowClient(workspace.store.uri)
    return [item.path for item in client.list_artifacts(run.info.run_id, "notebook")]


def test_json_alone_on_standard_output(workspace):
    # What a cell prints, by whatever way, belongs into the executed notebook.
    write(
        "a.ipynb",
        "n = 1",
        "import os, sys; print('printed'); os.write(1, b'raw\\n'); os.system('echo child');\n"
        "sys.__stdout__.write('original\\n'); sys.__stdout__.flush()",
        tags=["parameters"],
    )
    done = mlops_run("a.ipynb", "-p", "n=2", "--name", "first", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["kind"], answer["status"], answer["name"]) == (
        "notebook_run",
        "FINISHED",
        "first",
    )
    assert answer["parameters"] == {"n": 2}
    assert "cell 2 of 3" in done.stderr


def test_failing_cell_is_exit_code_9(workspace):
    write("a.ipynb", "1 / 0", "open('later', 'w')")
    done = mlops_run("a.ipynb")
    assert done.returncode == 9
    assert done.stdout == ""
    assert "a.ipynb, cell 1 of 2: ZeroDivisionError: division by zero" in done.stderr
    assert "Traceback" not in done.stderr
    assert not Path("later").exists()
    run = runs(workspace)["a"]
    assert run.info.status == "FAILED"
    assert artifacts(workspace, run) == ["notebook/a.ipynb"]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["train.ipynb", "-p", "mnth=3"], 5, "did you mean 'month'"),
        (["train.ipynb", "-p", "month"], 2, "not name=value"),
        (["trian.ipynb"], 4, "did you mean train.ipynb"),
        (["train.ipynb", "--output-dir", "."], 10, "the notebook itself"),
    ],
)
def test_refusals_have_their_exit_codes(workspace, words, code, says):
    write("train.ipynb", "month = 6", tags=["parameters"])
    started = time.monotonic()
    done = mlops_run(*words)
    assert time.monotonic() - started < 10  # no kernel, no store
    assert (done.returncode, done.stdout) == (code, "")
    assert says in done.stderr
    assert runs(workspace) == {}


def test_notebook_stops_at_a_tracked_cell_that_raises(workspace):
    # With a cell magic that only shows the error, Papermill would see a success and go on.
    write(
        "a.ipynb",
        "%load_ext mlops_jupyter",
        "%%mlops track exp --name tried\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "LogisticRegression().fit([[0], [1]], [0, 1])\n"
        "raise RuntimeError('after training')",
        "open('later', 'w')",
    )
    done = mlops_run("a.ipynb")
    assert done.returncode == 9, done.stderr
    assert "a.ipynb, cell 2 of 3: RuntimeError: after training" in done.stderr
    assert not Path("later").exists()
    found = runs(workspace)
    assert found["a"].info.status == "FAILED"
    assert found["tried"].info.status == "FAILED"
    assert found["tried"].data.tags["mlflow.parentRunId"] == found["a"].info.run_id
    assert "notebook/a.ipynb" in artifacts(workspace, found["a"])


def test_metrics_logged_by_the_notebook_are_its_runs(workspace):
    write("a.ipynb", "%load_ext mlops_jupyter\nauc = 0.71234", "%mlops log auc={auc:.3f}")
    done = mlops_run("a.ipynb", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["metrics"] == {"auc": 0.712}
    metrics = runs(workspace)["a"].data.metrics
    logged = {name: value for name, value in metrics.items() if not name.startswith("system/")}
    assert logged == {"auc": 0.712}


def test_a_notebook_runs_another_one(workspace):
    write("inner.ipynb", "n = 1", "open(f'inner-{n}', 'w')", tags=["parameters"])
    write(
        "outer.ipynb",
        "%load_ext mlops_jupyter",
        "done = %mlops run inner.ipynb -p n=2\n"
        "assert (done.status, done.parameters) == ('FINISHED', {'n': 2})",
        "import mlops_jupyter as mlops\n"
        "mlops.run(mlops.Workspace.find(), 'inner.ipynb', parameters={'m': 3})",
    )
    done = mlops_run("outer.ipynb")
    assert done.returncode == 9
    assert "cell 3 of 3: BadInput: the notebook has no parameter 'm'" in done.stderr
    assert Path("inner-2").exists()
    found = runs(workspace)
    assert found["inner"].info.status == "FINISHED"
    assert found["inner"].data.params == {"n": "2"}


def test_our_own_errors_are_told_in_one_line(workspace):
    write("a.ipynb", "%load_ext mlops_jupyter", "%mlops data snapshot nothing.csv")
    done = mlops_run("a.ipynb")
    assert done.returncode == 9
    assert "a.ipynb, cell 2 of 2: NotFound: " in done.stderr
    assert "nothing.csv" in done.stderr


def test_ctrl_c_kills_the_run_and_keeps_the_notebook_so_far(workspace):
    write(
        "a.ipynb",
        "import os; open('pid', 'w').write(str(os.getpid())); print('so far')",
        "open('started', 'w').close(); import time; time.sleep(120)",
        "open('later', 'w')",
    )
    process = subprocess.Popen(
        command("a.ipynb"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell starts background jobs with Ctrl-C ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    deadline = time.monotonic() + 300
    while not Path("started").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert Path("started").exists()
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=300)
    assert process.returncode == 130
    assert "Traceback" not in stderr
    run = runs(workspace)["a"]
    assert run.info.status == "KILLED"
    assert run.data.tags["mlops.error"] == "stopped by the user, cell 2 of 3"
    (path,) = artifacts(workspace, run)
    assert "destroyed but it is pending" not in stderr
    client = MlflowClient(workspace.store.uri)
    executed = nbformat.read(client.download_artifacts(run.info.run_id, path), as_version=4)
    outputs = [o for cell in executed.cells for o in cell.get("outputs", [])]
    assert outputs[0].text == "so far\n"
    assert outputs[-1].ename == "KeyboardInterrupt"
    assert not Path("later").exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int(Path("pid").read_text()), 0)


def test_help_is_quick_and_whole():
    done = mlops_run("--help")
    assert done.returncode == 0
    for option in (
        "--parameter",
        "--name",
        "--experiment",
        "--timeout",
        "--kernel",
        "--output-dir",
    ):
        assert option in done.stdout
