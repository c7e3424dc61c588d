"""A version that is loaded in a tracked notebook is the run's input, under its own name."""

from __future__ import annotations

import pandas as pd
import pytest

import mlops_jupyter as mlops
from mlops_jupyter.data import path_of, snapshot
from tests.shells import Cells


@pytest.fixture
def cells():
    running = Cells()
    yield running
    running.close()


@pytest.fixture
def flights(workspace):
    frame = pd.DataFrame({"a": range(20), "b": [0, 1] * 10})
    frame.to_parquet("flights.parquet")
    snapshot(workspace, "flights.parquet")
    frame.assign(a=frame["a"] + 1).to_parquet("flights.parquet")
    snapshot(workspace, "flights.parquet")
    return workspace


TRAIN = """
from sklearn.tree import DecisionTreeClassifier
DecisionTreeClassifier().fit(frame[["a"]], frame["b"])
"""


def inputs_of(workspace):
    run = mlops.show(workspace, "last")
    return [entry for entry in run.inputs if entry.kind != "frame"]


def test_loaded_by_name(flights, cells):
    cells.run(
        "%load_ext mlops_jupyter\nimport mlops_jupyter as mlops\nfrom mlops_jupyter import load"
    )
    cells.run("%mlops track trees")
    cells.run("frame = load('data:flights@v1')")
    cells.run(TRAIN)
    (entry,) = inputs_of(flights)
    assert (entry.version, entry.source, entry.kind) == (
        "data:flights@v1",
        "flights.parquet",
        "file",
    )
    assert (entry.rows, entry.context) == (20, "training")


def test_both_versions_of_one_path(flights, cells):
    cells.run("%load_ext mlops_jupyter\nimport mlops_jupyter as mlops\n%mlops track trees")
    cells.run(
        "import pandas as pd\n"
        "frame = pd.concat([mlops.load(f'flights@v{n}') for n in (1, 2)])\n" + TRAIN
    )
    assert {e.version for e in inputs_of(flights)} == {"data:flights@v1", "data:flights@v2"}


def test_read_from_the_cache_is_recorded_as_what_it_is(flights, cells):
    cells.run("%load_ext mlops_jupyter\nimport mlops_jupyter as mlops\n%mlops track trees")
    cells.run(
        "import pandas as pd\n"
        "frame = pd.read_parquet(mlops.data.path_of(mlops.Workspace.find(), 'flights@v1'))\n"
        + TRAIN
    )
    (entry,) = inputs_of(flights)
    assert (entry.version, entry.source) == ("data:flights@v1", "flights.parquet")
    assert path_of(flights, "flights@v1").is_file()
