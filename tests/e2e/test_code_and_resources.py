"""Code, environment and resources of runs, in a real store."""

from __future__ import annotations

import json
import subprocess
import time
import uuid
from pathlib import Path

import pytest
from mlflow import MlflowClient

import mlops_jupyter as mlops
from mlops_jupyter import git
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.capture import code, code_files, objects, resources
from tests.shells import Cells

IDENTITY = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
DATA = """
import numpy as np
from sklearn.tree import DecisionTreeClassifier
X = np.arange(40.0).reshape(20, 2)
y = np.arange(20) % 2
"""


@pytest.fixture
def cells(workspace):
    git.run(workspace.root, "add", "--all")
    git.run(workspace.root, *IDENTITY, "commit", "--quiet", "-m", "state")
    shell = Cells()
    shell.run("%load_ext mlops_jupyter")
    shell.run(DATA)
    shell.run("%mlops track trees")
    yield shell
    shell.close()


@pytest.fixture
def client(workspace):
    return MlflowClient(tracking_uri=workspace.embedded_store.uri)


def files_of(client: MlflowClient, run_id: str) -> Path:
    return objects.local_folder(client.get_run(run_id).info.artifact_uri)


def test_the_code_of_a_run_comes_back_from_its_artifacts(cells, workspace, client, tmp_path):
    name = f"helpers_{uuid.uuid4().hex[:8]}"
    (workspace.root / "depths.py").write_text("DEPTH = 1\n")
    git.run(workspace.root, "add", "depths.py")
    git.run(workspace.root, *IDENTITY, "commit", "--quiet", "-m", "depths")
    (workspace.root / "depths.py").write_text("DEPTH = 2\n")
    (workspace.root / f"{name}.py").write_text("def depth():\n    return 2\n")
    cells.run(f"import sys; sys.path.insert(0, '.'); import {name}")
    cells.run(f"DecisionTreeClassifier(max_depth={name}.depth()).fit(X, y)")
    (line,) = cells.shown
    assert "code (2 changed files" in line["text/plain"]
    assert "environment" in line["text/plain"]
    run = client.get_run(mlops.runs(workspace).runs[0].run_id)
    known = json.loads(run.data.tags[tags.CODE])
    assert set(known["changed"]) == {"depths.py", f"{name}.py"}
    assert name in {module["name"] for module in known["modules"]}

    restored = tmp_path / "restored"
    folder = files_of(client, run.info.run_id)
    git.run(tmp_path, "clone", "--quiet", str(workspace.root), str(restored))
    git.run(restored, "checkout", "--quiet", known["commit"])
    git.run(restored, "apply", str(folder / "code/changes.patch"))
    assert (restored / "depths.py").read_text() == "DEPTH = 2\n"
    assert (folder / f"code/files/{name}.py").read_text() == "def depth():\n    return 2\n"
    requirements = (folder / "environment/requirements.txt").read_text()
    assert "scikit-learn==" in requirements
    assert json.loads(run.data.tags[tags.SEEDS])["numpy"]


def test_what_a_hundred_runs_have_in_common_lies_there_once(cells, workspace, client):
    (workspace.root / "conf.yaml").write_text("depth: 2\n" * 1000)
    for _ in range(3):
        cells.run("DecisionTreeClassifier().fit(X, y)")
    found = [files_of(client, run.run_id) for run in mlops.runs(workspace).runs]
    for name in ("code/files/conf.yaml", "environment/requirements.txt"):
        inodes = {(folder / name).stat().st_ino for folder in found}
        assert len(found) == 3
        assert len(inodes) == 1


