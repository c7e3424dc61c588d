"""The flights example: executed by the real verb, where git knows nobody."""

import json
import os
import subprocess
import sys
from collections import defaultdict

import pytest
from mlflow import MlflowClient

from tests.examples import Executed

# The command, and on the last line the peak memory in kB: its own, and its largest child's.
RUN = """
import resource, sys
from mlops_jupyter.cli import main
code = main(sys.argv[1:])
# Not its own ru_maxrss: that starts from the memory of the process that started it.
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(status["VmHWM"].split()[0], resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""


@pytest.fixture(autouse=True)
def _nobody(tmp_path, monkeypatch):
    """A home without a git identity."""
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "EMAIL"):
        monkeypatch.delenv(name, raising=False)


def results(executed):
    """Return the Results an executed notebook shows, by kind."""
    found = defaultdict(list)
    for _, content in executed.results():
        found[content["kind"]].append(content)
    return found


def test_it_is_one_run_with_data_model_metric_and_drift(demo_workspace):
    workspace = demo_workspace
    source = workspace.root / "notebooks" / "01_flights.ipynb"
    before = source.read_bytes()

    done = subprocess.run(
        [sys.executable, "-c", RUN, "run", str(source), "-p", "n_trees=30", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    answer, memory = done.stdout.splitlines()
    assert sum(int(peak) for peak in memory.split()) < 1_500_000
    run = json.loads(answer)
    assert run["status"] == "FINISHED"
    assert run["cells_executed"] == run["cells_total"]
    assert run["parameters"] == {"last_training_month": 6, "n_trees": 30, "late_minutes": 15}
    # Features known before departure: more would be a leak, less a mistake.
    assert 0.62 < run["metrics"]["test_auc"] < 0.70
    assert source.read_bytes() == before

    executed = Executed(workspace.root / run["output"])
    shown = results(executed)
    assert executed.complaints() == []
    assert [version["ref"] for version in shown["data_version"]] == ["data:flights@v1"]
    whole, month = shown["drift_report"]
    assert [len(report["columns"]) for report in (whole, month)] == [9, 9]
    assert {c["column"] for c in month["columns"] if c["drifted"]} == {"dep_delay", "arr_delay"}

    client = MlflowClient(workspace.store.uri)
    flights = client.get_experiment_by_name("flights")
    (forest,) = client.search_runs([flights.experiment_id])
    assert forest.info.status == "FINISHED"
    assert forest.data.tags["mlflow.runName"] == "forest"
    assert forest.data.tags["mlflow.parentRunId"] == run["run_id"]
    assert json.loads(forest.data.tags["mlops.data"]) == ["data:flights@v1"]
    assert forest.data.metrics["test_auc"] == run["metrics"]["test_auc"]
    assert client.get_run(run["run_id"]).info.status == "FINISHED"
    tags = subprocess.run(
        ["git", "tag", "--list", "mlops/data/*"], capture_output=True, text=True, check=True
    ).stdout.split()
    assert tags == ["mlops/data/flights/v1"]


@pytest.mark.slow
def test_it_runs_by_hand_and_with_other_parameters(demo_workspace):
    workspace = demo_workspace
    source = workspace.root / "notebooks" / "01_flights.ipynb"
    plain = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "notebook", "--execute"]
    subprocess.run(
        [*plain, "--output", "by_hand.ipynb", str(source)],
        check=True,
        capture_output=True,
        cwd=os.fspath(workspace.root.parent),  # nbconvert goes to the notebook's folder
    )
    shown = results(Executed(source.with_name("by_hand.ipynb")))
    assert [logged["name"] for logged in shown["logged"]] == ["forest"]
    done = subprocess.run(
        [sys.executable, "-m", "mlops_jupyter", "run", str(source), "-p", "last_training_month=9"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
