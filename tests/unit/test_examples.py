"""Every example in a docstring runs, in a real workspace, and shows what it says."""

import doctest
import importlib
import os
import re
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

import mlops_jupyter as mlops
from mlops_jupyter.settings import ENV_TRACKING_URI, ENV_WORKSPACE
from mlops_jupyter.tracking.capture import surroundings
from mlops_jupyter.tracking.capture.journal import Journal
from mlops_jupyter.tracking.store.opening import client
from mlops_jupyter.tracking.store.relocation import relocate
from mlops_jupyter.tracking.writer import OpenRun

pytestmark = pytest.mark.usefixtures("_closed_loop")

PACKAGE = Path(mlops.__file__).parent
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def modules():
    for file in sorted(PACKAGE.rglob("*.py")):
        if ">>>" in file.read_text(encoding="utf-8"):
            parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
            yield ".".join(parts).removesuffix(".__init__")


@pytest.mark.parametrize("name", list(modules()))
def test_examples_are_true(name, namespace):
    module = importlib.import_module(name)
    report = []
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    for test in doctest.DocTestFinder().find(module, extraglobs=namespace):
        if test.examples:
            assert not any(doctest.SKIP in example.options for example in test.examples), test.name
            runner.run(test, out=report.append)
    assert not runner.failures, "".join(report)
    written = Path(module.__file__).read_text(encoding="utf-8")
    assert runner.tries == len(re.findall(r"^ *>>> ", written, re.MULTILINE))  # none overlooked


@pytest.fixture
def namespace(_lived_in, tmp_path, monkeypatch):
    """What examples may name; the current folder is a workspace of the module's own."""
    root = tmp_path / "project"
    shutil.copytree(_lived_in, root, symlinks=True)
    monkeypatch.chdir(root)
    workspace = mlops.Workspace.find()
    relocate(workspace)
    june, july = weather(0), weather(10)
    return {
        "mlops": mlops,
        "drift": mlops.drift,
        "Path": Path,
        "ws": workspace,
        "workspace": workspace,
        "june": june,
        "july": july,
        "model": forest(),
        "X": june[["temp", "humid"]],
        "y": june["late"],
    }


@pytest.fixture(scope="session")
def _lived_in(tmp_path_factory):
    """A workspace with a commit, data and a version of it, a notebook and a run; to be copied."""
    root = tmp_path_factory.mktemp("examples") / "project"
    with pytest.MonkeyPatch.context() as patch:
        for name in (ENV_WORKSPACE, ENV_TRACKING_URI):
            patch.delenv(name, raising=False)
        patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        patch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
        mlops.init(root)
        patch.chdir(root)
        lay_out()
        with mlops.track("trees", name="forest"):
            june = weather(0)
            forest().fit(june[["temp", "humid"]], june["late"])
        keep_journal(mlops.Workspace.find())
    return root


def keep_journal(workspace):
    """The journal that the run would have, had a notebook made it."""
    journal = Journal()
    entry = journal.begin("forest.fit(X, y)", count=1)
    journal.end(entry, None, [])
    found = mlops.runs(workspace).runs[0]
    run = OpenRun(client(workspace), found.run_id, found.uid, found.name, found.experiment, "")
    surroundings.keep(run, workspace, journal=journal, namespace=None, source="", remote=False)


def lay_out():
    Path("data").mkdir()
    for name, frame in {"june": weather(0), "july": weather(10)}.items():
        frame.to_parquet(f"data/{name}.parquet", index=False)
        frame.to_csv(f"data/{name}.csv", index=False)
    weather(0).to_parquet("data/flights.parquet", index=False)
    Path("notebooks").mkdir()
    cells = [
        new_code_cell("n_trees: int = 5", metadata={"tags": ["parameters"]}),
        new_code_cell("print(n_trees)"),
    ]
    kernel = {"name": "python3", "display_name": "python3", "language": "python"}
    nbformat.write(
        new_notebook(cells=cells, metadata={"kernelspec": kernel}), "notebooks/train.ipynb"
    )
    with Path(".dvc/config").open("a") as config:
        config.write("['remote \"storage\"']\n    url = ../../storage\n")
    with Path("mlops.toml").open("a") as settings:
        settings.write('\n[ci]\nnotebook = "notebooks/train.ipynb"\n')
    git("checkout", "--quiet", "-b", "main")
    git("add", "--all")
    git("-c", "user.name=a", "-c", "user.email=a@example", "commit", "--quiet", "-m", "Flights")
    mlops.data.snapshot(mlops.Workspace.find(), "data/flights.parquet")


def weather(warmer):
    """Flights and their weather, of a month that is warmer than June."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(6)
    rows = 200
    return pd.DataFrame(
        {
            "carrier": rng.choice(["UA", "B6", "EV"], rows),
            "distance": rng.integers(200, 2500, rows),
            "temp": rng.normal(70 + warmer, 5, rows),
            "humid": rng.normal(60 + warmer, 8, rows),
            "late": rng.integers(0, 2, rows),
        }
    )


def forest():
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(n_estimators=5, random_state=0)


def git(*arguments):
    subprocess.run(["git", *arguments], check=True)