def test_each_run_and_the_cell_have_their_figures(cells, workspace):
    cells.run(
        "import time\n"
        "block = bytearray(300_000_000); block[::4096] = b'x' * len(block[::4096]); del block\n"
        "time.sleep(0.3)\n"
        "DecisionTreeClassifier().fit(X, y)"
    )
    (run,) = mlops.runs(workspace).runs
    fit, cell = (
        {name: run.metrics[f"system/{prefix}{name}"] for name in
         ("wall_seconds", "cpu_seconds", "peak_memory_megabytes")}
        for prefix in ("", "cell_")
    )  # fmt: skip
    assert cell["wall_seconds"] > fit["wall_seconds"] + 0.25
    assert cell["peak_memory_megabytes"] > fit["peak_memory_megabytes"] + 200
    assert run.main_metric
    assert not run.main_metric.startswith("system/")


def test_siblings_have_each_their_own(cells, workspace):
    cells.run("for depth in (1, 2, 3): DecisionTreeClassifier(max_depth=depth).fit(X, y)")
    found = mlops.runs(workspace).runs
    assert len(found) == 4
    assert all("system/wall_seconds" in run.metrics for run in found)
    whole = next(run for run in found if run.parent_run_id is None)
    parts = [run.metrics["system/wall_seconds"] for run in found if run.parent_run_id]
    assert whole.metrics["system/wall_seconds"] > sum(parts)


@pytest.mark.parametrize("ending", ["raise ValueError", "raise KeyboardInterrupt"])
def test_a_fit_that_does_not_end_has_figures_too(cells, workspace, ending):
    cells.run(
        "class Bad(DecisionTreeClassifier):\n"
        "    def fit(self, X, y):\n"
        f"        {ending}\n"
        "from sklearn.pipeline import make_pipeline"
    )
    with pytest.raises((ValueError, KeyboardInterrupt)):
        cells.run("make_pipeline(Bad()).fit(X, y)")
    (run,) = mlops.runs(workspace).runs
    assert run.status in ("FAILED", "KILLED")
    assert "system/wall_seconds" in run.metrics


def test_a_long_fit_has_curves(cells, workspace, client, monkeypatch):
    monkeypatch.setattr(resources, "LONG", 0.2)
    cells.run(
        "import time\n"
        "class Slow(DecisionTreeClassifier):\n"
        "    def fit(self, X, y):\n"
        "        time.sleep(1.5)\n"
        "        return super().fit(X, y)\n"
        "from sklearn.pipeline import make_pipeline\n"
        "make_pipeline(Slow()).fit(X, y)"
    )
    (run,) = mlops.runs(workspace).runs
    for name in ("cpu_utilization_percentage", "process_memory_megabytes"):
        points = client.get_metric_history(run.run_id, f"system/{name}")
        assert len(points) >= 2, name
        assert len({point.timestamp for point in points}) == len(points)


def test_one_look_at_the_code_for_all_runs_of_a_cell(cells, workspace, monkeypatch):
    cells.run("DecisionTreeClassifier().fit(X, y)")
    asked = []
    run = subprocess.run

    def spy(command, *args, **kwargs):
        asked.append(" ".join(map(str, command)))

        return run(command, *args, **kwargs)

    monkeypatch.setattr(subprocess, "run", spy)
    cells.run("for depth in (1, 2, 3): DecisionTreeClassifier(max_depth=depth).fit(X, y)")
    assert sum("--untracked-files=normal" in command for command in asked) == 1
    assert len(asked) <= 2, asked


def test_a_slow_git_costs_a_cell_no_more_than_a_moment(cells, workspace, monkeypatch, tmp_path):
    cells.run("DecisionTreeClassifier().fit(X, y)")
    program = tmp_path / "bin/git"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    for module in (code, code_files):
        monkeypatch.setattr(module, "PATIENCE", 1.0)
    before = time.monotonic()
    cells.run("DecisionTreeClassifier().fit(X, y)")
    assert time.monotonic() - before < 50, "one git alone would take longer"
    (line,) = cells.shown
    assert "took too long" in line["text/plain"] or "took longer" in line["text/plain"]
    assert len(mlops.runs(workspace).runs) == 2
