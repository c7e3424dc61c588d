"""A version that is taken while a cell or a block is tracked is what its run made."""

from __future__ import annotations

import pandas as pd
import pytest

import mlops_jupyter as mlops
from mlops_jupyter.data import snapshot
from tests.unit.provenance.conftest import names

START = """
%load_ext mlops_jupyter
import mlops_jupyter as mlops, pandas as pd
from pathlib import Path
from sklearn.tree import DecisionTreeClassifier
ws = mlops.Workspace.find()
"""
FRAME = 'feats = pd.read_csv("flights.csv").eval("c = a + b")\n'
FIT = 'DecisionTreeClassifier().fit(feats[["a"]], feats.b)\n'


@pytest.fixture
def flights(workspace, cells):
    pd.DataFrame({"a": range(20), "b": [0, 1] * 10}).to_csv("flights.csv", index=False)
    snapshot(workspace, "flights.csv")
    cells.run(START)
    return workspace


def outputs(workspace, run="prep"):
    return [(out.path, out.version) for out in mlops.show(workspace, run).outputs]


@pytest.mark.parametrize(
    "take",
    [
        "%mlops data snapshot $feats --name feats\n",
        'mlops.data.snapshot(ws, feats, name="feats")\n',
    ],
)
def test_a_frame_comes_from_the_run_and_leads_on(flights, cells, take):
    cells.run(f"%%mlops track prep --name prep\n{FRAME}{take}{FIT}")
    assert outputs(flights) == [("data/feats.parquet", "data:feats@v1")]
    cells.run("%%mlops track train --name train\nfeats = mlops.load('data:feats')\n" + FIT)
    above = mlops.lineage(flights, "data:feats", up=True)
    assert names(above, above.upstream)[:2] == ["prep", "data:flights@v1"]
    below = mlops.lineage(flights, "data:flights", down=True)
    assert {"prep", "data:feats@v1", "train"} <= set(names(below, below.downstream))
    assert "feats.parquet" not in f"{above}{below}"  # it never was a file
    assert "gone" not in str(below)
    assert outputs(flights, "train") == []


def test_in_a_block_of_a_notebook(flights, cells):
    cells.run(
        f'{FRAME}with mlops.track("prep", name="prep"):\n'
        f"    mlops.data.snapshot(ws, feats, name='feats')\n    {FIT}"
    )
    assert outputs(flights) == [("data/feats.parquet", "data:feats@v1")]


def test_in_a_block_of_a_script(flights):
    with mlops.track("prep", name="prep"):
        frame = pd.read_csv("flights.csv")
        snapshot(flights, frame.eval("c = a + b"), name="feats")
        mlops.log({"rows": len(frame)})
    assert outputs(flights) == [("data/feats.parquet", "data:feats@v1")]
    found = mlops.lineage(flights, "data:feats", up=True)
    assert names(found, found.upstream)[:2] == ["prep", "data:flights@v1"]


def test_a_file_that_the_cell_wrote_is_there_once(flights, cells):
    cells.run(
        f"%%mlops track prep --name prep\n{FRAME}feats.to_parquet('feats.parquet')\n"
        f"%mlops data snapshot feats.parquet\n{FIT}"
    )
    assert outputs(flights) == [("feats.parquet", "data:feats@v1")]


def test_a_file_that_something_unseen_wrote(flights, cells):
    cells.run(
        "%%mlops track prep --name prep\n!cp flights.csv copy.csv; echo 1,0 >> copy.csv\n"
        f"%mlops data snapshot copy.csv\n{FRAME}{FIT}"
    )
    assert outputs(flights) == [("copy.csv", "data:copy@v1")]


def test_what_the_cell_read_is_not_made_by_it(flights, cells):
    """Naming the training data in the cell that trains is no step from it to itself."""
    pd.DataFrame({"a": range(9), "b": [0, 1, 1] * 3}).to_csv("flights.csv", index=False)
    take = "%mlops data snapshot flights.csv\n"
    cells.run(f"%%mlops track prep --name first\n{take}{FRAME}{FIT}")
    cells.run(f"%%mlops track prep --name again\nfeats = 1\n{take}{FRAME}{FIT}")
    cells.run(
        "%%mlops track prep --name loaded\nfeats = mlops.load('data:flights')\n"
        f"mlops.data.snapshot(ws, feats, name='same')\n{FIT}"
        "same = mlops.load('data:same')\nmlops.data.snapshot(ws, same, name='same')\n"
    )
    assert outputs(flights, "first") == outputs(flights, "again") == []
    assert [entry.version for entry in mlops.show(flights, "first").inputs if entry.version] == [
        "data:flights@v2"
    ]


def test_versions_of_other_cells_are_not_its_own(flights, cells):
    cells.run("%mlops track prep")
    cells.run(f"{FRAME}mlops.data.snapshot(ws, feats, name='feats')")
    assert mlops.runs(flights).runs == []
    cells.run(f"#\n{FIT}")
    assert outputs(flights, "last") == []


def test_taking_again_what_is_a_version_already_makes_nothing(flights, cells):
    cells.run("mlops.data.snapshot(ws, pd.read_csv('flights.csv'), name='same')")
    cells.run(
        "%%mlops track prep --name loaded\nfeats = mlops.load('data:same')\n"
        f"mlops.data.snapshot(ws, feats, name='same')\n{FIT}"
    )
    cells.run("Path('other.csv').write_text('a\\n1\\n')\nmlops.data.snapshot(ws, 'other.csv')")
    cells.run(
        "%%mlops track prep --name aside\nfeats = pd.DataFrame({'a': [1, 2], 'b': [0, 1]})\n"
        f"mlops.data.snapshot(ws, 'other.csv')\n{FIT}"
    )
    assert outputs(flights, "loaded") == outputs(flights, "aside") == []
