"""`mlops reproduce`: runs of many kinds made again, with real kernels, git, DVC and MLflow."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nbformat
import pytest
from jupyter_core.utils import ensure_event_loop
from nbformat.v4 import new_code_cell, new_notebook

import mlops_jupyter as mlops
from mlops_jupyter import git
from mlops_jupyter.errors import GateFailed, NotebookFailed
from mlops_jupyter.tracking import tags
from tests.kernels import started

IDENTITY = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
FIT = """
import pandas as pd
from sklearn.tree import DecisionTreeRegressor
frame = pd.read_csv("week.csv")
tree = DecisionTreeRegressor(max_depth=depth, random_state=0).fit(frame[["day"]], frame["late"])
"""


@pytest.fixture(scope="module", autouse=True)
def _close_loop():
    """Jupyter leaves each thread's event loop open, and pytest reports that as an error."""
    yield
    ensure_event_loop().close()


def commit(root, message="state"):
    git.run(root, "add", "--all")
    git.run(root, *IDENTITY, "commit", "--quiet", "--allow-empty", "-m", message)


@pytest.fixture
def project(workspace):
    """A workspace with data that is too much for git, committed."""
    Path("week.csv").write_text("day,late\n1,3\n2,5\n3,2\n4,9\n5,4\n6,1\n7,7\n")
    ignored = Path(".gitignore")
    ignored.write_text(f"{ignored.read_text() if ignored.exists() else str()}\nweek.csv\n/.mlops/\n")
    commit(workspace.root)
    return workspace


@pytest.fixture
def kernel(project):
    """A kernel in which tracking is on."""
    with started(project.root) as opened:
        opened.ok("%load_ext mlops_jupyter\n%mlops track trees")
        yield opened


def notebook(path, *cells, parameters=None):
    made = [new_code_cell(cell) for cell in cells]
    if parameters:
        made.insert(0, new_code_cell(parameters, metadata={"tags": ["parameters"]}))
    kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=made, metadata={"kernelspec": kernelspec}), path)
    return path


def newest(workspace):
    return mlops.runs(workspace).runs[0]


def refused(workspace, run="last", **options):
    """What is told of a run that came out otherwise, or cannot be made again."""
    with pytest.raises(GateFailed) as caught:
        mlops.reproduce(workspace, run, **options)
    return caught.value.result


class TestOfANotebook:
    def test_its_metrics_are_the_same_to_the_last_bit(self, project):
        path = notebook(
            "notebooks/train.ipynb",
            "import mlops_jupyter as mlops\nmlops.log({'score': 1 / rate})",
            parameters="rate = 2.0",
        )
        commit(project.root)
        done = mlops.run(project, path, parameters={"rate": 3.0})
        path.unlink()  # the notebook is gone: what ran is kept with the run

        again = mlops.reproduce(project, f"run:{done.run_id}")

        assert again.verdict == "identical"
        (metric,) = again.metrics
        assert (metric.name, metric.recorded, metric.reproduced) == ("score", 1 / 3, [1 / 3])
        made = mlops.show(project, f"run:{again.reproductions[0]}")
        assert made.tags[tags.REPRODUCES] == done.run_id
        assert made.summary.params == {"rate": "3.0"}
        assert made.summary.experiment == "train"
        assert "identical" in again.to_text()
        assert not path.exists()


class TestOfCells:
    def test_out_of_order(self, kernel, project):
        kernel.ok("depth = 1")
        kernel.ok("def deeper():\n    global depth\n    depth += 1")
        kernel.ok("deeper()")
        kernel.ok("deeper()")
        kernel.ok(FIT)
        run = newest(project)

        again = mlops.reproduce(project, f"run:{run.run_id}")

        assert (again.verdict, again.way) == ("identical", "journal")
        assert {metric.agreement for metric in again.metrics} == {"identical"}
        made = mlops.show(project, f"run:{again.reproductions[0]}")
        assert made.summary.params["max_depth"] == "3"
        assert made.tags[tags.REPRODUCES] == run.run_id
        assert made.code.commit == mlops.show(project, f"run:{run.run_id}").code.commit
