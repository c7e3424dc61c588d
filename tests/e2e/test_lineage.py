"""Lineage as users meet it: real cells that train, the command line, a real MLflow server."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import mlops_jupyter as mlops
from mlops_jupyter.provenance.records import Lineage
from mlops_jupyter.tracking.store.opening import client
from mlops_jupyter.workspace import Workspace
from tests.servers import Server
from tests.unit.provenance.conftest import Lab, names

FLIGHTS = """
import pathlib, numpy as np, pandas as pd
pathlib.Path("data").mkdir(exist_ok=True)
rng = np.random.default_rng(1)
pd.DataFrame({"temp": rng.normal(size=80), "late": rng.integers(0, 2, 80)}).to_csv(
    "data/flights.csv", index=False)
"""
PREPARE = """%%mlops track delays --name prepare
frame = pd.read_csv("data/flights.csv")
frame["warm"] = frame.temp > 0
frame.to_csv("data/features.csv", index=False)
mlops.log({"rows": len(frame)})
"""
TRAIN = """%%mlops track delays --name forest
from sklearn.ensemble import RandomForestClassifier
features = pd.read_csv("data/features.csv")
model = RandomForestClassifier(n_estimators=3).fit(features[["temp", "warm"]], features.late)
"""
REGISTER = """
found = mlops.show(mlops.Workspace.find(), "forest")
from mlops_jupyter.tracking.store.opening import client
store = client(mlops.Workspace.find())
store.create_registered_model("delays")
store.create_model_version("delays", f"runs:/{found.summary.run_id}/model", found.summary.run_id)
store.set_registered_model_alias("delays", "champion", 1)
"""


def test_which_data_trained_this_model(cells, workspace):
    cells.run(FLIGHTS)
    cells.run("import mlops_jupyter as mlops")
    cells.run('%mlops data snapshot data/flights.csv -m "first half"')
    for cell in (PREPARE, TRAIN, REGISTER):
        cells.run(cell)
    found = cells.run("%mlops lineage model:delays@champion --up")
    assert {"forest", "data/features.csv", "prepare", "data:flights@v1"} <= set(
        names(found, found.upstream)
    )
    assert not any(node.stale for node in found.nodes if node.kind == "model")
    shown = cells.run("%mlops lineage data:flights")._repr_mimebundle_()
    assert {"text/plain", "text/html"} < set(shown)
    assert "model:delays@1" in shown["text/plain"]

    (workspace.root / "data/flights.csv").write_text("temp,late\n1,0\n")
    told = command("data", "snapshot", "data/flights.csv", "-m", "a correction")
    assert "data:flights@v2" in told.stdout
    told = command("lineage", "model:delays", "--json")
    found = Lineage.from_dict(json.loads(told.stdout))
    stale = {node.title: node.stale for node in found.nodes}
    assert "data:flights@v1 has a newer version v2" in stale["model:delays@1"]
    told = command("lineage", "data/features.csv", "--openlineage", "events.jsonl")
    assert "written by run prepare" in told.stdout
    lines = [json.loads(line) for line in Path("events.jsonl").read_text().splitlines()]
    (end,) = [line for line in lines if line["outputs"] and "models/" not in str(line["outputs"])]
    assert end["outputs"][0]["name"] == "data/features.csv"
    assert end["inputs"][0]["facets"]["version"]["datasetVersion"] == "data:flights@v1"
    wrong = command("lineage", "model:delay")
    assert (wrong.returncode, "did you mean model:delays?" in wrong.stderr) == (4, True)


def command(*words):
    return subprocess.run(
        [sys.executable, "-m", "mlops_jupyter", *words], capture_output=True, text=True, check=False
    )


def test_a_server_answers_as_its_file_does(tmp_path, workspace):
    server = Server(tmp_path / "server")
    server.start()
    try:
        remote = Workspace.find(workspace.root, store=server.uri)
        lab = Lab(remote, client(remote))
        lab.file("data/it's.csv", "a\n")
        mlops.data.snapshot(workspace, "data/it's.csv", name="flights")
        lab.file("derived/x.csv", "b\n")
        lab.run("prepare", ["data/it's.csv"], ["derived/x.csv"], notebook="prepare.ipynb")
        outer = lab.run("sweep", ["derived/x.csv"])
        for place in range(12):  # more than are asked for one by one
            inner = lab.run(f"fit {place}", ["derived/x.csv"], parent=outer)
            lab.run(f"deep {place}", parent=inner)
        lab.model("delays", inner)
        lab.client.delete_run(lab.run("gone", ["derived/x.csv"]))
        file = Workspace.find(workspace.root, store=f"sqlite:///{server.place}/store.db")
        for reference in (
            "data:flights", "model:delays", "run:sweep", "prepare.ipynb", "derived/x.csv",
        ):  # fmt: skip
            here, there = mlops.lineage(file, reference), mlops.lineage(remote, reference)
            assert there.model_copy(update={"store": here.store}) == here, reference
            assert len(here.nodes) > 4
        deep = mlops.lineage(remote, "data:flights", down=True)
        assert {"fit 3", "deep 11", "model:delays@1"} <= set(names(deep, deep.downstream))
        assert [node.title for node in deep.nodes if node.state == "deleted"] == ["gone"]
    finally:
        server.kill()


@pytest.mark.parametrize("runs", [600, pytest.param(10_000, marks=pytest.mark.slow)])
def test_a_model_of_long_ago_is_found_among_many_runs(workspace, runs):
    """Of the runs that read one version, the newest are taken, and those that led on."""
    lab = Lab(workspace, client(workspace))
    lab.file("data/flights.csv", "a\n")
    mlops.data.snapshot(workspace, "data/flights.csv")
    lab.file("out.csv", "b\n")
    lab.model("old", lab.run("the first", ["data/flights.csv"]))
    lab.run("writer", ["data/flights.csv"], ["out.csv"])
    repeat(workspace, lab.run("one of many", ["data/flights.csv"]), runs)
    found = mlops.lineage(workspace, "data:flights")
    told = set(names(found, found.downstream))
    assert {"the first", "model:old@1", "writer", "out.csv"} <= told
    assert found.missing == [
        "runs that read the same data and led to no model and no file, beyond the 300 newest"
    ]
    assert len(str(found).splitlines()) < 15


def repeat(workspace, run_id, times):
    """Put copies of a run into the store: through MLflow ten thousand would take minutes."""
    import sqlite3

    with sqlite3.connect(workspace.store.sqlite_path) as connection:
        for number in range(times):
            copy = f"{number:032x}"
            for table, column in (("runs", "run_uuid"), ("tags", "run_uuid")):
                _copy_rows(connection, table, column, run_id, {column: copy})
            _copy_rows(
                connection, "inputs", "destination_id", run_id,
                {"destination_id": copy, "input_uuid": copy},
            )  # fmt: skip
    connection.close()


def _copy_rows(connection, table, column, value, changes):
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    taken = ", ".join(f"'{changes[each]}'" if each in changes else each for each in columns)
    connection.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {taken} FROM {table} "
        f"WHERE {column} = ?",
        (value,),
    )
